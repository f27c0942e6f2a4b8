"""`metrics`: truth and predictions in, figures out."""

from __future__ import annotations

from typing import Any

import numpy as np

from loyalty import metrics

from .cases import Case, number

_FIGURES = {"accuracy", "roc_auc", "average_precision", "log_loss", "brier"}
_CLUSTERING = {"davies_bouldin", "calinski_harabasz", "silhouette"}


def call(function: str, case: Case) -> dict[str, Any]:
    of = getattr(metrics, function)
    if function in _CLUSTERING:
        return {"value": of(case.matrix("x"), case.input["labels"])}
    if function == "silhouette_samples":
        return {"values": of(case.matrix("x"), case.input["labels"])}
    if function in ("train_test_split", "k_folds"):
        return _split(of, case)

    second = next(name for name in ("predicted", "score", "probability") if name in case.input)
    predicted = case.input["predicted"] if second == "predicted" else case.vector(second)
    given = {"truth": case.input["truth"], second: predicted, **case.params}
    if "sample_weight" in case.input:
        given["sample_weight"] = case.vector("sample_weight")
    found = of(**given)
    if function in _FIGURES:
        return {"value": found}
    if function == "classification_report":
        return _report(found)
    if function in ("calibration", "lift"):
        table = found._asdict()
        error = table.pop("expected_calibration_error", None)
        return {"bins": _rows(table), "expected_calibration_error": error}
    answer: dict[str, Any] = found._asdict()
    return answer


def _rows(columns: dict[str, Any]) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _report(report: metrics.ClassificationReport) -> dict[str, Any]:
    figures = {name: getattr(report, name) for name in ("precision", "recall", "f1", "support")}
    return {
        "classes": _rows({"label": report.labels, **figures}),
        "accuracy": report.accuracy,
        "macro_average": report.macro_average._asdict(),
        "weighted_average": report.weighted_average._asdict(),
    }


def _split(of: Any, case: Case) -> dict[str, Any]:
    params = {name: number(value) for name, value in case.params.items()}
    stratify = case.input.get("stratify")
    found = of(random_state=params.pop("seed"), stratify=stratify, **params)

    def sizes(rows: Any) -> list[int]:
        """How many of the rows are of each class, by ascending label."""
        classes = np.zeros(params["n_rows"]) if stratify is None else np.array(stratify)
        return [int((classes[rows] == label).sum()) for label in np.unique(classes)]

    if isinstance(found, metrics.Split):
        return {"train": sizes(found.train), "test": sizes(found.test)}
    return {"test": [sizes(test) for _, test in found]}
