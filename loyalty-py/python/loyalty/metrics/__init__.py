"""Evaluation: how good classes, rankings, probabilities and clusters are, and the splits to judge them on.

Where scikit-learn has the figure, the definition is scikit-learn's; where that library answers NaN and warns, the
answer here is an error. Sums are compensated, so that the order of the rows does not matter beyond the last digit.

Classes are of any kind: numbers, texts, bool or dates, in lists, arrays or columns of pandas, Polars and pyarrow; rows
are matched by position. Where there are two classes, bool and 0/1 speak for themselves, and of others ``pos_label``
says which is the positive one. ``sample_weight`` is one weight a row, 0 or more, not all 0; None counts each row once,
and a whole weight is the same as so many copies of the row.
"""

from __future__ import annotations

from loyalty.metrics.classification import (
    Averages,
    BinaryReport,
    ClassificationReport,
    ConfusionMatrix,
    accuracy,
    binary_report,
    classification_report,
    confusion_matrix,
)
from loyalty.metrics.clustering import calinski_harabasz, davies_bouldin, silhouette, silhouette_samples
from loyalty.metrics.probability import Calibration, brier, calibration, log_loss
from loyalty.metrics.ranking import (
    CumulativeGains,
    Lift,
    PrecisionRecallCurve,
    RocCurve,
    average_precision,
    cumulative_gains,
    lift,
    precision_recall_curve,
    roc_auc,
    roc_curve,
)
from loyalty.metrics.splits import Folds, Split, k_folds, train_test_split

__all__ = [
    "Averages",
    "BinaryReport",
    "Calibration",
    "ClassificationReport",
    "ConfusionMatrix",
    "CumulativeGains",
    "Folds",
    "Lift",
    "PrecisionRecallCurve",
    "RocCurve",
    "Split",
    "accuracy",
    "average_precision",
    "binary_report",
    "brier",
    "calibration",
    "calinski_harabasz",
    "classification_report",
    "confusion_matrix",
    "cumulative_gains",
    "davies_bouldin",
    "k_folds",
    "lift",
    "log_loss",
    "precision_recall_curve",
    "roc_auc",
    "roc_curve",
    "silhouette",
    "silhouette_samples",
    "train_test_split",
]
