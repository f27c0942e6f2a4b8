"""Predicted classes against true ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from loyalty import _html, _loyalty
from loyalty._matrix import sample_weights
from loyalty.metrics._classes import answers, encoded

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Averages",
    "BinaryReport",
    "ClassificationReport",
    "ConfusionMatrix",
    "accuracy",
    "binary_report",
    "classification_report",
    "confusion_matrix",
]


class ConfusionMatrix(NamedTuple):
    """Counts of rows by true and predicted class.

    Attributes
    ----------
    labels : array of shape (n_classes,)
        The classes that occur among the true or the predicted, ascending.
    counts : array of float of shape (n_classes, n_classes)
        At ``[i, j]`` the number of rows, or their weight, of true class ``labels[i]`` and predicted ``labels[j]``.
    """

    labels: NDArray[Any]
    counts: NDArray[np.float64]

    def _repr_html_(self) -> str:
        columns = {f"predicted {label}": self.counts[:, j] for j, label in enumerate(self.labels.tolist())}
        return _html.page("confusion", [_html.Table("", {"truth": self.labels.tolist(), **columns})])


class Averages(NamedTuple):
    """Means over classes.

    Attributes
    ----------
    precision, recall, f1 : float
        Means of the figures of these names.
    """

    precision: float
    recall: float
    f1: float


class ClassificationReport(NamedTuple):
    """Precision, recall and F1 of each class and over all; ``print`` shows it as a table.

    Attributes
    ----------
    labels : array of shape (n_classes,)
        The classes that occur among the true or the predicted, ascending.
    precision : array of float of shape (n_classes,)
        The share of each class among the rows predicted to be of it; 0 if there are none.
    recall : array of float of shape (n_classes,)
        The share of the rows of each class that were predicted so; 0 if there are none.
    f1 : array of float of shape (n_classes,)
        The harmonic mean of precision and recall; 0 if both are.
    support : array of float of shape (n_classes,)
        The number of rows, or their weight, of each class.
    accuracy : float
        The share of rows predicted right. It is also the micro average of precision, of recall and of F1.
    macro_average : Averages
        The plain means over the classes.
    weighted_average : Averages
        The means over the classes, weighted by their support.
    """

    labels: NDArray[Any]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    support: NDArray[np.float64]
    accuracy: float
    macro_average: Averages
    weighted_average: Averages

    def _rows(self) -> list[tuple[str, float, float, float, float | str]]:
        """The classes, then the averages."""
        figures = zip(self.precision, self.recall, self.f1, self.support, strict=True)
        classes = [(str(label), *row) for label, row in zip(self.labels.tolist(), figures, strict=True)]
        return [*classes, ("macro average", *self.macro_average, ""), ("weighted average", *self.weighted_average, "")]

    def __str__(self) -> str:
        rows = self._rows()
        width = max(len(row[0]) for row in rows)
        lines = [f"{'':{width}}  precision  recall      f1     support"]
        for label, precision, recall, f1, support in rows:
            line = f"{label:{width}}  {precision:9.4f}  {recall:6.4f}  {f1:6.4f}"
            lines.append(line if isinstance(support, str) else f"{line}  {support:10g}")
        return "\n".join([*lines, "", f"accuracy {self.accuracy:.4f}"])

    def _repr_html_(self) -> str:
        names = ("class", "precision", "recall", "f1", "support")
        columns = dict(zip(names, zip(*self._rows(), strict=True), strict=True))
        return _html.page(f"accuracy {self.accuracy:.4f}", [_html.Table("", columns)])


class BinaryReport(NamedTuple):
    """The four counts of a yes-or-no prediction and what is made of them.

    Attributes
    ----------
    true_positives : float
        Rows, or their weight, that are positive and were predicted so.
    false_positives : float
        Those that are negative but were predicted positive.
    false_negatives : float
        Those that are positive but were predicted negative.
    true_negatives : float
        Those that are negative and were predicted so.
    accuracy : float
        The share of rows predicted right.
    precision : float
        The share of true positives among the predicted positives; 0 if there are none.
    recall : float
        The share of the positives that were predicted so; 0 if there are none.
    specificity : float
        The share of the negatives that were predicted so; 0 if there are none.
    f1 : float
        The harmonic mean of precision and recall; 0 if both are.
    """

    true_positives: float
    false_positives: float
    false_negatives: float
    true_negatives: float
    accuracy: float
    precision: float
    recall: float
    specificity: float
    f1: float

    def _repr_html_(self) -> str:
        return _html.of_fields("binary report", self._asdict())


def accuracy(truth: Any, predicted: Any, *, sample_weight: ArrayLike | None = None) -> float:
    """The share of rows predicted right.

    accuracy = Σ wᵢ·[truthᵢ = predictedᵢ] / Σ wᵢ

    Parameters
    ----------
    truth : array of shape (n_samples,)
        The class of each row, of any kind.
    predicted : array of shape (n_samples,)
        The predicted ones.
    sample_weight : array of shape (n_samples,), optional
        Weights, 0 or more, not all 0.

    Returns
    -------
    float
        Within [0, 1].

    Raises
    ------
    LoyaltyError
        No row; lengths that differ; a class that is missing; weights that are no weights.

    Examples
    --------
    >>> import loyalty
    >>> loyalty.metrics.accuracy(["low", "mid", "high", "high"], ["low", "mid", "mid", "high"])
    0.75
    """
    _, (of_truth, of_prediction) = encoded(truth=truth, predicted=predicted)
    return _loyalty.accuracy(of_truth, of_prediction, sample_weights(sample_weight, len(of_truth)))


def confusion_matrix(truth: Any, predicted: Any, *, sample_weight: ArrayLike | None = None) -> ConfusionMatrix:
    """Count rows by true class (rows of the matrix) and predicted class (columns).

    Parameters
    ----------
    truth : array of shape (n_samples,)
        The class of each row, of any kind; at most 4,096 different ones.
    predicted : array of shape (n_samples,)
        The predicted ones.
    sample_weight : array of shape (n_samples,), optional
        Weights, 0 or more, not all 0.

    Returns
    -------
    ConfusionMatrix
        The classes and the counts.

    Raises
    ------
    LoyaltyError
        No row; lengths that differ; a class that is missing; too many classes; weights that are no weights.

    Examples
    --------
    >>> import loyalty
    >>> labels, counts = loyalty.metrics.confusion_matrix([7, 7, 9], [7, 9, 9])
    >>> labels
    array([7, 9])
    >>> counts
    array([[1., 1.],
           [0., 1.]])
    """
    classes, (of_truth, of_prediction) = encoded(truth=truth, predicted=predicted)
    weights = sample_weights(sample_weight, len(of_truth))
    codes, counts = _loyalty.confusion_matrix(of_truth, of_prediction, weights)
    return ConfusionMatrix(classes[codes], counts)


def classification_report(
    truth: Any, predicted: Any, *, sample_weight: ArrayLike | None = None
) -> ClassificationReport:
    """Precision, recall, F1 and support of each class, their averages, and the accuracy.

    precision = TP / (TP + FP), recall = TP / (TP + FN), F1 = 2·TP / (2·TP + FP + FN), each 0 where it would be 0/0, as
    is scikit-learn's default.

    Parameters
    ----------
    truth : array of shape (n_samples,)
        The class of each row, of any kind.
    predicted : array of shape (n_samples,)
        The predicted ones.
    sample_weight : array of shape (n_samples,), optional
        Weights, 0 or more, not all 0.

    Returns
    -------
    ClassificationReport
        Arrays with one figure a class, and the figures over all.

    Raises
    ------
    LoyaltyError
        No row; lengths that differ; a class that is missing; weights that are no weights.

    Examples
    --------
    >>> import loyalty
    >>> report = loyalty.metrics.classification_report(["no", "no", "yes", "yes"], ["no", "yes", "yes", "yes"])
    >>> report.recall
    array([0.5, 1. ])
    >>> print(report)
                      precision  recall      f1     support
    no                   1.0000  0.5000  0.6667           2
    yes                  0.6667  1.0000  0.8000           2
    macro average        0.8333  0.7500  0.7333
    weighted average     0.8333  0.7500  0.7333
    <BLANKLINE>
    accuracy 0.7500
    """
    classes, (of_truth, of_prediction) = encoded(truth=truth, predicted=predicted)
    weights = sample_weights(sample_weight, len(of_truth))
    rows, share, macro, weighted = _loyalty.classification_report(of_truth, of_prediction, weights)
    codes, *figures = zip(*rows, strict=True)
    precision, recall, f1, support = map(np.array, figures)
    averages = Averages(*macro), Averages(*weighted)
    return ClassificationReport(classes[list(codes)], precision, recall, f1, support, share, *averages)


def binary_report(
    truth: Any, predicted: Any, *, sample_weight: ArrayLike | None = None, pos_label: Any = None
) -> BinaryReport:
    """The four counts of a yes-or-no prediction, with accuracy, precision, recall, specificity and F1.

    The formulas are those of :func:`classification_report` for the positive class; specificity = TN / (TN + FP).

    Parameters
    ----------
    truth : array of shape (n_samples,)
        Which rows are positive: bool, 0/1, or any two classes with `pos_label`.
    predicted : array of shape (n_samples,)
        Which were predicted so, in the same classes.
    sample_weight : array of shape (n_samples,), optional
        Weights, 0 or more, not all 0.
    pos_label : object, optional
        The positive class; None is True or 1.

    Returns
    -------
    BinaryReport
        The counts and the figures.

    Raises
    ------
    LoyaltyError
        No row; lengths that differ; more than two classes, or one that is missing; weights that are no weights.

    Examples
    --------
    >>> import loyalty
    >>> report = loyalty.metrics.binary_report([True, True, False, False], [True, False, False, False])
    >>> report.precision, report.recall, report.specificity
    (1.0, 0.5, 1.0)
    """
    of_truth, of_prediction = answers(pos_label, truth=truth, predicted=predicted)
    weights = sample_weights(sample_weight, len(of_truth))
    return BinaryReport(*_loyalty.binary_report(of_truth, of_prediction, weights))
