"""Scalers: scikit-learn's figures where both are right, and our own where that library's rounding shows."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import preprocessing

import loyalty

X = np.random.default_rng(5).lognormal(size=(60, 3)) * [1.0, 1e3, 1e-3]
PAIRS = [
    (loyalty.StandardScaler(), preprocessing.StandardScaler()),
    (loyalty.StandardScaler(with_mean=False), preprocessing.StandardScaler(with_mean=False)),
    (loyalty.StandardScaler(with_std=False), preprocessing.StandardScaler(with_std=False)),
    (
        loyalty.StandardScaler(with_mean=False, with_std=False),
        preprocessing.StandardScaler(with_mean=False, with_std=False),
    ),
    (loyalty.MinMaxScaler(), preprocessing.MinMaxScaler()),
    (loyalty.MinMaxScaler((-3, 5.5), clip=True), preprocessing.MinMaxScaler((-3, 5.5), clip=True)),
]
each = pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=repr)
both = pytest.mark.parametrize("scaler", [loyalty.StandardScaler(), loyalty.MinMaxScaler()], ids=repr)


def learnt(estimator: Any) -> set[str]:
    return {name for name in vars(estimator) if name.endswith("_") and not name.startswith("_")}


@each
def test_attributes_and_answers_are_scikit_learn_s(ours: Any, theirs: Any) -> None:
    ours, theirs = ours.fit(X), theirs.fit(X)
    assert learnt(ours) == learnt(theirs)
    for name in learnt(ours):
        mine, other = getattr(ours, name), getattr(theirs, name)
        if other is None:
            assert mine is None, name
        else:
            assert_allclose(mine, other, rtol=1e-13, atol=1e-15, err_msg=name)
    later = X[:7] * 1.5 - 0.1
    assert_allclose(ours.transform(later), theirs.transform(later), rtol=1e-12, atol=1e-14)
    assert_allclose(ours.inverse_transform(later), theirs.inverse_transform(later), rtol=1e-12, atol=1e-14)


def test_weights_are_scikit_learn_s() -> None:
    weights = np.arange(60.0) % 4
    ours = loyalty.StandardScaler().fit(X, sample_weight=weights)
    theirs = preprocessing.StandardScaler().fit(X, sample_weight=weights)
    assert ours.mean_ is not None and ours.var_ is not None
    assert_allclose(ours.mean_, theirs.mean_, rtol=1e-13)
    assert_allclose(ours.var_, theirs.var_, rtol=1e-12)
    assert ours.n_samples_seen_ == weights.sum()


@both
def test_a_row_without_weight_does_not_count(scaler: Any) -> None:
    with_outlier = scaler.fit(np.vstack([X, [1e9, -1e9, 7.0]]), sample_weight=[1.0] * 60 + [0.0]).transform(X)
    assert_array_equal(with_outlier, scaler.fit(X).transform(X))


@pytest.mark.parametrize("unit", [1e-300, 1e-150, 1.0, 1e150, 1e300])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_any_scale_and_offset(unit: float, offset: float) -> None:
    column = (np.array([-1.0, 0.0, 1.0]) + offset)[:, np.newaxis] * unit
    assert_allclose(loyalty.StandardScaler().fit_transform(column).ravel() * np.sqrt(2 / 3), [-1, 0, 1], atol=1e-9)
    assert_allclose(loyalty.MinMaxScaler().fit_transform(column).ravel(), [0, 0.5, 1], atol=1e-9)


def test_an_offset_does_not_make_a_column_constant() -> None:
    column = 1e15 + np.array([[-1.0], [1.0]])
    assert loyalty.StandardScaler().fit(column).transform(column).ravel().tolist() == [-1.0, 1.0]
    # Here scikit-learn takes the spread for its own rounding error.
    assert preprocessing.StandardScaler().fit(column).scale_ == [1.0]


@pytest.mark.parametrize("value", [0.0, 0.1, 1e300, 5e-324])
def test_a_constant_column_is_scaled_by_1(value: float) -> None:
    column = np.full((7, 1), value)
    standard, min_max = loyalty.StandardScaler().fit(column), loyalty.MinMaxScaler((2, 3)).fit(column)
    assert standard.scale_ is not None and standard.var_ is not None
    assert (standard.scale_.tolist(), standard.var_.tolist()) == ([1.0], [0.0])
    assert not standard.transform(column).any()
    assert (min_max.transform(column) == 2.0).all()
    assert_array_equal(standard.inverse_transform(standard.transform(column)), column)


def test_the_ends_of_the_floats() -> None:
    column = np.array([[-np.finfo(float).max], [np.finfo(float).max]])
    assert loyalty.MinMaxScaler().fit_transform(column).ravel().tolist() == [0.0, 1.0]
    assert loyalty.StandardScaler().fit_transform(column).ravel().tolist() == [-1.0, 1.0]


@both
def test_one_row_and_one_column(scaler: Any) -> None:
    assert scaler.fit([[3.5]]).transform([[3.5]]).tolist() == [[0.0]]


@both
def test_float32_stays_and_inputs_are_not_changed(scaler: Any) -> None:
    single = X.astype(np.float32)
    before = single.copy()
    assert scaler.fit(single).transform(single).dtype == np.float32
    assert scaler.inverse_transform(single).dtype == np.float32
    assert scaler.transform(X).dtype == np.float64
    assert_array_equal(single, before)


@both
def test_frames_are_named_and_checked(scaler: Any) -> None:
    frame = pl.DataFrame(X, schema=["recency", "amount", "visits"])
    scaler.fit(frame)
    assert scaler.feature_names_in_.tolist() == scaler.get_feature_names_out().tolist() == frame.columns
    assert_array_equal(scaler.transform(frame), scaler.fit(X).transform(X))
    scaler.fit(frame)
    with pytest.raises(loyalty.LoyaltyError, match="same order as they were in fit"):
        scaler.transform(frame.select("amount", "recency", "visits"))
    with pytest.raises(loyalty.LoyaltyError, match="column 'amount' is NaN") as caught:
        scaler.transform(frame.with_columns(amount=pl.Series([np.nan, *range(59)])))
    assert (caught.value.code, caught.value.row, caught.value.column) == ("NON_FINITE", 0, 1)


@each
def test_model_files_and_pickles_keep_the_bits(ours: Any, theirs: Any) -> None:
    ours.fit(X)
    for copied in (type(ours).from_json(ours.to_json()), pickle.loads(pickle.dumps(ours))):
        assert copied.get_params() == ours.get_params()
        assert_array_equal(copied.transform(X), ours.transform(X))
        assert copied.to_json() == ours.to_json()


def test_errors_name_the_parameter() -> None:
    with pytest.raises(loyalty.LoyaltyError, match="feature_range is") as caught:
        loyalty.MinMaxScaler((1, 1)).fit(X)
    assert (caught.value.code, caught.value.argument) == ("INVALID_PARAMETER", "feature_range")
    with pytest.raises(loyalty.LoyaltyTypeError, match="with_mean"):
        loyalty.StandardScaler(with_mean="yes").fit(X)  # type: ignore[arg-type]
    with pytest.raises(loyalty.LoyaltyError, match="2 features, but MinMaxScaler is expecting 3"):
        loyalty.MinMaxScaler().fit(X).transform(X[:, :2])
    with pytest.raises(loyalty.LoyaltyError, match=r"X has 2 column\(s\)"):
        loyalty.MinMaxScaler().fit(X).inverse_transform(X[:, :2])


@both
def test_jupyter_shows_a_table(scaler: Any) -> None:
    assert "<table>" not in type(scaler)()._repr_html_()
    assert "<td" in scaler.fit(X)._repr_html_()
