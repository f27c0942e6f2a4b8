"""Logistic churn: coefficients against scikit-learn, labels of every kind, inference, explanations."""

from __future__ import annotations

import datetime
import json
import math
import pickle
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

import loyalty
from loyalty import _loyalty

NAMES = ["recency_days", "n_purchases", "total_amount", "complaints"]


def churn_table(rows: int = 600, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Customers, in the units that tables of customers have, and who left."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([
        rng.exponential(60.0, rows).round(),
        1.0 + rng.poisson(4.0, rows),
        rng.lognormal(5.0, 1.0, rows),
        rng.binomial(1, 0.2, rows),
    ])  # fmt: skip
    odds = 0.02 * X[:, 0] - 0.3 * X[:, 1] - 0.001 * X[:, 2] + 0.8 * X[:, 3]
    return X, rng.random(rows) < 1 / (1 + np.exp(-odds))


X, Y = churn_table()
WEIGHTS = np.random.default_rng(2).integers(0, 4, len(Y)).astype(float)


def reference(model: loyalty.LogisticChurn, X: np.ndarray, y: np.ndarray, weights: Any = None) -> tuple[Any, Any]:
    """Coefficients and intercept of scikit-learn's solver for the same objective."""
    l1 = model.l1_ratio > 0
    other = LogisticRegression(
        C=model.C, l1_ratio=model.l1_ratio, class_weight=model.class_weight, fit_intercept=model.fit_intercept,
        solver="saga" if l1 else "newton-cholesky", tol=1e-10, max_iter=100_000, random_state=0,
    ).fit(X, y, sample_weight=weights)  # fmt: skip
    return other.coef_, other.intercept_


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["alike", "weighted"])
@pytest.mark.parametrize("params", [
    {}, {"C": 0.01}, {"C": 100.0}, {"C": math.inf}, {"fit_intercept": False}, {"class_weight": "balanced"},
    {"class_weight": {False: 1.0, True: 2.5}},
], ids=str)  # fmt: skip
def test_coefficients_are_scikit_learn_s(params: dict[str, Any], weights: Any) -> None:
    model = loyalty.LogisticChurn(**params).fit(X, Y, sample_weight=weights)
    coef, intercept = reference(model, X, Y, weights)
    assert_allclose(model.coef_, coef, rtol=1e-7, atol=1e-12)
    assert_allclose(model.intercept_, intercept, rtol=1e-7, atol=1e-12)
    assert model.converged_
    assert model.relative_gradient_ <= 1e-8


@pytest.mark.parametrize("seed", range(5))
def test_coefficients_of_other_tables(seed: int) -> None:
    table, y = churn_table(300 + 40 * seed, seed)
    model = loyalty.LogisticChurn(C=0.3).fit(table, y)
    coef, intercept = reference(model, table, y)
    assert_allclose(model.coef_, coef, rtol=1e-7, atol=1e-12)
    assert_allclose(model.intercept_, intercept, rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("l1_ratio", [0.3, 1.0])
def test_sparse_coefficients_are_scikit_learn_s(l1_ratio: float) -> None:
    scaled = StandardScaler().fit_transform(X)
    model = loyalty.LogisticChurn(C=0.05, l1_ratio=l1_ratio).fit(scaled, Y)
    coef, intercept = reference(model, scaled, Y)
    assert_allclose(model.coef_, coef, rtol=1e-6, atol=1e-8)
    assert_allclose(model.intercept_, intercept, rtol=1e-6, atol=1e-8)
    assert_array_equal(model.coef_ == 0, coef == 0)


def test_inference_solves_the_likelihood_equations() -> None:
    """Standard errors from the information matrix, and figures that follow from them."""
    model = loyalty.LogisticChurn(C=math.inf).fit(X, Y)
    found = model.inference_
    assert found is not None and found.intercept is not None
    design = np.column_stack([X, np.ones(len(X))])
    p = model.predict_proba(X)[:, 1]
    # At the maximum the residuals are orthogonal to every column.
    assert_allclose(design.T @ (Y - p) / np.abs(design).sum(axis=0), 0, atol=1e-9)
    errors = np.sqrt(np.diag(np.linalg.inv(design.T @ (design * (p * (1 - p))[:, np.newaxis]))))
    assert_allclose([*found.standard_errors, found.intercept.standard_error], errors, rtol=1e-7)
    assert_allclose(found.z, model.coef_[0] / errors[:-1], rtol=1e-7)
    assert_allclose(found.p_values, [math.erfc(abs(z) / math.sqrt(2)) for z in found.z], rtol=1e-7)
    assert_allclose(found.confidence_high - model.coef_[0], 1.959963984540054 * errors[:-1], rtol=1e-7)
    assert found.condition >= 1
    assert_allclose(model.log_likelihood_, np.log(np.where(Y, p, 1 - p)).sum(), rtol=1e-12)
    share = Y.mean()
    assert_allclose(model.null_log_likelihood_, len(Y) * (share * np.log(share) + (1 - share) * np.log(1 - share)))
    assert_allclose(model.odds_ratios_, np.exp(model.coef_[0]), rtol=1e-14)
    assert loyalty.LogisticChurn().fit(X, Y).inference_ is None


def test_answers_agree_with_each_other() -> None:
    model = loyalty.LogisticChurn().fit(X, Y)
    odds = model.decision_function(X)
    assert_allclose(odds, X @ model.coef_[0] + model.intercept_[0], rtol=1e-9, atol=1e-12)
    proba = model.predict_proba(X)
    assert_allclose(proba[:, 1], 1 / (1 + np.exp(-odds)), rtol=1e-14)
    assert (proba.sum(axis=1) == 1).all()
    assert_allclose(model.predict_log_proba(X), np.log(proba), rtol=1e-9)
    assert_array_equal(model.predict(X), odds > 0)
    assert model.score(X, Y) == (model.predict(X) == Y).mean()
    assert_allclose(model.contributions(X).sum(axis=1) + model.base_value_, odds, rtol=1e-9, atol=1e-12)
    far = np.array([[1e9, 0.0, 0.0, 0.0], [-1e9, 0.0, 0.0, 0.0]])
    assert np.isfinite(model.predict_log_proba(far)).all()
    assert model.n_iter_.dtype == np.int32 and model.n_iter_.shape == (1,)


# --- Labels ----------------------------------------------------------------------------------------------------------

TEXTS = np.where(Y, "left", "a customer")
KINDS: dict[str, tuple[Any, list[Any]]] = {
    "bool": (Y, [False, True]),
    "list of bool": (Y.tolist(), [False, True]),
    "int": (Y.astype(int), [0, 1]),
    "other ints": (np.where(Y, 7, -3), [-3, 7]),
    "float": (Y.astype(float), [0.0, 1.0]),
    "text": (TEXTS, ["a customer", "left"]),
    "list of text": (TEXTS.tolist(), ["a customer", "left"]),
    "objects": (TEXTS.astype(object), ["a customer", "left"]),
    "pandas": (pd.Series(TEXTS, index=np.arange(len(Y))[::-1]), ["a customer", "left"]),
    "pandas category": (pd.Series(TEXTS, dtype="category"), ["a customer", "left"]),
    "pandas boolean": (pd.Series(Y, dtype="boolean"), [False, True]),
    "pandas Int64": (pd.Series(Y.astype(int), dtype="Int64"), [0, 1]),
    "pandas arrow": (pd.Series(TEXTS, dtype=pd.ArrowDtype(pa.string())), ["a customer", "left"]),
    "Polars": (pl.Series(TEXTS), ["a customer", "left"]),
    "Polars categorical": (pl.Series(TEXTS, dtype=pl.Categorical), ["a customer", "left"]),
    "Polars bool": (pl.Series(Y), [False, True]),
    "pyarrow": (pa.array(TEXTS.tolist()), ["a customer", "left"]),
    "pyarrow chunked": (pa.chunked_array([TEXTS[:100].tolist(), TEXTS[100:].tolist()]), ["a customer", "left"]),
    "pyarrow dictionary": (pa.array(TEXTS.tolist()).dictionary_encode(), ["a customer", "left"]),
    "pyarrow bool": (pa.array(Y), [False, True]),
}


@pytest.mark.parametrize(("y", "classes"), KINDS.values(), ids=KINDS)
def test_labels_of_every_kind(y: Any, classes: list[Any]) -> None:
    model = loyalty.LogisticChurn().fit(X, y)
    assert model.classes_.tolist() == classes
    assert_array_equal(model.coef_, loyalty.LogisticChurn().fit(X, Y).coef_)
    assert set(model.predict(X).tolist()) <= set(classes)
    assert (model.predict(X) == classes[1]).tolist() == (model.decision_function(X) > 0).tolist()
    weighted = loyalty.LogisticChurn(class_weight=dict(zip(classes, [1.0, 3.0], strict=True))).fit(X, y)
    assert_array_equal(weighted.coef_, loyalty.LogisticChurn(class_weight={True: 3.0}).fit(X, Y).coef_)


BAD: dict[str, tuple[Any, str, str]] = {
    "none": (None, "INVALID_PARAMETER", "requires y to be passed"),
    "three": ((np.arange(600) % 3), "INVALID_PARAMETER", r"multiclass.* it has 3 \(0, 1, 2\)"),
    "continuous": (np.linspace(0, 1, 600), "INVALID_VALUE", "Unknown label type: continuous. y in row 1 is 0.0016"),
    "one": (np.ones(600), "DEGENERATE", "one class only, 1.0"),
    "nan": (np.where(Y, np.nan, 0.0), "NON_FINITE", "y in row 3 is nan"),
    "null": ([None, *TEXTS[1:].tolist()], "NON_FINITE", "y in row 0 is None"),
    "NA": (pd.Series([True, pd.NA] * 300, dtype="boolean"), "NON_FINITE", "y in row 1 is "),
    "short": (Y[:-1], "SHAPE_MISMATCH", "y has 599 labels; it must have 600"),
    "table": (np.column_stack([Y, Y]), "SHAPE_MISMATCH", r"should be a 1d array, got an array of shape \(600, 2\)"),
    "mixed": (["a", 1] * 300, "INVALID_TYPE", r"different types \(int, str\)"),
}


@pytest.mark.parametrize(("y", "code", "message"), BAD.values(), ids=BAD)
def test_labels_that_cannot_be(y: Any, code: str, message: str) -> None:
    if code == "NON_FINITE" and isinstance(y, np.ndarray):
        y[:3] = 0.0
        y[3] = np.nan
    with pytest.raises(loyalty.LoyaltyError, match=message) as caught:
        loyalty.LogisticChurn().fit(X, y)
    assert (caught.value.code, caught.value.argument) == (code, "y")


def test_a_column_of_labels_is_taken_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="column-vector y"):
        model = loyalty.LogisticChurn().fit(X, Y[:, np.newaxis])
    assert_array_equal(model.coef_, loyalty.LogisticChurn().fit(X, Y).coef_)


def test_a_failed_fit_leaves_the_model_as_it_was() -> None:
    model = loyalty.LogisticChurn().fit(X, TEXTS)
    before = pickle.dumps(model)
    with pytest.raises(loyalty.LoyaltyError):
        model.set_params(C=-1.0).fit(X, Y)
    assert pickle.dumps(model.set_params(C=1.0)) == before


# --- Warnings and errors ---------------------------------------------------------------------------------------------


def test_separation_is_told() -> None:
    table, y = np.arange(20.0)[:, np.newaxis], np.arange(20) > 9
    with pytest.warns(loyalty.SeparationWarning, match="False and True apart without an error"):
        model = loyalty.LogisticChurn().fit(table, y)
    assert model.separation_risk_
    with pytest.raises(loyalty.LoyaltyError, match="x0") as caught:
        loyalty.LogisticChurn(C=math.inf).fit(table, y)
    assert caught.value.code == "NO_ESTIMATE"


def test_an_early_end_is_told() -> None:
    with pytest.warns(loyalty.ConvergenceWarning, match=r"1 of 1 steps \(max_iter\)"):
        assert not loyalty.LogisticChurn(max_iter=1).fit(X, Y).converged_


def test_constant_features_are_named() -> None:
    frame = pd.DataFrame(X, columns=NAMES).assign(shop=3.0)
    model = loyalty.LogisticChurn().fit(frame, Y)
    assert (model.constant_features_, model.coef_[0, 4]) == (["shop"], 0.0)
    with pytest.raises(loyalty.LoyaltyError, match="shop"):
        loyalty.LogisticChurn(C=math.inf).fit(frame, Y)


@pytest.mark.parametrize(("params", "argument"), [
    ({"C": 0.0}, "C"), ({"C": -math.inf}, "C"), ({"C": "1"}, "C"), ({"l1_ratio": 1.5}, "l1_ratio"),
    ({"class_weight": "even"}, "class_weight"), ({"class_weight": 3}, "class_weight"),
    ({"class_weight": {"left": 2.0}}, "class_weight"), ({"class_weight": {True: 0.0}}, "class_weight"),
    ({"max_iter": 0}, "max_iter"), ({"tol": -1.0}, "tol"), ({"confidence_level": 1.0}, "confidence_level"),
    ({"n_threads": 0}, "n_threads"), ({"progress": 3}, "progress"),
])  # fmt: skip
def test_errors_name_the_parameter(params: dict[str, Any], argument: str) -> None:
    with pytest.raises(loyalty.LoyaltyError, match=argument) as caught:
        loyalty.LogisticChurn(**params).fit(X, Y)
    assert caught.value.argument is not None and caught.value.argument.startswith(argument)


# --- Extremes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", [1e-100, 1e-12, 1e12, 1e100])
def test_units_do_not_matter_without_a_penalty(unit: float) -> None:
    plain, scaled = (loyalty.LogisticChurn(C=math.inf).fit(table, Y) for table in (X, X * unit))
    assert_allclose(scaled.coef_ * unit, plain.coef_, rtol=1e-7)
    assert_allclose(scaled.predict_proba(X[:5] * unit), plain.predict_proba(X[:5]), rtol=1e-9)


def test_an_offset_does_not_matter_without_a_penalty() -> None:
    plain, shifted = (loyalty.LogisticChurn(C=math.inf).fit(table, Y) for table in (X, X + 2.0**30))
    assert_allclose(shifted.coef_, plain.coef_, rtol=1e-6)


def test_one_column_and_two_rows() -> None:
    with pytest.warns(loyalty.SeparationWarning):
        model = loyalty.LogisticChurn().fit([[0.0], [1.0]], ["b", "a"])
    assert model.predict([[0.0], [1.0]]).tolist() == ["b", "a"]
    # The gradient is 0 where the slope w fulfils |w| = ½·(1 − tanh(|w|/4)), and the intercept lies halfway.
    slope = -model.coef_[0, 0]
    assert_allclose(slope, 0.5 * (1 - math.tanh(slope / 4)), rtol=1e-7)
    assert_allclose(model.intercept_[0], slope / 2, rtol=1e-7)


# --- Frames, files, tables -------------------------------------------------------------------------------------------


def test_frames_come_back_in_their_kind() -> None:
    pandas = pd.DataFrame(X, columns=NAMES, index=[f"c{i}" for i in range(len(X))])
    model = loyalty.LogisticChurn().fit(pandas, Y)
    parts = model.contributions(pandas)
    assert parts.index.equals(pandas.index) and parts.columns.tolist() == NAMES
    polars = model.contributions(pl.DataFrame(X, schema=NAMES))
    assert isinstance(polars, pl.DataFrame)
    assert_array_equal(polars.to_numpy(), parts.to_numpy())
    assert isinstance(model.contributions(pa.table(dict(zip(NAMES, X.T, strict=True)))), pa.Table)


@pytest.mark.parametrize("params", [
    {"C": math.inf}, {"C": 0.5, "class_weight": {"a customer": 1.0, "left": 2.0}}, {"class_weight": "balanced"},
], ids=str)  # fmt: skip
def test_model_files_keep_the_bits_but_hold_no_labels(params: dict[str, Any]) -> None:
    model = loyalty.LogisticChurn(**params).fit(pl.DataFrame(X, schema=NAMES), TEXTS)
    text = model.to_json()
    assert text is not None and "left" not in text
    loaded = loyalty.LogisticChurn.from_json(text)
    assert loaded.classes_.tolist() == [False, True]
    assert loaded.feature_names_in_.tolist() == NAMES
    assert loaded.C == model.C
    frame = pl.DataFrame(X, schema=NAMES)
    assert_array_equal(loaded.predict_proba(frame), model.predict_proba(frame))
    assert_array_equal(loaded.predict(frame), model.predict(frame) == "left")
    assert loaded.to_json() == text
    # A loaded model can be fitted again, to labels as it has them.
    assert_array_equal(loaded.fit(frame, Y).coef_, model.coef_)
    pickled = pickle.loads(pickle.dumps(model))
    assert pickled.predict(frame).tolist() == model.predict(frame).tolist()
    assert json.loads(text)["kind"] == "logistic_churn"


def test_the_summary_is_a_table() -> None:
    model = loyalty.LogisticChurn(C=math.inf).fit(pd.DataFrame(X, columns=NAMES), Y)
    summary = model.summary()
    frame = pd.DataFrame(summary)
    assert frame["feature"].tolist() == [*NAMES, "(intercept)"]
    assert frame.columns.tolist() == [
        "feature", "coefficient", "odds_ratio", "standard_error", "z", "p_value", "confidence_low", "confidence_high",
    ]  # fmt: skip
    assert math.isnan(frame["odds_ratio"].iloc[-1])
    assert pl.DataFrame(summary).height == 5
    assert len(repr(summary).splitlines()) == 6
    assert "nan" not in summary._repr_html_() + repr(summary)
    page = model._repr_html_()
    assert "recency_days" in page and "standard_error" in page and "log-likelihood" in page
    assert list(loyalty.LogisticChurn(fit_intercept=False).fit(X, Y).summary()) == [
        "feature", "coefficient", "odds_ratio",
    ]  # fmt: skip


def test_threads_change_no_bit() -> None:
    table, y = churn_table(20_000, 3)
    one, three = (loyalty.LogisticChurn(n_threads=n).fit(table, y) for n in (1, 3))
    assert one.to_json() == three.to_json()
    assert_array_equal(one.decision_function(table), three.decision_function(table))


# --- Labels from the log ---------------------------------------------------------------------------------------------

BOUGHT = ["2024-01-06", "2024-01-31", "2024-01-31T00:00:00.000001", "NaT"]
CHURNED = [False, False, True, True]
DAYS = np.array(BOUGHT, dtype="datetime64[us]")
ZONED = pd.Series(DAYS).dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo")
TIMES: dict[str, Any] = {
    "numpy": DAYS,
    "microseconds": DAYS.astype(np.int64),
    "pandas": pd.Series(DAYS),
    "pandas ns": pd.Series(DAYS).astype("datetime64[ns]"),
    "zoned pandas": ZONED,
    "pandas arrow": pd.Series(DAYS).astype(pd.ArrowDtype(pa.timestamp("us"))),
    "Polars": pl.Series(DAYS),
    "zoned Polars": pl.Series(ZONED),
    "pyarrow": pa.array(DAYS),
    "chunked pyarrow": pa.chunked_array([pa.array(DAYS[:2]), pa.array(DAYS[2:])]),
    "objects": [None if np.isnat(day) else day.item() for day in DAYS],
}


@pytest.mark.parametrize("times", TIMES.values(), ids=TIMES)
@pytest.mark.parametrize("cutoff", [
    np.datetime64("2024-01-01"), datetime.date(2024, 1, 1), pd.Timestamp("2024-01-01"), "2024-01-01",
    datetime.datetime(2024, 1, 1, 9, tzinfo=datetime.timezone(datetime.timedelta(hours=9))), 1_704_067_200_000_000,
], ids=repr)  # fmt: skip
def test_labels_from_the_next_purchase(times: Any, cutoff: Any) -> None:
    assert loyalty.churn.labels(times, cutoff, 30).tolist() == CHURNED


def test_labels_refuse_what_is_no_time() -> None:
    with pytest.raises(loyalty.LoyaltyError, match="next_purchase in row 0 .* must be after the cutoff") as caught:
        loyalty.churn.labels(DAYS, "2024-01-31", 30)
    assert (caught.value.code, caught.value.row) == ("INVALID_VALUE", 0)
    with pytest.raises(loyalty.LoyaltyTypeError, match="next_purchase"):
        loyalty.churn.labels([0.5, 1.5], 0, 30)
    with pytest.raises(loyalty.LoyaltyError, match="horizon_days is 0"):
        loyalty.churn.labels(DAYS, 0, 0)


def test_defaults_are_the_core_s() -> None:
    core = json.loads(_loyalty.default_params("churn"))
    assert loyalty.LogisticChurn()._core_params() == core
