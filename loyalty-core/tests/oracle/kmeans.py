"""Conformance vectors for K-means: scikit-learn, and Lloyd's algorithm in exact fractions where scikit-learn loses digits."""

from fractions import Fraction
import warnings

import numpy as np
import sklearn
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris, load_wine, make_blobs
from sklearn.metrics import silhouette_score

from vectors import Vectors

warnings.filterwarnings("ignore")
v = Vectors("kmeans")
SKLEARN = f"scikit-learn {sklearn.__version__}"


# Lloyd's algorithm from its definition, without rounding.

def squared(a, b):
    return sum((p - q) ** 2 for p, q in zip(a, b))


def nearest(rows, centres):
    """Ties go to the lowest index: min() keeps the first."""
    return [min(range(len(centres)), key=lambda c: squared(row, centres[c])) for row in rows]


def fractions(matrix):
    return [[Fraction(float(value)) for value in row] for row in matrix]


def exact(x, init, tol=0, max_iter=300, weight=None):
    """Fit by exact arithmetic; centroids rounded once, labels and inertia those of the rounded centroids."""
    rows, centres = fractions(x), fractions(init)
    weight = [Fraction(float(w)) for w in (weight if weight is not None else np.ones(len(x)))]
    k, total = len(centres), sum(weight)
    mean = [sum(w * row[j] for w, row in zip(weight, rows)) / total for j in range(len(rows[0]))]
    variance = sum(w * squared(row, mean) for w, row in zip(weight, rows)) / total / len(mean)
    labels, iterations, converged = None, 0, False
    while iterations < max_iter and not converged:
        iterations += 1
        before, labels = labels, nearest(rows, centres)
        empty = [c for c in range(k) if c not in labels]
        distance = [squared(row, centres[label]) for row, label in zip(rows, labels)]
        lent = list(labels)
        refilled = bool(empty) and max(distance) > 0
        if refilled:
            farthest = sorted(range(len(rows)), key=lambda i: (-distance[i], i))
            for cluster, i in zip(empty, farthest):
                lent[i] = cluster
        size = [sum(w for w, label in zip(weight, lent) if label == c) for c in range(k)]
        heaviest = size.index(max(size))
        new = []
        for c in range(k):
            c = c if size[c] > 0 else heaviest
            members = [(w, row) for w, row, label in zip(weight, rows, lent) if label == c]
            new.append([sum(w * row[j] for w, row in members) / size[c] for j in range(len(mean))])
        shift = sum(squared(a, b) for a, b in zip(centres, new))
        centres = new
        converged = (labels == before and not refilled) or shift <= Fraction(tol) * variance
    centroids = [[float(value) for value in centre] for centre in centres]
    centres = fractions(centroids)
    labels = nearest(rows, centres)
    inertia = sum(w * squared(row, centres[label]) for w, row, label in zip(weight, rows, labels))
    return {"labels": labels, "centroids": centroids, "inertia": float(inertia), "iterations": iterations,
            "converged": converged, "n_used_clusters": len(set(labels)),
            "cluster_weights": [float(sum(w for w, label in zip(weight, labels) if label == c)) for c in range(k)]}


def library(x, init, tol=1e-4, max_iter=300, weight=None):
    x, init = np.asarray(x, float), np.asarray(init, float)
    fitted = KMeans(len(init), init=init, n_init=1, tol=tol, max_iter=max_iter, algorithm="lloyd")
    fitted.fit(x, sample_weight=weight)
    return fitted, {"labels": fitted.labels_, "centroids": fitted.cluster_centers_, "inertia": fitted.inertia_,
                    "iterations": fitted.n_iter_, "n_used_clusters": len(set(fitted.labels_)),
                    "cluster_weights": np.bincount(fitted.labels_, weight, len(init))}


TIGHT = {"rtol": {"*": 1e-12}, "atol": {"centroids": 1e-13}}


def fit_case(name, x, init, expected, oracle, weight=None, params=None, **tolerance):
    given = {"n_clusters": len(init), "init": init} | (params or {})
    v.case(name, "fit", params=given, input={"x": x} | ({} if weight is None else {"sample_weight": weight}),
           expected=expected, oracle=oracle, **(tolerance or TIGHT))


def by_library(name, x, init, data=None, weight=None, **params):
    _, expected = library(x, init, weight=weight, **params)
    fit_case(name, data or x, init, expected, f"{SKLEARN}, KMeans(init=array, n_init=1, algorithm='lloyd')", weight, params)


def by_fractions(name, x, init, weight=None, tolerance=None, **params):
    expected = exact(x, init, weight=weight, **{"tol": 1e-4} | params)
    fit_case(name, x, init, expected, "Lloyd's algorithm in exact fractions, from the definition (kmeans.py)", weight, params,
             **(tolerance or {"rtol": {"*": 1e-12}}))


rng = np.random.default_rng(20260701)
blobs = make_blobs(120, 3, centers=4, cluster_std=1.5, random_state=3)[0].round(6)
cloud = rng.uniform(-5, 5, (250, 2)).round(6)
iris, wine = load_iris().data, load_wine().data.round(4)
at_blobs, at_cloud = v.share("blobs", blobs), v.share("cloud", cloud)
at_iris, at_wine = v.share("iris", iris), v.share("wine", wine)

by_library("blobs, labels stand still", blobs, blobs[[0, 1, 2, 3]], at_blobs, tol=0)
by_library("blobs, default tolerance", blobs, blobs[[5, 6, 7, 8]], at_blobs)
by_library("cloud of seven, labels stand still", cloud, cloud[:7], at_cloud, tol=0)
by_library("cloud of seven, default tolerance", cloud, cloud[:7], at_cloud)
by_library("cloud of seven, coarse tolerance", cloud, cloud[:7], at_cloud, tol=0.05)
for max_iter in (1, 2, 5):
    by_library(f"cloud of twelve, {max_iter} iteration(s)", cloud, cloud[20:32], at_cloud, max_iter=max_iter, tol=0)
by_library("iris, three clusters", iris, iris[[0, 50, 100]], at_iris, tol=0)
by_library("wine in raw units, three clusters", wine, wine[[0, 70, 150]], at_wine, tol=0)
by_library("one cluster", blobs, blobs[:1], at_blobs, tol=0)
by_library("one column", cloud[:40, :1], [[-5], [0], [5]], tol=0)
by_library("constant column", np.c_[cloud[:30], np.full(30, 7.25)], np.c_[cloud[:3], [7.25] * 3], tol=0)
by_library("given centres far from their clusters", blobs, blobs[[0, 1, 2, 3]] * 3 + 5, at_blobs, tol=0)

weights = rng.integers(1, 5, 250)
by_library("whole weights", cloud, cloud[:5], at_cloud, weights, tol=0)
by_library("fractional weights", cloud, cloud[:5], at_cloud, rng.uniform(0.01, 3, 250).round(4), tol=0)
_, repeated = library(np.repeat(cloud, weights, axis=0), cloud[:5], tol=1e-3)
repeated["labels"] = repeated["labels"][np.r_[0, np.cumsum(weights)[:-1]]]
fit_case("a weight counts like copies, tolerance included", at_cloud, cloud[:5], repeated,
         f"{SKLEARN}, KMeans fitted to the rows repeated", weights, {"tol": 1e-3}, **TIGHT)
some = rng.integers(0, 3, 250)
some_rows, expected = library(cloud[some > 0], cloud[:5], weight=some[some > 0], tol=0)
expected["labels"] = some_rows.predict(cloud)
fit_case("rows of weight 0 have no influence but a label", at_cloud, cloud[:5], expected,
         f"{SKLEARN}, KMeans fitted to the rows of positive weight, predict for all", some, {"tol": 0}, **TIGHT)

# Figures printed in scikit-learn's own tests (sklearn/cluster/tests/test_k_means.py).
square = [[0, 0], [0.5, 0], [0.5, 1], [1, 1]]
fit_case("published: toy data with weights", square, [[0, 0], [1, 1]],
         {"labels": [0, 0, 1, 1], "inertia": 0.375, "centroids": [[0.125, 0], [0.875, 1]], "iterations": 2},
         f"{SKLEARN}, test_kmeans_results: computed by hand", [3, 1, 1, 3])
# That test accepts either numbering, as its ties are broken at will; here the first of equally far rows moves.
fit_case("published: empty cluster refilled", square, [[0.5, 0.5], [3, 3]],
         {"labels": [1, 1, 0, 0], "inertia": 0.25, "centroids": [[0.75, 1], [0.25, 0]], "iterations": 3},
         f"{SKLEARN}, test_kmeans_relocated_clusters, second of the two accepted answers")
fit_case("published: empty cluster refilled by a light row", [[-1], [1]], [[-1], [10]],
         {"labels": [0, 1], "inertia": 0, "centroids": [[-1], [1]], "n_used_clusters": 2},
         f"{SKLEARN}, test_kmeans_empty_cluster_relocated", [1.9, 0.1])
fit_case("published: more clusters than distinct rows", [[0, 0], [1, 1], [1, 1], [1, 0], [0, 1]],
         [[0, 0], [1, 1], [1, 1], [1, 0], [0, 1]], {"n_used_clusters": 4, "iterations": 1, "inertia": 0},
         f"{SKLEARN}, test_relocating_with_duplicates")

by_library("an empty cluster in random data", cloud, np.r_[cloud[:5], [[80.0, 90.0]]], at_cloud, tol=0)
by_fractions("three empty clusters", cloud[:40], [[0, 0], [50, 50], [50, 50], [-60, 1]], tol=0,
             tolerance={"rtol": {"*": 1e-12}, "atol": {"centroids": 1e-14}})
by_fractions("all centres the same", cloud[:30], [[1, 1]] * 4, tol=0, tolerance={"rtol": {"*": 1e-12}, "atol": {"centroids": 1e-14}})
by_fractions("as many clusters as rows", cloud[:12], cloud[:12][::-1])
by_fractions("all rows equal", [[3.1, -2.7]] * 6, [[0, 0], [1, 1], [2, 2]])
by_fractions("one row", [[1e300, -5e-324]], [[0, 0]], max_iter=1)
by_fractions("duplicates, five clusters for three distinct rows", [[1], [1], [2], [2], [9], [9], [9]],
             [[0], [1], [2], [3], [9]], tol=0)
by_fractions("rows on the border go to the first centre", [[0], [1], [2], [3], [4]], [[0], [2], [4]], max_iter=1)

# scikit-learn fails at the following: its squares overflow, vanish or lose the digits that matter.
small = make_blobs(36, 2, centers=3, cluster_std=1.2, random_state=11)[0].round(3)
at = [0, 1, 2]
for scale in (1e150, 1e-150, 1e-155):
    by_fractions(f"scale {scale:g}", small * scale, small[at] * scale, tol=0)
by_fractions("offset 1e12", small + 1e12, small[at] + 1e12, tol=0)
by_fractions("offset -1e12 in one column, weights", small + [-1e12, 0], small[at] + [-1e12, 0],
             rng.uniform(0.1, 4, 36).round(3), tol=0, tolerance={"rtol": {"*": 1e-12}, "atol": {"centroids": 1e-14}})
by_fractions("offset 1e15 at scale 1e3, default tolerance", small * 1e3 + 1e15, small[at] * 1e3 + 1e15)
by_fractions("offset and scale 1e140", small * 1e140 + 1e152, small[at] * 1e140 + 1e152, tol=0)
by_fractions("clusters 1e100 apart in scale", [[1e-50], [3e-50], [1e50], [2e50], [-1e50]], [[1e-50], [3e-50], [1e50], [-1e50]])
by_fractions("one centre 1e200 times too far", small, np.r_[small[:2], [[1e200, 1e200]]], tol=0)
by_fractions("weights 1e200 and 1e-200 apart", small, small[at], np.where(np.arange(36) % 2, 1e-100, 2e-100), tol=0)

# Answers of a fitted model.
fitted, _ = library(blobs, blobs[:4], tol=0)
new = np.r_[rng.uniform(-15, 15, (30, 3)).round(4), blobs[:5]]
model = {"n_clusters": 4, "init": blobs[:4], "tol": 0}
v.case("predict: blobs", "predict", params=model, input={"x": at_blobs, "new_x": new},
       expected={"labels": fitted.predict(new)}, oracle=f"{SKLEARN}, KMeans.predict")
v.case("distances: blobs", "distances", params=model, input={"x": at_blobs, "new_x": new},
       expected={"distances": np.sqrt(((new[:, None] - fitted.cluster_centers_) ** 2).sum(-1))}, rtol=1e-12,
       oracle=f"{SKLEARN}, KMeans.cluster_centers_; Euclidean distances by NumPy {np.__version__}")
plain = {"n_clusters": 3, "init": [[0, 0], [2, 0], [4, 0]]}
corners = [[0, 0], [2, 0], [4, 0]]
v.case("predict: ties go to the first centroid", "predict", params=plain,
       input={"x": corners, "new_x": [[1, 5], [3, -7], [2, 0], [1, 0], [3, 0]]},
       expected={"labels": [0, 1, 1, 0, 1]}, oracle="by hand: the centroids are 0, 2 and 4 on the first axis")
vast = [[-1.7e308, 0], [1.7e308, -1.5e308], [1e308, 1.7e308]]
extreme = [[1e308, 3.0], [-1e308, 1e308], [5e-324, 0.0], [1.7e308, -1.7e308], [1.7e308, 1.7e308], [-3.0, 1e154]]
v.case("predict: rows of any magnitude", "predict", params={"n_clusters": 3, "init": vast},
       input={"x": vast, "new_x": extreme}, expected={"labels": nearest(fractions(extreme), fractions(vast))},
       oracle="nearest centroid in exact fractions")
tiny = [[0, 0], [2e-170, 0], [-5e-170, 1e-170]]
v.case("predict: centroids 1e-170 apart", "predict", params={"n_clusters": 3, "init": tiny},
       input={"x": tiny, "new_x": [[1.1e-170, 0], [0.9e-170, 0], [-4e-170, 0], [1e-10, 1]]},
       expected={"labels": [1, 0, 2, 0]},
       oracle="by hand; from the last row all centroids are equally far but for rounding, and the first wins")
v.case("distances: any magnitude", "distances", params=plain,
       input={"x": corners, "new_x": [[3e200, 4e200], [3e-200, 4e-200], [2, 1e-300]]},
       expected={"distances": [[5e200] * 3, [5e-200, 2, 4], [2, 1e-300, 2]]}, rtol=1e-15, oracle="by hand: 3, 4, 5")
v.case("distances: above the largest number", "distances", params=plain,
       input={"x": corners, "new_x": [[0, 0], [1.7e308, 1.7e308]]}, error="INVALID_VALUE", argument="x",
       oracle="the distance is 2.4e308")


def choose(name, x, at_x, low, high, n_init):
    found = [KMeans(k, n_init=200, random_state=0, tol=0).fit(x) for k in range(low, high + 1)]
    candidates = [{"k": f.n_clusters, "inertia": f.inertia_, "silhouette": silhouette_score(x, f.labels_)} for f in found]
    best = max(candidates, key=lambda c: c["silhouette"])
    v.case(name, "choose_k", params={"min_clusters": low, "max_clusters": high, "kmeans": {"n_init": n_init, "tol": 0}},
           input={"x": at_x}, expected={"k": best["k"], "candidates": candidates},
           rtol={"*": 1e-10}, oracle=f"{SKLEARN}, best of 200 restarts of KMeans for each k, silhouette_score")


choose("choose_k: four blobs", blobs, at_blobs, 2, 5, 40)
choose("choose_k: iris", iris, at_iris, 2, 5, 40)

# Errors.
REFUSED = "the contract of the call"
x3 = [[0, 1], [2, 3], [4, 4]]


def refused(name, error, argument, x=x3, call="fit", weight=None, new_x=None, **params):
    inputs = {"x": x} | ({} if weight is None else {"sample_weight": weight}) | ({} if new_x is None else {"new_x": new_x})
    v.case(f"refused: {name}", call, params=params, input=inputs, error=error, argument=argument, oracle=REFUSED)


refused("more clusters than rows", "TOO_FEW_ROWS", "x", n_clusters=4)
refused("no row", "TOO_FEW_ROWS", "x", x=[], n_clusters=1)
refused("no column", "SHAPE_MISMATCH", "x", x=[[], []], n_clusters=1)
refused("no cluster", "INVALID_PARAMETER", "n_clusters", n_clusters=0)
refused("no restart", "INVALID_PARAMETER", "n_init", n_clusters=2, n_init=0)
refused("no iteration", "INVALID_PARAMETER", "max_iter", n_clusters=2, max_iter=0)
refused("negative tolerance", "INVALID_PARAMETER", "tol", n_clusters=2, tol=-1e-9)
refused("too few given centres", "SHAPE_MISMATCH", "init", n_clusters=2, init=[[0, 0]])
refused("given centres of another width", "SHAPE_MISMATCH", "init", n_clusters=2, init=[[0], [1]])
refused("NaN", "NON_FINITE", "x", x=[[0, 1], [float("nan"), 2]], n_clusters=1)
refused("infinity", "NON_FINITE", "x", x=[[0, 1], [2, float("-inf")]], n_clusters=1)
refused("too few weights", "SHAPE_MISMATCH", "sample_weight", n_clusters=2, weight=[1, 2])
refused("negative weight", "INVALID_VALUE", "sample_weight", n_clusters=2, weight=[1, -2, 3])
refused("NaN weight", "NON_FINITE", "sample_weight", n_clusters=2, weight=[1, float("nan"), 3])
refused("no weight", "DEGENERATE", "sample_weight", n_clusters=2, weight=[0, 0, 0])
refused("weights without a sum", "DEGENERATE", "sample_weight", n_clusters=2, weight=[1.5e308, 1.5e308, 1])
refused("inertia above the largest number", "DEGENERATE", "x", x=[[1e200], [-1e200]], n_clusters=1)
refused("predict: another width", "SHAPE_MISMATCH", "x", call="predict", new_x=[[1, 2, 3]], n_clusters=2)
refused("predict: NaN", "NON_FINITE", "x", call="predict", new_x=[[1, float("nan")]], n_clusters=2)
refused("choose_k: one cluster", "INVALID_PARAMETER", "min_clusters", call="choose_k", min_clusters=1, max_clusters=2)
refused("choose_k: empty range", "INVALID_PARAMETER", "max_clusters", call="choose_k", min_clusters=3, max_clusters=2)
refused("choose_k: as many clusters as rows", "TOO_FEW_ROWS", "x", call="choose_k", min_clusters=2, max_clusters=3)
refused("choose_k: too small a sample", "INVALID_PARAMETER", "sample_size", call="choose_k", min_clusters=2, max_clusters=2, sample_size=2)
refused("choose_k: given centres", "INVALID_PARAMETER", "init", call="choose_k", min_clusters=2, max_clusters=2,
        kmeans={"init": [[0, 0], [1, 1]]})

v.write()
