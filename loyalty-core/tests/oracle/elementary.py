"""The elementary functions at 50 digits, rounded once to a double: over the whole domain and close to its edges."""

import math
from itertools import product

import mpmath
import numpy as np
from mpmath import mp, mpf

from vectors import Vectors

mp.dps = 50
ORACLE = f"mpmath {mpmath.__version__}, 50 digits"
LARGEST = 2**1024 - 2**970  # where rounding to nearest reaches infinity
LEAST_NORMAL = 2.0**-1022
TINY = [5e-324, 1e-323, 1e-310, LEAST_NORMAL - 5e-324, LEAST_NORMAL]
SPECIAL = [-math.inf, -0.0, 0.0, math.inf, math.nan]

rng = np.random.default_rng(20)


def rounded(value):
    """The nearest double, also where it is subnormal."""
    if abs(value) >= LARGEST:
        return math.inf if value > 0 else -math.inf
    if abs(value) < LEAST_NORMAL:
        return math.ldexp(int(mpmath.nint(value * mpf(2) ** 1074)), -1074)
    return float(value)


def log_uniform(n, low, high):
    """Of random magnitude from 2**low to 2**high."""
    return np.exp2(rng.uniform(low, high, n))


def signed(values):
    return np.concatenate([values, -np.asarray(values)])


def around(*values, steps=2):
    """Each value and its neighbours."""
    near = []
    for value in values:
        below = above = value
        near.append(value)
        for _ in range(steps):
            below, above = math.nextafter(below, -math.inf), math.nextafter(above, math.inf)
            near += [below, above]
    return near


def logistic(x):
    return 1 / (1 + mpmath.exp(-x))


def log_logistic(x):
    return -mpmath.log1p(mpmath.exp(-x))


def add(v, function, name, x, y=None, *, value):
    """A case of `function`; subnormal results may be off by two units of 5e-324."""
    x = [float(a) for a in x]
    arguments = {"x": x} | ({} if y is None else {"y": [float(b) for b in y]})
    expected = [rounded(value(*map(mpf, point))) for point in zip(*arguments.values())]
    subnormal = any(0 < abs(e) < LEAST_NORMAL for e in expected)
    v.case(f"{function}: {name}", function, input=arguments, expected={"value": expected}, rtol=4.5e-16,
           atol=1e-323 if subnormal else 0, oracle=ORACLE)


def exact(v, function, name, points, oracle="C23, annex F.10"):
    """Special values, given as (arguments…, result)."""
    *arguments, expected = zip(*points)
    v.case(f"{function}: {name}", function, input=dict(zip("xy", map(list, arguments))),
           expected={"value": list(expected)}, oracle=oracle)


def one_argument(v):
    log_2 = math.log(2)
    overflow, least_normal, underflow = 709.782712893384, -708.3964185322641, -745.1332191019411
    multiples = [(k + half) * log_2 for k in (-1075, -1023, -512, -2, -1, 0, 1, 2, 511, 1023) for half in (0, 0.5)]

    functions = {
        "exp": (mpmath.exp, {
            "over the domain": rng.uniform(least_normal, overflow, 150),
            "close to 0": np.concatenate([rng.uniform(-1, 1, 60), signed(log_uniform(40, -1074, 0)), signed(TINY)]),
            "changes of exponent": [x for m in multiples for x in around(m, steps=1)],
            "subnormal results": np.concatenate([rng.uniform(underflow, least_normal, 60), around(least_normal, underflow)]),
            "overflow": around(overflow) + [710, 1e3, 1e300, math.nextafter(math.inf, 0)],
            "underflow": [-745.14, -746, -1e3, -1e300],
        }),
        "exp_m1": (mpmath.expm1, {
            "over the domain": np.concatenate([rng.uniform(-40, 40, 100), rng.uniform(40, overflow, 60)]),
            "close to 0": np.concatenate([rng.uniform(-1, 1, 80), signed(log_uniform(60, -1022, 0))]),
            "changes of exponent": [x for m in multiples if m > -50 for x in around(m, steps=1)],
            "subnormal": signed(np.concatenate([TINY, log_uniform(20, -1074, -1022)])),
            "overflow": around(overflow) + [710, 1e3, 1e300],
            "close to -1": around(-37.42994775023705) + [-36, -38, -50, -745, -1e3, -1e300],
        }),
        "ln": (mpmath.log, {
            "over the domain": log_uniform(150, -1022, 1024),
            "close to 1": np.concatenate([around(1.0, steps=4), rng.uniform(0.5, 2, 80), 1 + signed(log_uniform(40, -52, -2))]),
            "changes of exponent": around(math.sqrt(0.5), math.sqrt(2), 2.0, 0.5, 0.25, 2.0**-1000),
            "subnormal": np.concatenate([TINY, log_uniform(40, -1074, -1022)]),
            "the largest": [1e308, math.nextafter(math.inf, 0)],
        }),
        "ln_1p": (mpmath.log1p, {
            "over the domain": np.concatenate([log_uniform(100, -60, 1024), -log_uniform(60, -60, 0)]),
            "close to 0": np.concatenate([rng.uniform(-0.5, 1, 80), signed(log_uniform(50, -1022, -1))]),
            "close to -1": np.concatenate([-1 + log_uniform(40, -52, -1), around(-1.0)[2::2]]),
            "changes of exponent": around(math.sqrt(0.5) - 1, math.sqrt(2) - 1, 2 * math.sqrt(2) - 1, 1.0, 2.0**53, 2.0**54),
            "subnormal": signed(np.concatenate([TINY, log_uniform(20, -1074, -1022)])),
            "the largest": [1e308, math.nextafter(math.inf, 0)],
        }),
        "logistic": (logistic, {
            "over the domain": np.concatenate([rng.uniform(least_normal, 40, 120), rng.uniform(-40, 40, 80)]),
            "close to 0": np.concatenate([rng.uniform(-2, 2, 80), signed(log_uniform(40, -80, 0)), signed(TINY)]),
            "changes of exponent": [x for m in multiples if m < 40 for x in around(m, steps=1)],
            "subnormal results": np.concatenate([rng.uniform(underflow, least_normal, 40), around(least_normal, underflow)]),
            "close to 1": np.concatenate([rng.uniform(30, 40, 30), around(36.7368005696771), [50, 710, 746, 1e3, 1e300]]),
            "close to 0 for good": [-745.14, -746, -800, -1e300],
        }),
        "log_logistic": (log_logistic, {
            "over the domain": np.concatenate([rng.uniform(-800, 708, 120), rng.uniform(-40, 40, 80)]),
            "close to 0": np.concatenate([rng.uniform(-2, 2, 80), signed(log_uniform(40, -80, 0)), signed(TINY)]),
            "changes of exponent": [x for m in multiples if abs(m) < 700 for x in around(m, steps=1)],
            "subnormal results": np.concatenate([rng.uniform(-least_normal, -underflow, 40), around(-least_normal, -underflow)]),
            "the largest": [746, 1e3, 1e300, -746, -1e3, -1e300, -math.nextafter(math.inf, 0)],
        }),
    }
    for function, (value, cases) in functions.items():
        for name, x in cases.items():
            add(v, function, name, x, value=value)

    limits = {
        "exp": [0.0, 1.0, 1.0, math.inf, math.nan],
        "exp_m1": [-1.0, -0.0, 0.0, math.inf, math.nan],
        "ln": [math.nan, -math.inf, -math.inf, math.inf, math.nan],
        "ln_1p": [math.nan, -0.0, 0.0, math.inf, math.nan],
    }
    for function, results in limits.items():
        exact(v, function, "special values", list(zip(SPECIAL, results)))
    exact(v, "ln", "outside the domain", [(-5e-324, math.nan), (-1.0, math.nan), (-1e308, math.nan), (1.0, 0.0)])
    exact(v, "ln_1p", "outside the domain", [(-1.0, -math.inf), (math.nextafter(-1, -2), math.nan), (-1e308, math.nan)])
    exact(v, "logistic", "special values", list(zip(SPECIAL, [0.0, 0.5, 0.5, 1.0, math.nan])), "limits")
    exact(v, "log_logistic", "special values",
          [(-math.inf, -math.inf), (math.inf, 0.0), (math.nan, math.nan)], "limits")


def powers(v):
    def toward(x, low, high):
        """Exponents that take x to 2**low … 2**high."""
        return rng.uniform(low, high, len(x)) / np.log2(x)

    bases = log_uniform(120, -1022, 1024)
    add(v, "pow", "over the domain", bases, toward(bases, -1021, 1023), value=mpmath.power)
    bases = rng.uniform(0.3, 3, 100)
    add(v, "pow", "moderate", bases, rng.uniform(-20, 20, 100), value=mpmath.power)
    bases = 1 + signed(log_uniform(50, -52, -2))
    add(v, "pow", "bases close to 1", bases, toward(bases, -1021, 1023), value=mpmath.power)
    add(v, "pow", "discounting", 1 + rng.uniform(-0.5, 0.5, 40), -rng.integers(1, 120, 40), value=mpmath.power)
    bases = np.concatenate([TINY, log_uniform(35, -1074, -1022)])
    add(v, "pow", "subnormal bases", bases, toward(bases, -1000, 1023), value=mpmath.power)
    bases = log_uniform(60, -1000, 1000)
    add(v, "pow", "subnormal results", bases, toward(bases, -1075.5, -1022), value=mpmath.power)
    add(v, "pow", "limits of subnormal results", [2.0] * 6, [-1022, -1073, -1074, -1074.9, -1075.1, -1076], value=mpmath.power)
    add(v, "pow", "overflow", [2.0, 2.0, 2.0, 10.0, 10.0, 1e200, 1 + 2.0**-52, 1 - 2.0**-53],
        [1023.0, math.nextafter(1024, 0), 1024.0, 308.2, 308.3, 2.0, 1e19, -1e19], value=mpmath.power)
    bases, exponents = zip(*product([-3.0, -0.5, -1.1], [-3.0, -2.0, -1.0, 1.0, 2.0, 3.0, 101.0]))
    add(v, "pow", "negative bases", bases, exponents, value=mpmath.power)
    bases = np.concatenate([rng.uniform(0, 10, 20), log_uniform(20, -1074, 1024)])
    for exponent in (0.5, 1, 2, -1):
        add(v, "pow", f"to the {exponent}", bases, [exponent] * len(bases), value=mpmath.power)
    bases = rng.uniform(0.1, 10, 10)
    add(v, "pow", "exponents close to 0", bases, signed(log_uniform(5, -1074, -40)), value=mpmath.power)

    inf, nan = math.inf, math.nan
    exact(v, "pow", "1 whatever the other is",
          [(x, y, 1.0) for x in SPECIAL + [-2.5] for y in (0.0, -0.0)] + [(1.0, y, 1.0) for y in SPECIAL + [1e308, -0.3]])
    exact(v, "pow", "NaN", [(nan, 1.0, nan), (2.0, nan, nan), (0.0, nan, nan), (-inf, nan, nan), (nan, inf, nan),
                            (-2.0, 0.5, nan), (-1e-320, -0.5, nan), (-1e308, 1e-320, nan)])
    exact(v, "pow", "0", [(0.0, -3.0, inf), (-0.0, -3.0, -inf), (-0.0, -2.0, inf), (-0.0, -0.5, inf), (0.0, -inf, inf),
                          (-0.0, -inf, inf), (0.0, 3.0, 0.0), (-0.0, 3.0, -0.0), (-0.0, 2.0, 0.0), (-0.0, 0.5, 0.0),
                          (-0.0, inf, 0.0), (-0.0, -2.0**53, inf), (-0.0, 1 - 2.0**53, -inf)])
    exact(v, "pow", "infinite bases", [(inf, 2.0, inf), (inf, -2.0, 0.0), (inf, 5e-324, inf), (-inf, 3.0, -inf),
                                       (-inf, 2.0, inf), (-inf, 0.5, inf), (-inf, -3.0, -0.0), (-inf, -2.0, 0.0),
                                       (-inf, inf, inf), (-inf, -inf, 0.0), (inf, inf, inf), (inf, -inf, 0.0)])
    exact(v, "pow", "infinite exponents", [(-1.0, inf, 1.0), (-1.0, -inf, 1.0), (0.5, inf, 0.0), (0.5, -inf, inf),
                                           (-0.5, inf, 0.0), (-0.5, -inf, inf), (1.5, inf, inf), (1.5, -inf, 0.0),
                                           (-1.5, inf, inf), (-1.5, -inf, 0.0)])
    exact(v, "pow", "huge exponents of negative bases",
          [(-1.0, 2.0**53 - 1, -1.0), (-1.0, 2.0**53, 1.0), (-1.0, 1e308, 1.0), (-2.0, 1e308, inf), (-2.0, -1e308, 0.0),
           (-2.0, 1025.0, -inf), (-2.0, -1077.0, -0.0)])


if __name__ == "__main__":
    vectors = Vectors("elementary")
    one_argument(vectors)
    powers(vectors)
    vectors.write()
