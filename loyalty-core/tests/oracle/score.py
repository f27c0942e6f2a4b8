"""Loyalty scores by scikit-learn's and SciPy's normalisers."""

import mpmath
import numpy as np
import scipy
import sklearn
from scipy.special import expit
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from vectors import Vectors

SKLEARN = f"scikit-learn {sklearn.__version__}"
NUMPY = f"numpy {np.__version__}"
MIN_MAX = f"{SKLEARN}, MinMaxScaler(clip=True)"
Z_SCORE = f"{SKLEARN}, StandardScaler; scipy {scipy.__version__}, expit"
PERCENTILE = f"{NUMPY}, quantile and interp"
EXACT = f"mpmath {mpmath.__version__}, 50 digits"
mpmath.mp.dps = 50

vectors = Vectors("score")


def column(values):
    return np.asarray(values, float).reshape(-1, 1)


def min_max(fitted, values):
    return MinMaxScaler(clip=True).fit(column(fitted)).transform(column(values)).ravel()


def z_score(fitted, values):
    return expit(StandardScaler().fit(column(fitted)).transform(column(values)).ravel())


def percentile(fitted, values):
    """The mean of the least and the greatest probability whose quantile is the value, linear between quantiles."""
    probabilities = np.arange(101) / 100
    quantiles = np.quantile(fitted, probabilities)
    distinct = np.unique(quantiles)
    least = [probabilities[quantiles == q].min() for q in distinct]
    greatest = [probabilities[quantiles == q].max() for q in distinct]
    if len(distinct) == 1:
        return np.where(values < distinct, 0.0, np.where(values > distinct, 1.0, 0.5))
    # Between two quantiles the way leads from the greatest probability of the lower to the least of the upper.
    answer = []
    for value in values:
        if value in distinct:
            at = np.flatnonzero(distinct == value)[0]
            answer.append((least[at] + greatest[at]) / 2)
        elif value < distinct[0] or value > distinct[-1]:
            answer.append(float(value > distinct[-1]))
        else:
            at = np.searchsorted(distinct, value)
            answer.append(np.interp(value, distinct[at - 1:at + 1], [greatest[at - 1], least[at]]))
    return np.array(answer)


NORMALISE = {"min_max": min_max, "z_score": z_score, "percentile": percentile, "none": lambda _, values: values}


def behaviour(name, weight, normaliser=None, inverted=None):
    given = {"name": name, "weight": weight, "normaliser": normaliser, "inverted": inverted}
    return {key: value for key, value in given.items() if value is not None}


def contributions(behaviours, x, new):
    x, new = np.asarray(x, float), np.asarray(new, float)
    shares = []
    for i, b in enumerate(behaviours):
        fitted = x[:, i][~np.isnan(x[:, i])]
        present = ~np.isnan(new[:, i])
        share = np.full(len(new), np.nan)
        share[present] = NORMALISE[b.get("normaliser", "min_max")](fitted, new[present, i])
        shares.append(1 - share if b.get("inverted") else share)
    shares = np.array(shares).T
    weights = np.where(np.isnan(shares), 0.0, [b["weight"] for b in behaviours])
    return 100 * np.nan_to_num(shares) * weights / weights.sum(axis=1, keepdims=True)


def case(name, behaviours, x, new=None, oracle=MIN_MAX, missing=None, call="score", tiers=None):
    values = lambda v: data[v] if isinstance(v, str) else v
    points = contributions(behaviours, values(x), values(x if new is None else new))
    scores = points.sum(axis=1)
    rtol, atol = (0, 0) if call == "tier" else (1e-13, 1e-12)
    names, thresholds = tiers or (["low", "medium", "high"], [30, 60])
    places = np.searchsorted(thresholds, scores, side="right")
    expected = {
        "score": {"score": scores},
        "contributions": {"contributions": points},
        "tier": {"tier": places, "names": [names[i] for i in places]},
    }[call]
    params = {"behaviours": behaviours}
    if missing:
        params["missing"] = missing
    if tiers:
        params["tiers"] = {"names": names, "thresholds": thresholds}
    reference = lambda v: f"@{v}" if isinstance(v, str) else v
    vectors.case(name, call, params=params,
                 input={"x": reference(x)} | ({} if new is None else {"new_x": reference(new)}),
                 expected=expected, rtol=rtol, atol=atol, oracle=oracle)


rng = np.random.default_rng(11)
n = 60
data = {
    "customers": np.column_stack([rng.exponential(80, n).round(1), rng.poisson(3, n) + 1.0,
                                  rng.lognormal(4, 1, n).round(2), rng.uniform(0, 1, n).round(3)]),
}
data["strangers"] = data["customers"][::3] * np.array([1.7, 0.5, 2.5, 1.0]) - np.array([30.0, 1.0, 40.0, 0.0])
gaps = data["customers"].copy()
gaps[rng.uniform(size=gaps.shape) < 0.2] = np.nan
gaps[np.isnan(gaps).all(axis=1), 0] = 10.0
data["gaps"] = gaps
for key, value in data.items():
    vectors.share(key, value)

FOUR = ["recency_days", "frequency", "monetary", "rating"]
preset = [behaviour("purchase", 0.4), behaviour("usage", 0.4), behaviour("feedback", 0.2)]
c_score = [behaviour(name, 0.25) for name in ("purchase_frequency", "purchase_amount", "interaction", "feedback")]
mixed = [behaviour("recency_days", 3, "percentile", True), behaviour("frequency", 2, "z_score"),
         behaviour("monetary", 4, "min_max"), behaviour("rating", 1, "none")]
ALL = f"{SKLEARN}; scipy {scipy.__version__}; {NUMPY}"

case("C-score", c_score, "customers")
case("purchase, usage, feedback", preset, data["customers"][:, 1:])
for normaliser, oracle in (("min_max", MIN_MAX), ("z_score", Z_SCORE), ("percentile", PERCENTILE)):
    for inverted in (False, True):
        behaviours = [behaviour(name, weight, normaliser, inverted) for name, weight in zip(FOUR, (1, 2, 3, 4))]
        turned = ", inverted" if inverted else ""
        case(f"{normaliser}{turned}", behaviours, "customers", oracle=oracle)
        case(f"{normaliser}{turned}, new customers", behaviours, "customers", "strangers", oracle=oracle)
case("four normalisers", mixed, "customers", oracle=ALL)
case("four normalisers: contributions", mixed, "customers", call="contributions", oracle=ALL)
case("four normalisers: tiers", mixed, "customers", call="tier", oracle=ALL)
case("five tiers", c_score, "customers", call="tier",
     tiers=(["iron", "bronze", "silver", "gold", "platinum"], [10, 20, 40, 70]))
case("one tier", c_score, "customers", call="tier", tiers=(["all"], []))
case("tiers begin at their thresholds", [behaviour("share", 1, "none")], [[0.0], [0.25], [0.5], [0.75], [1.0]],
     call="tier", tiers=(["a", "b", "c", "d"], [25, 50, 75]), oracle=NUMPY)
case("a weight of 0", [behaviour("a", 0), behaviour("b", 5)], data["customers"][:, :2], call="contributions")
case("weights of any size", [behaviour("a", 1e-300), behaviour("b", 3e-300)], data["customers"][:, :2])
case("missing behaviours", mixed, "gaps", missing="renormalise", oracle=ALL)
case("missing behaviours: contributions", mixed, "gaps", missing="renormalise", call="contributions", oracle=ALL)
case("missing behaviours of new customers", mixed, "customers", "gaps", missing="renormalise", oracle=ALL)
case("ties in percentiles", [behaviour("p", 1, "percentile")], [[v] for v in [1, 1, 1, 2, 2, 3, 5, 5, 5, 5]],
     [[v] for v in [0, 1, 1.5, 2, 2.5, 3, 4, 5, 6]], oracle=PERCENTILE)
case("two hundred percentiles", [behaviour("p", 1, "percentile")], column(rng.normal(size=200).round(6)),
     column(rng.normal(size=40).round(6)), oracle=PERCENTILE)

for normaliser in ("min_max", "z_score", "percentile"):
    vectors.case(f"a constant behaviour counts half: {normaliser}", "score",
                 params={"behaviours": [behaviour("b", 1, normaliser)]}, input={"x": [[0.1]] * 6},
                 expected={"score": [50.0] * 6}, oracle="definition")

# Where floats alone would overflow, vanish or cancel.
for scale in (1e-310, 1e-200, 1e200, 1.7e308):
    values = [-scale, -scale / 3, scale / 7, scale]
    exact = [mpmath.mpf(v) for v in values]
    ranged = [100 * (v - exact[0]) / (exact[-1] - exact[0]) for v in exact]
    mean = sum(exact) / 4
    spread = mpmath.sqrt(sum((v - mean) ** 2 for v in exact) / 4)
    logistic = [100 / (1 + mpmath.exp(-(v - mean) / spread)) for v in exact]
    for normaliser, expected in (("min_max", ranged), ("z_score", logistic)):
        vectors.case(f"{normaliser} of values near {scale}", "score",
                     params={"behaviours": [behaviour("b", 1, normaliser)]}, input={"x": column(values)},
                     expected={"score": [float(v) for v in expected]}, rtol=1e-13, oracle=EXACT)
values = [1e12, 1e12 + 1, 1e12 + 2, 1e12 + 3]
vectors.case("learnt of values with a large offset", "fit",
             params={"behaviours": [behaviour("z", 1, "z_score"), behaviour("m", 1, "min_max")]},
             input={"x": [[v, v] for v in values]}, rtol=1e-15, oracle=EXACT,
             expected={"normalisations": [
                 {"z_score": {"mean": 1e12 + 1.5, "standard_deviation": float(mpmath.sqrt(mpmath.mpf("1.25")))}},
                 {"min_max": {"min": values[0], "max": values[-1]}}]})
scaler = StandardScaler().fit(data["customers"])
vectors.case("learnt of customers", "fit", params={"behaviours": [behaviour(name, 1, "z_score") for name in FOUR]},
             input={"x": "@customers"}, rtol=1e-14, oracle=f"{SKLEARN}, StandardScaler",
             expected={"normalisations": [{"z_score": {"mean": m, "standard_deviation": s}}
                                          for m, s in zip(scaler.mean_, scaler.scale_)]})
quantiles = np.quantile(data["customers"][:, 2], np.arange(101) / 100)
vectors.case("learnt percentiles", "fit", params={"behaviours": [behaviour("monetary", 1, "percentile")]},
             input={"x": data["customers"][:, 2:3]}, oracle=f"{NUMPY}, quantile",
             expected={"normalisations": [{"percentile": {"quantiles": quantiles}}]})

nan, inf = float("nan"), float("inf")
two = [behaviour("a", 1), behaviour("b", 1)]


def refused(name, error, argument, behaviours=two, x=((1.0, 2.0), (3.0, 4.0)), call="score", new=None, **params):
    vectors.case(name, call, params={"behaviours": behaviours} | params,
                 input={"x": x} | ({"new_x": new} if new else {}),
                 error=error, argument=argument, oracle="definition")


refused("no behaviour", "INVALID_PARAMETER", "behaviours", [])
refused("one name twice", "INVALID_PARAMETER", "behaviours", [behaviour("a", 1), behaviour("a", 1)])
refused("a negative weight", "INVALID_PARAMETER", "weight", [behaviour("a", 1), behaviour("b", -1)])
refused("weights of 0", "INVALID_PARAMETER", "weight", [behaviour("a", 0), behaviour("b", 0)])
refused("weights beyond the range of numbers", "INVALID_PARAMETER", "weight",
        [behaviour("a", 1.7e308), behaviour("b", 1.7e308)])
refused("a name too few for the tiers", "INVALID_PARAMETER", "tiers",
        tiers={"names": ["a", "b"], "thresholds": [1, 2]})
refused("thresholds in descending order", "INVALID_PARAMETER", "tiers",
        tiers={"names": ["a", "b", "c"], "thresholds": [2, 1]})
refused("a threshold above 100", "INVALID_PARAMETER", "tiers", tiers={"names": ["a", "b"], "thresholds": [101]})
refused("a missing behaviour", "NON_FINITE", "x", x=[[1.0, nan], [1.0, 2.0]])
refused("an infinite behaviour", "NON_FINITE", "x", x=[[1.0, inf], [1.0, 2.0]], missing="renormalise")
refused("a behaviour missing throughout", "DEGENERATE", "b", x=[[1.0, nan], [1.0, nan]], missing="renormalise")
refused("a customer without any behaviour", "INVALID_VALUE", "x", new=[[nan, nan]], missing="renormalise")
refused("a share above 1", "INVALID_VALUE", "b", [behaviour("a", 1), behaviour("b", 1, "none")],
        x=[[5.0, 0.5], [5.0, 1.5]])
refused("a column too many", "SHAPE_MISMATCH", "x", x=[[1.0, 2.0, 3.0]])
refused("no customer", "TOO_FEW_ROWS", "x", x=[])

vectors.write()
