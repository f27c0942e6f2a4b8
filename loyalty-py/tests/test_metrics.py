"""Metrics: classes of any kind, results of several parts, splits. The figures are in the conformance vectors."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn.metrics
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

import loyalty
from loyalty import LoyaltyError, LoyaltyTypeError, _loyalty, metrics

TRUTH = ["low", "high", "mid", "high", "low", "mid", "high"]
PREDICTED = ["low", "mid", "mid", "high", "high", "mid", "high"]

ANSWERS = [False, True, False, True, True, False]
SCORES = [0.1, 0.4, 0.35, 0.8, 0.35, 0.2]

TEXTS = {
    "list": list,
    "tuple": tuple,
    "fixed width": np.array,
    "objects": lambda values: np.array(values, dtype=object),
    "variable width": lambda values: np.array(values, dtype=np.dtypes.StringDType()),
    "pandas str": pd.Series,
    "pandas objects": lambda values: pd.Series(values, dtype=object),
    "pandas category": lambda values: pd.Series(values, dtype="category", index=range(5, 5 + len(values))),
    "pandas index": pd.Index,
    "pandas arrow": lambda values: pd.Series(values, dtype=pd.ArrowDtype(pa.string())),
    "Polars": pl.Series,
    "Polars categorical": lambda values: pl.Series(values, dtype=pl.Categorical),
    "pyarrow": pa.array,
    "pyarrow large": lambda values: pa.array(values, type=pa.large_string()),
    "pyarrow view": lambda values: pa.array(values, type=pa.string_view()),
    "pyarrow dictionary": lambda values: pa.array(values).dictionary_encode(),
    "pyarrow chunks": lambda values: pa.chunked_array([values[:2], values[2:]]),
}

TRUTHS = {
    "list": list,
    "NumPy": np.array,
    "int8": lambda values: np.array(values, dtype=np.int8),
    "uint64": lambda values: np.array(values, dtype=np.uint64),
    "float32": lambda values: np.array(values, dtype=np.float32),
    "strided": lambda values: np.repeat(values, 2)[::2],
    "objects": lambda values: np.array(values, dtype=object),
    "pandas": pd.Series,
    "pandas nullable": lambda values: pd.Series(values, dtype="boolean"),
    "pandas Int64": lambda values: pd.Series(values, dtype="Int64"),
    "pandas arrow": lambda values: pd.Series(values, dtype=pd.ArrowDtype(pa.bool_())),
    "Polars": pl.Series,
    "pyarrow": pa.array,
    "pyarrow chunks": lambda values: pa.chunked_array([values[:2], values[2:]]),
}


def fails(argument: str | None, code: str, call: Any, *args: Any, **kwargs: Any) -> LoyaltyError:
    with pytest.raises(LoyaltyError) as caught:
        call(*args, **kwargs)
    assert (caught.value.argument, caught.value.code) == (argument, code), caught.value
    return caught.value


class TestClasses:
    @pytest.mark.parametrize("kind", TEXTS)
    def test_texts_of_every_kind(self, kind: str) -> None:
        truth, predicted = TEXTS[kind](TRUTH), TEXTS[kind](PREDICTED)
        assert metrics.accuracy(truth, predicted) == 5 / 7
        labels, counts = metrics.confusion_matrix(truth, PREDICTED)
        assert labels.tolist() == ["high", "low", "mid"]
        assert counts.tolist() == sklearn.metrics.confusion_matrix(TRUTH, PREDICTED).tolist()

    @pytest.mark.parametrize(
        "classes",
        [
            [3, -1, 7],
            [2**63, 1, 2**63 + 1],
            [0.5, -0.0, 1e300],
            [True, False, True],
            [datetime.date(2024, 1, day) for day in (3, 1, 2)],
            np.array(["2024-01-03", "2024-01-01", "NaT"], "M8[D]")[:2].repeat(2)[:3],
            [Decimal("1.5"), Decimal(1), Decimal(2)],
            [b"b", b"a", b"c"],
        ],
        ids=lambda classes: type(classes[0]).__name__,
    )
    def test_what_can_be_ordered_is_a_class(self, classes: Any) -> None:
        labels, counts = metrics.confusion_matrix(classes, classes)
        assert labels.tolist() == sorted(set(np.asarray(classes).tolist()))
        assert counts.sum() == np.trace(counts) == 3

    def test_numbers_are_compared_as_numbers(self) -> None:
        assert metrics.accuracy([True, False, True], [1, 0, 0]) == 2 / 3
        assert metrics.accuracy([1.0, 2.0], np.array([1, 2], dtype=np.int8)) == 1.0
        # As floats the two would be equal.
        assert metrics.accuracy(np.array([2**53], np.int64), np.array([2**53 + 1], np.uint64)) == 0.0

    def test_long_texts_and_trailing_zeros_are_kept(self) -> None:
        labels, _ = metrics.confusion_matrix(["a", "a\0", "a" * 10_000], ["a", "a", "a"])
        assert labels.tolist() == ["a", "a\0", "a" * 10_000]

    @pytest.mark.parametrize(
        "truth",
        [
            ["a", None],
            ["a", float("nan")],
            [1.0, float("nan")],
            np.array(["2024-01-01", "NaT"], "M8[s]"),
            pd.Series(["a", None]),
            pd.Series([True, None], dtype="boolean"),
            pd.Series([1, None], dtype="Int64"),
            pl.Series([1, None]),
            pl.Series([True, None]),
            pa.array(["a", None]),
            np.ma.array([1, 2], mask=[False, True]),
        ],
        ids=repr,
    )
    def test_a_missing_class(self, truth: Any) -> None:
        error = fails("truth", "INVALID_VALUE", metrics.accuracy, truth, truth)
        assert error.row == 1 and "truth in row 1" in str(error)
        error = fails("truth", "INVALID_VALUE", metrics.roc_auc, truth, [0.1, 0.2])
        assert error.row == 1

    @pytest.mark.parametrize("truth", [None, 3, "abc", {"a": 1}, {1, 2}, object()], ids=repr)
    def test_what_is_no_column(self, truth: Any) -> None:
        fails("truth", "INVALID_TYPE", metrics.accuracy, truth, [1, 2])
        with pytest.raises(TypeError):
            metrics.roc_auc(truth, [0.1, 0.2])

    def test_two_dimensions(self) -> None:
        fails("predicted", "SHAPE_MISMATCH", metrics.accuracy, [1, 2], [[1], [2]])
        fails("truth", "SHAPE_MISMATCH", metrics.brier, pd.DataFrame({"a": [True]}), [0.5])

    def test_classes_of_different_types(self) -> None:
        error = fails("predicted", "INVALID_TYPE", metrics.accuracy, ["1", "2"], [1, 2])
        assert "all numbers or all texts" in str(error)
        fails("predicted", "INVALID_TYPE", metrics.accuracy, [1, 2], [[1], {}])
        assert isinstance(error, LoyaltyTypeError)

    def test_the_core_s_own_errors(self) -> None:
        fails("truth", "TOO_FEW_ROWS", metrics.accuracy, [], [])
        fails("predicted", "SHAPE_MISMATCH", metrics.accuracy, ["a", "b"], ["a"])
        fails("truth", "DEGENERATE", metrics.confusion_matrix, range(5000), range(5000))


class TestAnswers:
    @pytest.mark.parametrize("kind", TRUTHS)
    def test_yes_and_no_of_every_kind(self, kind: str) -> None:
        truth = TRUTHS[kind](ANSWERS)
        assert metrics.roc_auc(truth, SCORES) == metrics.roc_auc(ANSWERS, SCORES)
        assert metrics.log_loss(truth, SCORES) == metrics.log_loss(ANSWERS, SCORES)
        assert metrics.binary_report(truth, truth).recall == 1.0

    @pytest.mark.parametrize("kind", TEXTS)
    def test_pos_label_says_which_is_positive(self, kind: str) -> None:
        truth = TEXTS[kind](["left" if answer else "stayed" for answer in ANSWERS])
        assert metrics.roc_auc(truth, SCORES, pos_label="left") == metrics.roc_auc(ANSWERS, SCORES)
        turned = metrics.roc_auc([not answer for answer in ANSWERS], SCORES)
        assert metrics.roc_auc(truth, SCORES, pos_label="stayed") == turned

    def test_pos_label_of_numbers(self) -> None:
        minus = [1 if answer else -1 for answer in ANSWERS]
        assert metrics.brier(minus, SCORES, pos_label=1) == metrics.brier(ANSWERS, SCORES)
        zero = metrics.brier([not answer for answer in ANSWERS], SCORES)
        assert metrics.brier(ANSWERS, SCORES, pos_label=False) == zero
        assert metrics.brier(ANSWERS, SCORES, pos_label=np.int64(0)) == zero

    def test_one_class_and_its_pos_label(self) -> None:
        assert metrics.log_loss(["no", "no"], [0.5, 0.5], pos_label="yes") == pytest.approx(np.log(2))
        fails("truth", "DEGENERATE", metrics.roc_auc, ["no", "no"], [0.1, 0.2], pos_label="yes")
        fails("truth", "DEGENERATE", metrics.roc_auc, [1, 1], [0.1, 0.2])

    def test_two_classes_without_a_name_for_yes(self) -> None:
        for truth in (["no", "yes"], [1, 2], [-1, 1], ["yes", "yes"]):
            error = fails("pos_label", "INVALID_PARAMETER", metrics.roc_auc, truth, [0.1, 0.2])
            assert repr(truth[0]) in str(error)

    def test_a_pos_label_that_does_not_occur(self) -> None:
        error = fails("pos_label", "INVALID_PARAMETER", metrics.roc_auc, ["a", "b"], [0.1, 0.2], pos_label="c")
        assert "'a' or 'b'" in str(error)

    def test_three_classes(self) -> None:
        error = fails("truth", "INVALID_VALUE", metrics.roc_auc, [0, 1, 1, 2], SCORES[:4])
        assert error.row == 3 and "2, a third class beside 0 and 1" in str(error)
        error = fails("predicted", "INVALID_VALUE", metrics.binary_report, ["a", "b"], ["a", "c"], pos_label="a")
        assert error.row == 1
        error = fails("truth", "INVALID_VALUE", metrics.roc_auc, TRUTH, range(7), pos_label="high")
        assert error.row == 2

    def test_truth_and_prediction_in_different_kinds(self) -> None:
        found = metrics.binary_report(ANSWERS, np.array(ANSWERS, dtype=float))
        assert (found.true_positives, found.true_negatives, found.accuracy) == (3.0, 3.0, 1.0)

    def test_scores_in_two_dimensions(self) -> None:
        fails("score", "SHAPE_MISMATCH", metrics.roc_auc, ANSWERS, np.ones((6, 2)))
        fails("probability", "INVALID_TYPE", metrics.log_loss, ANSWERS, ["a"] * 6)

    @pytest.mark.parametrize("scores", [np.float32, pd.Series, pl.Series, pa.array, pd.Index], ids=str)
    def test_scores_of_every_kind(self, scores: Any) -> None:
        exact = [0.125, 0.5, 0.375, 0.75, 0.375, 0.25]
        assert metrics.roc_auc(ANSWERS, scores(exact)) == metrics.roc_auc(ANSWERS, exact)
        weights = scores([1.0, 2.0, 0.0, 1.0, 1.0, 3.0])
        assert metrics.brier(ANSWERS, exact, sample_weight=weights) == metrics.brier(
            ANSWERS, exact, sample_weight=[1, 2, 0, 1, 1, 3]
        )

    @pytest.mark.parametrize(
        "scores", [pd.Series([0.5, None], dtype="Float64"), pl.Series([0.5, None]), pa.array([0.5, None])], ids=type
    )
    def test_a_null_score_is_named(self, scores: Any) -> None:
        error = fails("score", "NON_FINITE", metrics.roc_auc, [True, False], scores)
        assert error.row == 1


class TestResults:
    def test_curves_unpack_as_scikit_learn_s(self) -> None:
        fpr, tpr, thresholds = metrics.roc_curve(ANSWERS, SCORES)
        theirs = sklearn.metrics.roc_curve(ANSWERS, SCORES, drop_intermediate=False)
        for ours, other in zip((fpr, tpr, thresholds), theirs, strict=True):
            np.testing.assert_allclose(ours, other, rtol=1e-15)
        curve = metrics.precision_recall_curve(ANSWERS, SCORES)
        for ours, other in zip(curve, sklearn.metrics.precision_recall_curve(ANSWERS, SCORES), strict=True):
            np.testing.assert_allclose(ours, other, rtol=1e-15)
        assert curve._fields == ("precision", "recall", "thresholds")

    def test_tables_are_columns(self) -> None:
        table = metrics.lift(ANSWERS, SCORES, 3)
        frame = pd.DataFrame(table._asdict())
        assert frame["count"].sum() == 6 and frame["positives"].sum() == 3
        found = metrics.calibration(ANSWERS, SCORES, 4)
        assert found.count.sum() == 6
        # Signed, so that a difference of two counts may be negative.
        for column in (table.bin, table.count, table.positives, found.count):
            assert column.dtype == np.int64
        gains = metrics.cumulative_gains(ANSWERS, SCORES)
        assert gains.customers[0] == gains.positives[0] == 0 and gains.customers[-1] == gains.positives[-1] == 1

    def test_report(self) -> None:
        report = metrics.classification_report(TRUTH, PREDICTED, sample_weight=2.0)
        assert report.labels.tolist() == ["high", "low", "mid"]
        assert report.support.tolist() == [6.0, 4.0, 4.0]
        assert report.accuracy == 5 / 7
        text = str(report)
        assert all(name in text for name in ("high", "macro average", "weighted average", "accuracy 0.7143"))
        assert len({len(line) for line in text.splitlines()[:4]}) == 1

    def test_numbers_are_python_s(self) -> None:
        for figure in (metrics.roc_auc(ANSWERS, SCORES), metrics.accuracy(TRUTH, PREDICTED)):
            assert type(figure) is float

    @pytest.mark.parametrize(
        "result",
        [
            metrics.confusion_matrix(TRUTH, ["<b>"] * 7),
            metrics.classification_report(TRUTH, ["<b>"] * 7),
            metrics.binary_report(ANSWERS, ANSWERS),
            metrics.calibration(ANSWERS, SCORES, 3),
            metrics.lift(ANSWERS, SCORES, 3),
        ],
        ids=lambda result: type(result).__name__,
    )
    def test_tables_in_jupyter(self, result: Any) -> None:
        shown = result._repr_html_()
        assert "<table>" in shown and "<script" not in shown and "<b>" not in shown

    def test_inputs_stay_as_they_are(self) -> None:
        truth, scores = np.array(ANSWERS), np.array(SCORES)
        truth.flags.writeable = scores.flags.writeable = False
        metrics.roc_auc(truth, scores, sample_weight=scores)
        metrics.calibration(truth, scores, 3, strategy="quantile")

    def test_weights(self) -> None:
        doubled = metrics.accuracy(TRUTH + TRUTH[:1], PREDICTED + PREDICTED[:1])
        assert metrics.accuracy(TRUTH, PREDICTED, sample_weight=[2, 1, 1, 1, 1, 1, 1]) == doubled
        fails("sample_weight", "SHAPE_MISMATCH", metrics.accuracy, TRUTH, PREDICTED, sample_weight=[1.0])
        fails("sample_weight", "INVALID_VALUE", metrics.roc_auc, ANSWERS, SCORES, sample_weight=-1.0)

    def test_bins(self) -> None:
        # The default is the core's.
        core = _loyalty.calibration(np.array(ANSWERS), np.array(SCORES), 3, "{}")
        assert metrics.calibration(ANSWERS, SCORES, 3).mean_predicted.tolist() == core[3].tolist()
        quantile = metrics.calibration(ANSWERS, SCORES, 3, strategy="quantile")
        assert quantile.mean_predicted.tolist() != core[3].tolist()
        fails("n_bins", "INVALID_PARAMETER", metrics.lift, ANSWERS, SCORES, 0)
        fails("n_bins", "INVALID_PARAMETER", metrics.lift, ANSWERS, SCORES, -1)
        fails("n_bins", "INVALID_TYPE", metrics.lift, ANSWERS, SCORES, 2.5)
        fails("strategy", "INVALID_PARAMETER", metrics.calibration, ANSWERS, SCORES, 3, strategy="equal")
        fails("strategy", "INVALID_TYPE", metrics.calibration, ANSWERS, SCORES, 3, strategy=1)


class TestClustering:
    X = np.array([[0.0, 1.0], [1.0, 1.0], [0.5, 0.0], [8.0, 9.0], [9.0, 9.0], [20.0, 1.0]])
    LABELS = np.array(["a", "a", "a", "b", "b", "c"])

    def test_figures_of_scikit_learn(self) -> None:
        assert metrics.silhouette(self.X, self.LABELS) == pytest.approx(
            sklearn.metrics.silhouette_score(self.X, self.LABELS), rel=1e-12
        )
        assert metrics.davies_bouldin(self.X, self.LABELS) == pytest.approx(
            sklearn.metrics.davies_bouldin_score(self.X, self.LABELS), rel=1e-12
        )
        assert metrics.calinski_harabasz(self.X, self.LABELS) == pytest.approx(
            sklearn.metrics.calinski_harabasz_score(self.X, self.LABELS), rel=1e-12
        )

    def test_frames_and_labels_of_other_kinds(self) -> None:
        each = metrics.silhouette_samples(self.X, self.LABELS)
        for X in (pd.DataFrame(self.X, columns=["r", "f"]), pl.DataFrame(self.X), self.X.tolist()):
            assert metrics.silhouette_samples(X, [-1, -1, -1, 4, 4, 5]).tolist() == each.tolist()

    def test_threads_change_no_bit(self) -> None:
        rng = np.random.default_rng(7)
        X, labels = rng.normal(size=(700, 3)), rng.integers(0, 4, 700)
        one = metrics.silhouette_samples(X, labels, n_threads=1)
        assert metrics.silhouette_samples(X, labels, n_threads=3).tobytes() == one.tobytes()
        fails("n_threads", "INVALID_PARAMETER", metrics.silhouette, X, labels, n_threads=0)

    def test_progress(self) -> None:
        class Enough(Exception):
            pass

        def stop(stage: str, done: int, total: int | None) -> None:
            assert stage == "silhouette"
            raise Enough

        rng = np.random.default_rng(7)
        X, labels = rng.normal(size=(20_000, 8)), rng.integers(0, 4, 20_000)
        with pytest.raises(Enough):
            metrics.silhouette(X, labels, progress=stop)

    def test_errors(self) -> None:
        fails("labels", "DEGENERATE", metrics.silhouette, self.X, ["a"] * 6)
        fails("labels", "SHAPE_MISMATCH", metrics.davies_bouldin, self.X, ["a", "b"])
        fails("X", "NON_FINITE", metrics.calinski_harabasz, np.where(self.X == 9, np.nan, self.X), self.LABELS)
        fails("labels", "INVALID_VALUE", metrics.silhouette, self.X, [0, 0, 0, 1, 1, np.nan])


class TestSplits:
    def test_train_test_split(self) -> None:
        train, test = metrics.train_test_split(10, 0.25, random_state=7)
        assert sorted([*train, *test]) == list(range(10))
        assert train.dtype == test.dtype == np.intp
        again = metrics.train_test_split(10, 0.25, random_state=np.int64(7))
        assert again.train.tolist() == train.tolist()
        # None is a seed like any other, so that two runs agree.
        assert metrics.train_test_split(10, 0.25).test.tolist() == metrics.train_test_split(
            10, 0.25, random_state=0
        ).test.tolist()

    @pytest.mark.parametrize("generator", [np.random.RandomState, np.random.default_rng])
    def test_generators_give_the_seed(self, generator: Any) -> None:
        source = generator(3)
        first, second = (metrics.train_test_split(1000, 0.5, random_state=source).test.tolist() for _ in range(2))
        assert first != second
        assert metrics.train_test_split(1000, 0.5, random_state=generator(3)).test.tolist() == first

    @pytest.mark.parametrize("kind", TEXTS)
    def test_stratify_by_texts(self, kind: str) -> None:
        classes = ["no", "no", "yes", "no", "yes", "no", "no", "no"]
        found = metrics.train_test_split(8, 0.5, stratify=TEXTS[kind](classes), random_state=1)
        assert [classes[row] for row in found.test].count("yes") == 1
        # The same rows as with the numbers that the core has.
        codes = [classes[row] == "yes" for row in range(8)]
        assert metrics.train_test_split(8, 0.5, stratify=codes, random_state=1).test.tolist() == found.test.tolist()

    def test_folds_are_a_sequence(self) -> None:
        folds = metrics.k_folds(10, 3, random_state=7)
        assert len(folds) == 3 and repr(folds) == "Folds(n_rows=10, n_splits=3)"
        assert sorted(row for _, test in folds for row in test) == list(range(10))
        for index, (train, test) in enumerate(folds):
            assert sorted([*train, *test]) == list(range(10))
            assert (folds.fold_of_row[test] == index).all()
        assert folds[-1].test.tolist() == folds[2].test.tolist() == folds[1:][1].test.tolist()
        with pytest.raises(IndexError):
            folds[3]

    def test_folds_in_scikit_learn(self) -> None:
        rng = np.random.default_rng(5)
        X = rng.normal(size=(60, 2))
        y = np.where(X[:, 0] + rng.normal(size=60) > 0, "left", "stayed")
        folds = metrics.k_folds(60, 4, stratify=y, random_state=7)
        for model in (LogisticRegression(), loyalty.LogisticChurn()):
            assert len(cross_val_score(model, X, y, cv=folds)) == 4
        frame = pd.DataFrame(X)
        train, test = folds[0]
        assert len(frame.iloc[train]) + len(frame.iloc[test]) == 60

    def test_many_folds_take_no_memory_before_they_are_asked_for(self) -> None:
        folds = metrics.k_folds(100_000, 100_000)
        assert len(folds[5].test) == 1

    def test_errors_name_the_class(self) -> None:
        error = fails("stratify", "DEGENERATE", metrics.train_test_split, 4, 0.5, stratify=["a", "a", "a", "b"])
        assert "class 'b' has a single row" in str(error)
        fails("stratify", "SHAPE_MISMATCH", metrics.k_folds, 4, 2, stratify=["a"])
        fails("stratify", "INVALID_VALUE", metrics.k_folds, 2, 2, stratify=["a", None])

    def test_arguments(self) -> None:
        fails("test_share", "INVALID_PARAMETER", metrics.train_test_split, 10, 1.0)
        fails("test_share", "INVALID_TYPE", metrics.train_test_split, 10, "half")
        fails("n_rows", "TOO_FEW_ROWS", metrics.train_test_split, 1, 0.5)
        fails("n_rows", "INVALID_PARAMETER", metrics.k_folds, -1, 2)
        fails("n_rows", "INVALID_PARAMETER", metrics.k_folds, 2**40, 2)
        fails("n_rows", "INVALID_TYPE", metrics.k_folds, 10.0, 2)
        fails("n_splits", "INVALID_PARAMETER", metrics.k_folds, 10, 11)
        fails("random_state", "INVALID_PARAMETER", metrics.k_folds, 10, 2, random_state=-1)
        fails("random_state", "INVALID_TYPE", metrics.k_folds, 10, 2, random_state="seven")


def test_names() -> None:
    """The functions have the names of the core."""
    native = {name for name in dir(_loyalty) if name in metrics.__all__}
    functions = {name for name in metrics.__all__ if name[0].islower()}
    assert native == functions and len(functions) == 19
