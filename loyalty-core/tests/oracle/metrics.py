"""Vectors of metrics: scikit-learn where it has the figure, else the definition worked out in pandas or NumPy."""

import warnings

import numpy as np
import pandas as pd
import sklearn
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve
from sklearn.datasets import load_iris
from sklearn.model_selection import KFold, StratifiedKFold, StratifiedShuffleSplit, train_test_split

from vectors import Vectors

SKLEARN = f"scikit-learn {sklearn.__version__}"
PANDAS = f"pandas {pd.__version__}"
TIGHT = 1e-12
rng = np.random.default_rng(20240601)


def inputs(truth, name, value, weight=None):
    return {"truth": truth, name: value} | ({} if weight is None else {"sample_weight": weight})


# Classes.

def report_of(truth, predicted, weight):
    table = sk.classification_report(truth, predicted, sample_weight=weight, output_dict=True, zero_division=0.0)
    row = lambda entry: {"precision": entry["precision"], "recall": entry["recall"], "f1": entry["f1-score"]}
    labels = np.unique(np.concatenate([truth, predicted]))
    return {
        "classes": [{"label": label, "support": float(table[str(label)]["support"])} | row(table[str(label)])
                    for label in labels],
        "accuracy": sk.accuracy_score(truth, predicted, sample_weight=weight),
        "macro_average": row(table["macro avg"]),
        "weighted_average": row(table["weighted avg"]),
    }


def class_cases(v):
    three = rng.integers(0, 3, 60)
    noisy = np.where(rng.random(60) < 0.7, three, rng.integers(0, 3, 60))
    data = {
        "two classes": ([0, 0, 1, 1, 1], [0, 1, 1, 1, 0], None),
        "three classes with noise": (three, noisy, None),
        "three classes with weights": (three, noisy, rng.random(60) * 4),
        "a weight of zero": ([0, 1, 2, 2], [0, 1, 1, 2], [1.0, 2.0, 0.0, 0.5]),
        "all right": ([4, 7, 4], [4, 7, 4], None),
        "all wrong": ([4, 7, 4], [7, 4, 7], None),
        "a class never predicted": ([0, 1, 2, 2], [0, 1, 1, 1], None),
        "a class that does not occur": ([0, 0, 1, 1], [0, 2, 1, 1], None),
        "one class": ([5, 5, 5], [5, 5, 5], None),
        "large labels": ([4294967295, 0, 4294967295], [4294967295, 4294967295, 0], None),
    }
    for name, (truth, predicted, weight) in data.items():
        truth, predicted = np.array(truth), np.array(predicted)
        given = inputs(truth, "predicted", predicted, weight)
        v.case(f"report: {name}", "classification_report", input=given, expected=report_of(truth, predicted, weight),
               rtol=TIGHT, oracle=f"{SKLEARN}, classification_report(zero_division=0)")
        matrix = sk.confusion_matrix(truth, predicted, sample_weight=weight)
        v.case(f"confusion: {name}", "confusion_matrix", input=given, rtol=0 if weight is None else TIGHT,
               expected={"labels": np.unique(np.concatenate([truth, predicted])), "counts": matrix.astype(float)},
               oracle=f"{SKLEARN}, confusion_matrix")
        if name.startswith(("three", "a weight")):
            v.case(f"accuracy: {name}", "accuracy", input=given, rtol=TIGHT, oracle=f"{SKLEARN}, accuracy_score",
                   expected={"value": sk.accuracy_score(truth, predicted, sample_weight=weight)})

    truth, predicted = rng.random(40) < 0.4, rng.random(40) < 0.5
    binary = {
        "random": (truth, predicted, None),
        "weighted": (truth, predicted, rng.random(40)),
        "nothing predicted": ([True, False], [False, False], None),
        "nothing to find": ([False, False], [False, True], None),
    }
    for name, (truth, predicted, weight) in binary.items():
        (tn, fp), (fn, tp) = sk.confusion_matrix(truth, predicted, labels=[False, True], sample_weight=weight)
        figure = lambda function, **options: function(
            truth, predicted, sample_weight=weight, zero_division=0.0, **options)
        v.case(f"binary report: {name}", "binary_report", input=inputs(truth, "predicted", predicted, weight),
               expected={"true_positives": tp, "false_positives": fp, "false_negatives": fn, "true_negatives": tn,
                         "accuracy": sk.accuracy_score(truth, predicted, sample_weight=weight),
                         "precision": figure(sk.precision_score), "recall": figure(sk.recall_score),
                         "specificity": figure(sk.recall_score, pos_label=False), "f1": figure(sk.f1_score)},
               rtol=TIGHT, oracle=f"{SKLEARN}, confusion_matrix, precision_score, recall_score, f1_score")

    for name, given, error, argument in [
        ("no rows", inputs([], "predicted", []), "TOO_FEW_ROWS", "truth"),
        ("lengths differ", inputs([1, 2], "predicted", [1]), "SHAPE_MISMATCH", "predicted"),
        ("too few weights", inputs([1, 2], "predicted", [1, 2], [1.0]), "SHAPE_MISMATCH", "sample_weight"),
        ("a negative weight", inputs([1, 2], "predicted", [1, 2], [1.0, -1.0]), "INVALID_VALUE", "sample_weight"),
        ("weights all zero", inputs([1, 2], "predicted", [1, 2], [0.0, 0.0]), "DEGENERATE", "sample_weight"),
    ]:
        v.case(f"report: {name}", "classification_report", input=given, error=error, argument=argument,
               oracle="documented domain; scikit-learn refuses or warns")


# Rankings.

def gains_of(truth, score):
    """Customers of equal score together, highest first: cumulated shares."""
    groups = pd.DataFrame({"truth": truth, "score": score}).groupby("score")["truth"].agg(["size", "sum"])
    cumulated = groups.sort_index(ascending=False).cumsum() / groups.sum()
    return {"customers": [0.0, *cumulated["size"]], "positives": [0.0, *cumulated["sum"]]}


def lift_of(truth, score, n_bins):
    """A customer's bin is 1 + floor(n_bins * (customers with a higher score) / n)."""
    frame = pd.DataFrame({"truth": np.asarray(truth, dtype=int), "score": score})
    above = frame["score"].rank(method="min", ascending=False).astype(int) - 1
    frame["bin"] = 1 + above * n_bins // len(frame)
    table = frame.groupby("bin").agg(count=("truth", "size"), positives=("truth", "sum"),
                                     lowest_score=("score", "min"), highest_score=("score", "max")).reset_index()
    base = frame["truth"].mean()
    table["rate"] = table["positives"] / table["count"]
    table["lift"] = table["rate"] / base
    table["cumulative_customers"] = table["count"].cumsum() / len(frame)
    table["cumulative_positives"] = table["positives"].cumsum() / frame["truth"].sum()
    table["cumulative_lift"] = table["positives"].cumsum() / table["count"].cumsum() / base
    return table.to_dict("records")


def ranking_cases(v):
    truth = rng.random(80) < 0.35
    score = truth * 0.8 + rng.normal(size=80)
    weight = rng.random(80) * 3
    weight[::9] = 0.0
    data = {
        "textbook": ([False, False, True, True], [0.1, 0.4, 0.35, 0.8], None),
        "random": (truth, score, None),
        "weights, zeros among them": (truth, score, weight),
        "many ties": (truth, np.round(score), None),
        "many ties with weights": (truth, np.round(score), weight),
        "all tied": ([True, False, False], [0.5, 0.5, 0.5], None),
        "perfect": ([True, True, False, False], [0.9, 0.8, 0.2, 0.1], None),
        "inverted": ([False, False, True, True], [0.9, 0.8, 0.2, 0.1], None),
        "scores of any size": ([False, True, False, True], [-1e300, 1e-300, 0.0, 1e300], None),
    }
    for name, (truth, score, weight) in data.items():
        given = inputs(truth, "score", score, weight)
        v.case(f"roc_auc: {name}", "roc_auc", input=given, rtol=TIGHT, oracle=f"{SKLEARN}, roc_auc_score",
               expected={"value": sk.roc_auc_score(truth, score, sample_weight=weight)})
        v.case(f"average precision: {name}", "average_precision", input=given, rtol=TIGHT,
               expected={"value": sk.average_precision_score(truth, score, sample_weight=weight)},
               oracle=f"{SKLEARN}, average_precision_score")
        fpr, tpr, thresholds = sk.roc_curve(truth, score, sample_weight=weight, drop_intermediate=False)
        v.case(f"roc_curve: {name}", "roc_curve", input=given, rtol=TIGHT,
               expected={"fpr": fpr, "tpr": tpr, "thresholds": thresholds},
               oracle=f"{SKLEARN}, roc_curve(drop_intermediate=False)")
        if len(truth) == 4 or "weights" in name:
            precision, recall, thresholds = sk.precision_recall_curve(truth, score, sample_weight=weight)
            v.case(f"precision_recall_curve: {name}", "precision_recall_curve", input=given, rtol=TIGHT,
                   expected={"precision": precision, "recall": recall, "thresholds": thresholds},
                   oracle=f"{SKLEARN}, precision_recall_curve")
        if weight is None:
            given = inputs(truth, "score", score)
            v.case(f"gains: {name}", "cumulative_gains", input=given, expected=gains_of(truth, score), rtol=TIGHT,
                   oracle=f"{PANDAS}: cumulated shares by distinct score")
            v.case(f"lift: {name}", "lift", params={"n_bins": 10 if len(truth) > 4 else 2}, input=given,
                   expected={"bins": lift_of(truth, score, 10 if len(truth) > 4 else 2)}, rtol=TIGHT,
                   oracle=f"{PANDAS}: rank(method='min') cut into bins")

    # Hanley and McNeil (1982), Radiology 143, table I: 58 normal and 51 abnormal CT images on a scale of five.
    normal, abnormal = [33, 6, 6, 11, 2], [3, 2, 2, 11, 33]
    truth = [False] * 58 + [True] * 51
    score = [grade for counts in (normal, abnormal) for grade, count in enumerate(counts, 1) for _ in range(count)]
    v.case("roc_auc: Hanley and McNeil's CT images", "roc_auc", input=inputs(truth, "score", score), atol=5e-4,
           expected={"value": 0.893}, oracle="Hanley and McNeil (1982), Radiology 143, 29-36: Wilcoxon statistic 0.893")

    oracle = "documented domain; scikit-learn answers NaN or 0 with a warning"
    for call in ["roc_auc", "roc_curve", "average_precision", "cumulative_gains"]:
        v.case(f"{call}: no positive", call, input=inputs([False, False], "score", [0.1, 0.2]), error="DEGENERATE",
               argument="truth", oracle=oracle)
    v.case("roc_auc: no negative", "roc_auc", input=inputs([True, True], "score", [0.1, 0.2]), error="DEGENERATE",
           argument="truth", oracle=oracle)
    v.case("roc_auc: no rows", "roc_auc", input=inputs([], "score", []), error="TOO_FEW_ROWS", argument="truth",
           oracle="documented domain; scikit-learn refuses")
    v.case("roc_auc: a score of NaN", "roc_auc", input=inputs([True, False], "score", [0.1, np.nan]),
           error="NON_FINITE", argument="score", oracle="documented domain; scikit-learn refuses")
    v.case("lift: no bin", "lift", params={"n_bins": 0}, input=inputs([True], "score", [1.0]),
           error="INVALID_PARAMETER", argument="n_bins", oracle="documented domain")


# Probabilities.

def calibration_of(truth, probability, n_bins, strategy):
    """Rates and means of scikit-learn; the edges and counts as its documentation has them."""
    truth, probability = np.asarray(truth), np.asarray(probability)
    rates, means = calibration_curve(truth, probability, n_bins=n_bins, strategy=strategy)
    shares = np.linspace(0, 1, n_bins + 1)
    edges = shares if strategy == "uniform" else np.percentile(probability, shares * 100)
    counts = np.bincount(np.searchsorted(edges[1:-1], probability), minlength=n_bins)
    used = np.flatnonzero(counts)
    bins = [{"lower": edges[b], "upper": edges[b + 1], "count": counts[b], "mean_predicted": mean,
             "observed_rate": rate} for b, mean, rate in zip(used, means, rates, strict=True)]
    error = np.sum(counts[used] * np.abs(means - rates)) / len(truth)
    return {"bins": bins, "expected_calibration_error": error}


def probability_cases(v):
    probability = rng.random(90)
    truth = rng.random(90) < probability**1.3
    weight = rng.random(90) * 2
    data = {
        "random": (truth, probability, None),
        "weights": (truth, probability, weight),
        "probabilities of 0 and 1, right": ([True, False], [1.0, 0.0], None),
        "probabilities of 0 and 1, wrong": ([True, False, True], [0.0, 1.0, 0.5], None),
        "near 0 and 1": ([True, False, True, False], [1e-12, 1 - 1e-12, 1e-300, 0.25], None),
        "one class": ([True, True], [0.7, 0.2], None),
    }
    for name, (truth_, p, w) in data.items():
        given = inputs(truth_, "probability", p, w)
        expected = sk.log_loss(truth_, p, labels=[False, True], sample_weight=w)
        v.case(f"log loss: {name}", "log_loss", input=given, expected={"value": expected}, rtol=TIGHT,
               oracle=f"{SKLEARN}, log_loss(labels=[False, True])")
        v.case(f"Brier: {name}", "brier", input=given, rtol=TIGHT, oracle=f"{SKLEARN}, brier_score_loss",
               expected={"value": sk.brier_score_loss(truth_, p, sample_weight=w, pos_label=True)})

    tied = np.round(probability, 1)
    edges = np.linspace(0, 1, 11)
    for name, p, n_bins in [("random", probability, 10), ("many ties", tied, 7), ("one bin", probability, 1)]:
        for strategy in ["uniform", "quantile"]:
            v.case(f"calibration: {name}, {strategy}", "calibration", params={"n_bins": n_bins, "strategy": strategy},
                   input=inputs(truth, "probability", p), expected=calibration_of(truth, p, n_bins, strategy),
                   rtol=TIGHT, atol=1e-15, oracle=f"{SKLEARN}, calibration_curve; error and counts with NumPy")
    v.case("calibration: on the edges", "calibration", params={"n_bins": 10, "strategy": "uniform"},
           input=inputs(edges > 0.4, "probability", edges), expected=calibration_of(edges > 0.4, edges, 10, "uniform"),
           rtol=TIGHT, atol=1e-15, oracle=f"{SKLEARN}, calibration_curve; error and counts with NumPy")

    few, outcomes = [0.1, 0.35, 0.6, 0.8], [False, True, False, True]
    v.case("calibration: quantiles on the values", "calibration", params={"n_bins": 3, "strategy": "quantile"},
           input=inputs(outcomes, "probability", few), expected=calibration_of(outcomes, few, 3, "quantile"),
           rtol=TIGHT, atol=1e-15, oracle=f"{SKLEARN}, calibration_curve; error and counts with NumPy")

    for name, call, p, error in [
        ("log loss: probability above 1", "log_loss", [0.5, 1.5], "INVALID_VALUE"),
        ("Brier: probability below 0", "brier", [0.5, -0.1], "INVALID_VALUE"),
        ("log loss: NaN", "log_loss", [0.5, np.nan], "NON_FINITE"),
        ("log loss: lengths differ", "log_loss", [0.5], "SHAPE_MISMATCH"),
    ]:
        v.case(name, call, input=inputs([True, False], "probability", p), error=error, argument="probability",
               oracle="documented domain; scikit-learn refuses")
    v.case("calibration: no bin", "calibration", params={"n_bins": 0, "strategy": "uniform"},
           input=inputs([True], "probability", [0.5]), error="INVALID_PARAMETER", argument="n_bins",
           oracle="documented domain; scikit-learn refuses")


# Clusters.

def clustered():
    """Names, matrices and labels; the centres are far enough apart for scikit-learn's absolute tolerances."""
    centres = np.array([[0.0, 0.0, 1.0], [6.0, 1.0, 0.0], [-3.0, 5.0, 2.0], [2.0, -6.0, 4.0]])
    blobs = np.repeat([0, 1, 2, 3], [5, 12, 8, 15])
    points = centres[blobs] + rng.normal(size=(40, 3))
    iris = load_iris()
    return {
        "blobs": (points, blobs),
        "blobs with labels by chance": (points, rng.integers(0, 4, 40)),
        "labels with gaps": (points, np.array([7, 0, 4294967295, 19])[blobs]),
        "clusters of one row": (np.array([[0.0, 1.0], [1.0, 1.0], [3.0, 4.0]]), np.array([0, 0, 1])),
        "iris": (iris.data, iris.target),
        "one column": (points[:, :1], blobs),
    }


def cluster_cases(v, data):
    calls = [("davies_bouldin", sk.davies_bouldin_score), ("calinski_harabasz", sk.calinski_harabasz_score)]
    for name, (x, labels) in data.items():
        given = {"x": v.share(f"x of {name}", x), "labels": labels}
        for call, function in calls:
            v.case(f"{call}: {name}", call, input=given, expected={"value": function(x, labels)}, rtol=TIGHT,
                   oracle=f"{SKLEARN}, {function.__name__}")
    x, labels = data["blobs"]
    for name, moved in [("scale 1e150", x * 2.0**500), ("scale 1e-150", x * 2.0**-500)]:
        given = {"x": moved, "labels": labels}
        for call, function in calls:
            v.case(f"{call}: {name}", call, input=given, expected={"value": function(x, labels)}, rtol=TIGHT,
                   oracle=f"{SKLEARN}, {function.__name__}, of the same data divided by a power of two")
    duplicates = {"x": [[1.0], [1.0], [2.0], [2.0]], "labels": [0, 0, 1, 1]}
    for call, function in calls:
        v.case(f"{call}: clusters without width", call, input=duplicates, oracle=f"{SKLEARN}, {function.__name__}",
               expected={"value": function(duplicates["x"], duplicates["labels"])})
        for name, x, labels, error, argument in [
            ("one cluster", [[0.0], [1.0], [2.0]], [3, 3, 3], "DEGENERATE", "labels"),
            ("as many clusters as rows", [[0.0], [1.0], [2.0]], [0, 1, 2], "DEGENERATE", "labels"),
            ("two rows", [[0.0], [1.0]], [0, 1], "DEGENERATE", "labels"),
            ("lengths differ", [[0.0], [1.0], [2.0]], [0, 1], "SHAPE_MISMATCH", "labels"),
        ]:
            v.case(f"{call}: {name}", call, input={"x": x, "labels": labels}, error=error, argument=argument,
                   oracle="documented domain; scikit-learn refuses")


def silhouette_cases(v, data):
    for name, (x, labels) in data.items():
        given = {"x": v.share(f"x of {name}", x), "labels": labels}
        v.case(f"silhouette: {name}", "silhouette", input=given, expected={"value": sk.silhouette_score(x, labels)},
               rtol=1e-10, oracle=f"{SKLEARN}, silhouette_score")
        v.case(f"silhouette_samples: {name}", "silhouette_samples", input=given,
               expected={"values": sk.silhouette_samples(x, labels)}, rtol=1e-10, atol=1e-12,
               oracle=f"{SKLEARN}, silhouette_samples")
    for name, labels in [("one cluster", [3, 3, 3]), ("as many clusters as rows", [0, 1, 2])]:
        v.case(f"silhouette: {name}", "silhouette", input={"x": [[0.0], [1.0], [2.0]], "labels": labels},
               error="DEGENERATE", argument="labels", oracle="documented domain; scikit-learn refuses")


# Splits: the sizes; which rows they hold is for property tests.

def sizes(rows, stratify):
    if stratify is None:
        return [len(rows)]
    return [np.sum(np.asarray(stratify)[rows] == label) for label in np.unique(stratify)]


def split_cases(v):
    strata = {"10 to 30": [0] * 10 + [1] * 30, "three classes": [2] * 11 + [5] * 23 + [9] * 47}
    for n_rows, share in [(10, 0.25), (100, 0.07), (7, 0.5), (3, 0.01)]:
        train, test = train_test_split(np.arange(n_rows), test_size=share, random_state=0)
        v.case(f"split: {share} of {n_rows}", "train_test_split",
               params={"n_rows": n_rows, "test_share": share, "seed": 7}, expected={"train": [len(train)], "test": [len(test)]}, oracle=f"{SKLEARN}, train_test_split: sizes")
    for name, labels in strata.items():
        n_rows = len(labels)
        for share in [0.2, 0.37]:
            splitter = StratifiedShuffleSplit(1, test_size=share, random_state=0)
            train, test = next(splitter.split(np.zeros(n_rows), labels))
            v.case(f"split: {share} of {name}", "train_test_split",
                   params={"n_rows": n_rows, "test_share": share, "seed": 7}, input={"stratify": labels},
                   expected={"train": sizes(train, labels), "test": sizes(test, labels)},
                   oracle=f"{SKLEARN}, StratifiedShuffleSplit: sizes of the classes")
    for name, labels, folds in [("no classes", None, KFold(4, shuffle=True, random_state=0)),
                                *[(name, labels, StratifiedKFold(4, shuffle=True, random_state=0))
                                  for name, labels in strata.items()]]:
        n_rows = 22 if labels is None else len(labels)
        expected = [sizes(test, labels) for _, test in folds.split(np.zeros(n_rows), labels)]
        v.case(f"folds: {name}", "k_folds", params={"n_rows": n_rows, "n_splits": 4, "seed": 7},
               input={} if labels is None else {"stratify": labels}, expected={"test": expected},
               oracle=f"{SKLEARN}, {type(folds).__name__}: sizes of the classes")

    oracle = "documented domain; scikit-learn refuses"
    for share in [0.0, 1.0, -0.5, "NaN"]:
        v.case(f"split: share {share}", "train_test_split", params={"n_rows": 10, "test_share": share, "seed": 7},
               error="INVALID_PARAMETER", argument="test_share", oracle=oracle)
    v.case("split: one row", "train_test_split", params={"n_rows": 1, "test_share": 0.5, "seed": 7},
           error="TOO_FEW_ROWS", argument="n_rows", oracle=oracle)
    v.case("split: a class of one row", "train_test_split", params={"n_rows": 4, "test_share": 0.5, "seed": 7},
           input={"stratify": [0, 0, 0, 1]}, error="DEGENERATE", argument="stratify", oracle=oracle)
    v.case("split: more classes than test rows", "train_test_split", params={"n_rows": 6, "test_share": 0.1, "seed": 7},
           input={"stratify": [0, 0, 1, 1, 2, 2]}, error="INVALID_PARAMETER", argument="test_share", oracle=oracle)
    for n_splits in [0, 1, 6]:
        v.case(f"folds: {n_splits} of 5 rows", "k_folds", params={"n_rows": 5, "n_splits": n_splits, "seed": 7},
               error="INVALID_PARAMETER", argument="n_splits", oracle=oracle)
    v.case("folds: every class too small", "k_folds", params={"n_rows": 4, "n_splits": 3, "seed": 7},
           input={"stratify": [0, 0, 1, 1]}, error="DEGENERATE", argument="stratify", oracle=oracle)


warnings.simplefilter("ignore")
v = Vectors("metrics")
class_cases(v)
ranking_cases(v)
probability_cases(v)
clusters = clustered()
cluster_cases(v, clusters)
silhouette_cases(v, clusters)
split_cases(v)
v.write()
