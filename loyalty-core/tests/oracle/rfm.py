"""RFM scores by NumPy's quantiles and pandas' bins."""

import numpy as np
import pandas as pd

from vectors import Vectors

NUMPY = f"numpy {np.__version__}, quantile(method='linear') and searchsorted(side='left')"
PANDAS = f"pandas {pd.__version__}, qcut"
GROUPS = f"pandas {pd.__version__}, groupby().quantile; numpy {np.__version__}, searchsorted"
FEATURES = ["recency_days", "frequency", "monetary"]
GRID = {
    1: ["Hibernating", "Hibernating", "At Risk", "At Risk", "Can't Lose"],
    2: ["Hibernating", "Hibernating", "At Risk", "At Risk", "Can't Lose"],
    3: ["About to Sleep", "About to Sleep", "Need Attention", "Loyal", "Loyal"],
    4: ["Promising", "Potential Loyalist", "Potential Loyalist", "Loyal", "Loyal"],
    5: ["New", "Potential Loyalist", "Potential Loyalist", "Champion", "Champion"],
}

vectors = Vectors("rfm")


def learn(customers, n_bins):
    probabilities = np.arange(1, n_bins) / n_bins
    return {name: np.quantile(customers[name], probabilities) for name in FEATURES}


def digitise(cut_points, values):
    """1 + the number of cut points strictly below each value."""
    return 1 + np.searchsorted(cut_points, values, side="left")


def score(cut_points, customers, n_bins, weights=(1, 1, 1), grid=GRID):
    r = n_bins + 1 - digitise(cut_points["recency_days"], customers["recency_days"])
    f = digitise(cut_points["frequency"], customers["frequency"])
    m = digitise(cut_points["monetary"], customers["monetary"])
    return answer(r, f, m, n_bins, weights, grid)


def answer(r, f, m, n_bins, weights=(1, 1, 1), grid=GRID):
    cell = lambda s: int(np.ceil(5 * int(s) / n_bins))
    return {
        "r": r, "f": f, "m": m,
        "combined": np.average([r, f, m], axis=0, weights=weights),
        "codes": [f"{i}{j}{k}" for i, j, k in zip(r, f, m)],
        "segment": [grid[cell(i)][cell(j) - 1] for i, j in zip(r, f)],
    }


def used(cut_points, customers):
    return {name: len(set(digitise(cut_points[name], customers[name]))) for name in FEATURES}


def draw(seed, n):
    rng = np.random.default_rng(seed)
    return {
        "recency_days": rng.exponential(90.0, n).round(2),
        "frequency": rng.negative_binomial(1, 0.2, n).astype(float) + 1,
        "monetary": rng.lognormal(4.0, 1.2, n).round(2),
    }


def new(customers):
    return {f"new_{name}": values for name, values in customers.items()}


def both(name, customers, n_bins=None, oracle=NUMPY):
    """The fit, and the scores of its own customers."""
    params = {} if n_bins is None else {"n_bins": n_bins}
    n_bins = n_bins or 5
    cut_points = learn(customers, n_bins)
    vectors.case(f"{name}: cut points", "fit", params=params, input=customers,
                 expected={"cut_points": cut_points, "bins_in_use": used(cut_points, customers)}, oracle=oracle)
    vectors.case(f"{name}: scores", "score", params=params, input=customers,
                 expected=score(cut_points, customers, n_bins), rtol=1e-15, oracle=oracle)
    return cut_points


shop = draw(1, 120)
references = {name: vectors.share(f"shop_{name}", shop[name]) for name in FEATURES}
strangers = draw(2, 40)

both("a shop", shop)
for bins in (2, 3, 4, 7, 10):
    both(f"a shop in {bins} bins", shop, bins)

# Where no quantiles coincide, qcut bins the same.
distinct = {name: np.random.default_rng(i).permutation(50) * 1.5 + i for i, name in enumerate(FEATURES)}
labels = {name: pd.qcut(distinct[name], 5, labels=False) + 1 for name in FEATURES}
vectors.case("distinct values as qcut bins them", "score", input=distinct, rtol=1e-15, oracle=PANDAS,
             expected=answer(6 - labels["recency_days"], labels["frequency"], labels["monetary"], 5))

# Strangers, by the cut points of the shop.
vectors.case("new customers by the cut points of others", "score", input=references | new(strangers), rtol=1e-15,
             expected=score(learn(shop, 5), strangers, 5), oracle=NUMPY)
edges = {name: np.concatenate([[-1e9, 0.0, 1e9], learn(shop, 5)[name]]) for name in FEATURES}
vectors.case("new customers on the cut points and far beyond", "score", input=references | new(edges), rtol=1e-15,
             expected=score(learn(shop, 5), edges, 5), oracle=NUMPY)

both("all customers equal", {name: np.full(8, 3.25) for name in FEATURES})
both("one customer", {"recency_days": [7.0], "frequency": [2.0], "monetary": [19.9]})
both("three customers, five bins", {
    "recency_days": [7.0, 1.0, 90.0], "frequency": [2.0, 9.0, 1.0], "monetary": [20.0, 400.0, 5.0]})
both("most customers bought once", {
    "recency_days": np.arange(20.0), "frequency": np.array([1.0] * 15 + [2, 2, 3, 5, 9]),
    "monetary": np.arange(20.0)[::-1]})
both("refunds and tiny amounts", {
    "recency_days": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0], "frequency": [0.0, 0.0, 1.0, 1.0, 2.0, 3.0],
    "monetary": [-500.0, -0.01, 0.0, 1e-300, 1e-12, 1e9]})

for weights in ((2, 1, 1), (0.5, 0.3, 0.2), (0, 0, 1)):
    vectors.case(f"combined with weights {weights}", "score", input=references,
                 params={"weights": dict(zip(["recency", "frequency", "monetary"], weights))}, rtol=1e-14,
                 expected=score(learn(shop, 5), shop, 5, weights), oracle=f"{NUMPY}, average")

given = {"recency_days": [30, 90, 180, 365], "frequency": [1, 2, 4, 9], "monetary": [20, 50, 120, 400]}
vectors.case("given cut points", "score", params={"cut_points": given}, input=references, rtol=1e-15,
             expected=score(given, shop, 5), oracle=f"numpy {np.__version__}, searchsorted(side='left')")
coinciding = {"recency_days": [30, 30, 60], "frequency": [1, 1, 1], "monetary": [0, 50, 50]}
vectors.case("given cut points that coincide, four bins", "score", params={"n_bins": 4, "cut_points": coinciding},
             input=references, rtol=1e-15, expected=score(coinciding, shop, 4),
             oracle=f"numpy {np.__version__}, searchsorted(side='left')")
vectors.case("given cut points and no customer", "fit", params={"cut_points": given},
             input={name: [] for name in FEATURES},
             expected={"cut_points": given, "bins_in_use": {name: 0 for name in FEATURES}}, oracle="definition")

names = {r: [f"R{r}F{f}" if f > 1 else "few" for f in range(1, 6)] for r in range(1, 6)}
vectors.case("another grid of segments", "score", params={"segments": list(names.values())}, input=references,
             rtol=1e-15, expected=score(learn(shop, 5), shop, 5, grid=names), oracle=NUMPY)


def nested(customers, n_bins):
    """Frequency cut within each recency score, monetary value within each cell."""
    probabilities = np.arange(1, n_bins) / n_bins
    over_all = learn(customers, n_bins)
    frame = pd.DataFrame(customers)
    frame["r"] = n_bins + 1 - digitise(over_all["recency_days"], frame["recency_days"])

    def cut(keys, name):
        found = frame.groupby(keys)[name].quantile(probabilities)
        scores = range(1, n_bins + 1)
        cells = scores if len(keys) == 1 else pd.MultiIndex.from_product([scores] * len(keys))
        return {cell: found.loc[cell].to_numpy() if cell in found.index else over_all[name] for cell in cells}

    of_frequency = cut(["r"], "frequency")
    frame["f"] = [digitise(of_frequency[r], f) for r, f in zip(frame["r"], frame["frequency"])]
    of_monetary = cut(["r", "f"], "monetary")
    frame["m"] = [digitise(of_monetary[r, f], m) for r, f, m in zip(frame["r"], frame["f"], frame["monetary"])]
    flat = lambda cells: np.concatenate(list(cells.values()))
    return frame, {"frequency": flat(of_frequency), "monetary": flat(of_monetary)}


for bins in (2, 3, 5):
    frame, cut_points = nested(shop, bins)
    params = {"nested": True, "n_bins": bins}
    vectors.case(f"nested in {bins} bins: cut points", "fit", params=params, input=references, rtol=1e-15,
                 expected={"nested_cut_points": cut_points}, oracle=GROUPS)
    vectors.case(f"nested in {bins} bins: scores", "score", params=params, input=references, rtol=1e-15,
                 expected=answer(*(frame[s].to_numpy() for s in "rfm"), bins), oracle=GROUPS)

small = {"recency_days": [1.0, 2.0], "frequency": [1.0, 2.0], "monetary": [1.0, 2.0]}


def refused(name, error, argument, params=None, **changes):
    vectors.case(name, "fit", params=params, input=small | changes, error=error, argument=argument,
                 oracle="definition")


refused("one bin", "INVALID_PARAMETER", "n_bins", {"n_bins": 1})
refused("eleven bins", "INVALID_PARAMETER", "n_bins", {"n_bins": 11})
refused("a negative weight", "INVALID_PARAMETER", "weights", {"weights": {"recency": -1}})
refused("no weight at all", "INVALID_PARAMETER", "weights",
        {"weights": {"recency": 0, "frequency": 0, "monetary": 0}})
refused("cut points of another number of bins", "INVALID_PARAMETER", "cut_points",
        {"n_bins": 4, "cut_points": given})
refused("cut points in descending order", "INVALID_PARAMETER", "cut_points",
        {"cut_points": given | {"frequency": [9, 4, 2, 1]}})
refused("cut points given for nested scores", "INVALID_PARAMETER", "cut_points",
        {"nested": True, "cut_points": given})
refused("a segment without a name", "INVALID_PARAMETER", "segments",
        {"segments": [["a"] * 5] * 4 + [["a"] * 4 + [" "]]})
refused("an amount that is NaN", "NON_FINITE", "monetary", monetary=[1.0, float("nan")])
refused("an infinite recency", "NON_FINITE", "recency_days", recency_days=[float("inf"), 1.0])
refused("one frequency too few", "SHAPE_MISMATCH", "frequency", frequency=[1.0])
refused("no customer to learn from", "TOO_FEW_ROWS", "recency_days", recency_days=[], frequency=[], monetary=[])

vectors.write()
