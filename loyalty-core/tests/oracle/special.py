"""Special functions of the normal distribution at 50 digits, over the whole domain."""

import math

import mpmath
import numpy as np
from mpmath import mp, mpf
from scipy.special import ndtri

from elementary import LEAST_NORMAL, ORACLE, around, log_uniform, rounded
from vectors import Vectors

mp.dps = 50
rng = np.random.default_rng(21)


def survival(z):
    return mpmath.erfc(z / mpmath.sqrt(2)) / 2


def quantile(p):
    """Solved for the logarithm of the smaller tail."""
    tail = min(p, 1 - p)
    if tail == 0.5:
        return mpf(0)
    start = -float(ndtri(max(float(tail), LEAST_NORMAL)))
    z = mpmath.findroot(lambda z: mpmath.log(survival(z)) - mpmath.log(tail), start)
    return z if p > 0.5 else -z


def add(v, function, name, x, value, **tolerance):
    x = [float(a) for a in x]
    argument = "p" if function == "normal_quantile" else "z" if function == "normal_survival" else "x"
    v.case(f"{function}: {name}", function, input={argument: x}, expected={"value": [rounded(value(mpf(a))) for a in x]},
           oracle=ORACLE, **tolerance)


if __name__ == "__main__":
    v = Vectors("special")
    add(v, "erfc", "middle", np.concatenate([rng.uniform(-6, 6, 100), around(0.0, 0.5, -0.5)]), mpmath.erfc, rtol=1e-15)
    add(v, "erfc", "tail", np.concatenate([rng.uniform(0.4, 26.5, 150), log_uniform(20, -1074, 4)]), mpmath.erfc, rtol=1e-15)
    add(v, "erfc", "subnormal results", [26.6, 26.9, 27.2, 27.22, 27.3, 28, 1e3], mpmath.erfc, rtol=1e-15, atol=1e-323)

    add(v, "normal_survival", "middle", np.concatenate([rng.uniform(-8, 8, 100), around(0.0, 0.7, -0.7)]), survival, rtol=1e-15)
    add(v, "normal_survival", "tail", np.concatenate([rng.uniform(0.4, 37.5, 150), np.arange(1, 38)]), survival, rtol=1e-15)
    add(v, "normal_survival", "subnormal results", [37.6, 38, 38.4, 38.48, 38.6, 39, 1e3], survival, rtol=1e-15, atol=1e-323)

    tails = log_uniform(80, -1022, -1)
    add(v, "normal_quantile", "middle", np.concatenate([rng.uniform(0.2, 0.8, 80), around(0.25, 0.75, 0.5)]), quantile, rtol=1e-15)
    add(v, "normal_quantile", "close to a half", 0.5 + log_uniform(30, -53, -3), quantile, rtol=1e-15)
    add(v, "normal_quantile", "confidence levels", [0.9, 0.95, 0.975, 0.99, 0.995, 0.999, 0.9995, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001],
        quantile, rtol=1e-15)
    add(v, "normal_quantile", "lower tail", np.concatenate([tails, [LEAST_NORMAL, 1e-300, 1e-310, 5e-324]]), quantile, rtol=1e-15)
    add(v, "normal_quantile", "upper tail", 1 - log_uniform(40, -53, -2), quantile, rtol=1e-15)

    inf, nan = math.inf, math.nan
    limits = lambda function, argument, points: v.case(
        f"{function}: special values", function, input={argument: [x for x, _ in points]},
        expected={"value": [y for _, y in points]}, oracle="limits")
    limits("erfc", "x", [(-inf, 2.0), (-30.0, 2.0), (-0.0, 1.0), (0.0, 1.0), (1e300, 0.0), (inf, 0.0), (nan, nan)])
    limits("normal_survival", "z", [(-inf, 1.0), (-40.0, 1.0), (-0.0, 0.5), (0.0, 0.5), (1e300, 0.0), (inf, 0.0), (nan, nan)])
    limits("normal_quantile", "p", [(0.0, -inf), (-0.0, -inf), (0.5, 0.0), (1.0, inf), (nan, nan), (-5e-324, nan),
                                    (1.0000000000000002, nan), (inf, nan), (-inf, nan)])
    v.write()
