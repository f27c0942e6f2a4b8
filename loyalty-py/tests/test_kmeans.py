"""K-means: scikit-learn's labels and inertia from the same start, at any scale, and equal bits on any road."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import cluster
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score, silhouette_score

import loyalty
from loyalty import _loyalty

X, TRUTH = make_blobs(400, 3, centers=5, cluster_std=0.7, random_state=4)
START = X[[0, 50, 100, 150, 200]]
WEIGHTS = np.random.default_rng(0).integers(0, 4, len(X)).astype(float)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["alike", "weighted"])
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("algorithm", ["lloyd", "elkan"])
def test_from_given_centres_all_is_scikit_learn_s(weights: Any, seed: int, algorithm: str) -> None:
    start = np.random.default_rng(seed).normal(size=(7, 3)) * 5
    params: dict[str, Any] = {"n_clusters": 7, "init": start, "n_init": 1, "tol": 0, "algorithm": algorithm}
    ours = loyalty.KMeans(**params).fit(X, sample_weight=weights)
    theirs = cluster.KMeans(**params).fit(X, sample_weight=weights)
    assert_array_equal(ours.labels_, theirs.labels_)
    assert_allclose(ours.inertia_, theirs.inertia_, rtol=1e-12)
    assert_allclose(ours.cluster_centers_, theirs.cluster_centers_, rtol=1e-10)
    assert_array_equal(ours.predict(X[::-1]), theirs.predict(X[::-1]))
    assert_allclose(ours.transform(X), theirs.transform(X), rtol=1e-7, atol=1e-9)
    assert_allclose(ours.score(X, sample_weight=weights), theirs.score(X, sample_weight=weights), rtol=1e-10)
    assert ours.labels_.dtype == theirs.labels_.dtype
    assert ours.converged_


def any_rows(X: Any, n_clusters: int, random_state: Any) -> Any:
    return X[random_state.permutation(len(X))[:n_clusters]]


@pytest.mark.parametrize("init", ["k-means++", "random", any_rows])
def test_well_separated_blobs_are_found(init: Any) -> None:
    model = loyalty.KMeans(5, init=init, n_init=10, random_state=3).fit(X)
    assert adjusted_rand_score(TRUTH, model.labels_) == 1
    again = loyalty.KMeans(5, init=init, n_init=10, random_state=3).fit(X)
    assert_array_equal(model.cluster_centers_, again.cluster_centers_)


@pytest.mark.parametrize("unit", [1e-300, 1e-150, 1e150, 1e155, 1e300])
def test_any_scale_has_the_same_labels(unit: float) -> None:
    plain = loyalty.KMeans(5, init=START).fit(X)
    scaled = loyalty.KMeans(5, init=START * unit).fit(X * unit) if unit < 1e154 else None
    if scaled is None:
        # The inertia itself is beyond the floats, which is said.
        with pytest.raises(loyalty.LoyaltyError) as caught:
            loyalty.KMeans(5, init=START * unit).fit(X * unit)
        assert caught.value.code == "DEGENERATE"
    else:
        assert_array_equal(scaled.labels_, plain.labels_)
        assert_allclose(scaled.cluster_centers_ / unit, plain.cluster_centers_, rtol=1e-9)


def test_an_offset_costs_no_label() -> None:
    plain = loyalty.KMeans(5, init=START).fit(X)
    shifted = loyalty.KMeans(5, init=START + 1e12).fit(X + 1e12)
    assert_array_equal(shifted.labels_, plain.labels_)


def test_one_row_and_one_column() -> None:
    model = loyalty.KMeans(1).fit([[4.25]])
    assert (model.cluster_centers_.tolist(), model.inertia_, model.labels_.tolist()) == ([[4.25]], 0.0, [0])
    assert loyalty.KMeans(2, n_init=3).fit([[1.0], [2.0], [9.0]]).inertia_ == 0.5


def test_fewer_distinct_rows_than_clusters() -> None:
    message = r"distinct clusters \(2\) found smaller than n_clusters \(3\)"
    with pytest.warns(loyalty.FewDistinctPointsWarning, match=message):
        model = loyalty.KMeans(3, random_state=0).fit([[1.0], [1.0], [5.0], [5.0]])
    assert model.inertia_ == 0
    assert sorted(model.cluster_weights_) == [0, 2, 2]


@pytest.mark.parametrize("kind", [
    np.asfortranarray, lambda x: x[::-1][::-1], list, pl.DataFrame, pd.DataFrame, sparse.csr_array, sparse.coo_matrix,
])  # fmt: skip
def test_any_table_gives_the_same_bits(kind: Any) -> None:
    model = loyalty.KMeans(5, random_state=1).fit(kind(X))
    assert_array_equal(model.cluster_centers_, loyalty.KMeans(5, random_state=1).fit(X).cluster_centers_)


def test_threads_change_no_bit() -> None:
    models = [loyalty.KMeans(6, random_state=1, n_threads=n).fit(np.tile(X, (60, 1))) for n in (1, 2, 5)]
    assert len({str(model.to_json()) for model in models}) == 1


def test_seeds() -> None:
    def centres(seed: Any) -> list[Any]:
        found: list[Any] = loyalty.KMeans(8, random_state=seed).fit(X).cluster_centers_.tolist()
        return found

    assert centres(None) == centres(0)
    assert centres(np.random.RandomState(5)) == centres(np.random.RandomState(5))
    assert centres(np.random.default_rng(5)) == centres(np.random.default_rng(5))
    assert centres(np.int64(3)) == centres(3)
    assert len({str(centres(seed)) for seed in range(10)}) > 1


def test_the_order_of_rows_and_copies_for_weights_change_no_start() -> None:
    rows = X[:60]
    weights = WEIGHTS[:60].astype(int)
    order = np.random.default_rng(0).permutation(60)
    copies = loyalty.KMeans(6, random_state=1).fit(np.repeat(rows, weights, axis=0))
    weighted = loyalty.KMeans(6, random_state=1).fit(rows[order], sample_weight=weights[order])
    assert_array_equal(copies.predict(rows), weighted.predict(rows))
    assert_allclose(copies.cluster_centers_, weighted.cluster_centers_, rtol=1e-12)


def test_model_files_and_pickles_keep_the_bits() -> None:
    model = loyalty.KMeans(5, init=START).fit(X)
    text = str(model.to_json())
    loaded = loyalty.KMeans.from_json(text)
    for copied in (loaded, pickle.loads(pickle.dumps(model))):
        assert_array_equal(copied.transform(X), model.transform(X))
        assert copied.to_json() == text
    assert not hasattr(loaded, "labels_")
    assert_array_equal(loaded.init, START)
    assert_array_equal(loaded.fit(X).labels_, model.labels_)


@pytest.mark.parametrize(("params", "code", "message"), [
    ({"n_clusters": 0}, "INVALID_PARAMETER", "n_clusters is 0"),
    ({"n_clusters": 2.5}, "INVALID_TYPE", "n_clusters is 2.5; it must be a whole number"),
    ({"n_clusters": 401}, "TOO_FEW_ROWS", "n_samples=400 should be >= n_clusters=401"),
    ({"init": "far"}, "INVALID_PARAMETER", "init is"),
    ({"init": X[:2]}, "SHAPE_MISMATCH", r"centers \(2, 3\) does not match the number of clusters 8"),
    ({"init": X[:8, :2]}, "SHAPE_MISMATCH", r"centers \(8, 2\) does not match the number of features of the data 3"),
    ({"n_init": 0}, "INVALID_PARAMETER", "n_init is 0"),
    ({"n_init": "many"}, "INVALID_TYPE", "n_init is 'many'"),
    ({"max_iter": 0}, "INVALID_PARAMETER", "max_iter is 0"),
    ({"tol": -1.0}, "INVALID_PARAMETER", "tol is -1"),
    ({"algorithm": "full"}, "INVALID_PARAMETER", "algorithm is 'full'"),
    ({"random_state": -1}, "INVALID_PARAMETER", "random_state is -1"),
    ({"random_state": "x"}, "INVALID_TYPE", "random_state is 'x'"),
    ({"n_threads": 0}, "INVALID_PARAMETER", "n_threads is 0"),
])  # fmt: skip
def test_errors_name_the_parameter(params: dict[str, Any], code: str, message: str) -> None:
    with pytest.raises(loyalty.LoyaltyError, match=message) as caught:
        loyalty.KMeans(**params).fit(X)
    assert caught.value.code == code


def test_errors_name_the_row_and_column() -> None:
    frame = pl.DataFrame(X, schema=["recency", "amount", "visits"]).with_columns(amount=pl.Series([*range(399), None]))
    with pytest.raises(loyalty.LoyaltyError, match="X in row 399, column 'amount' is NaN") as caught:
        loyalty.KMeans(2).fit(frame)
    assert (caught.value.row, caught.value.column) == (399, 1)
    with pytest.raises(loyalty.LoyaltyError, match="sample_weight in row 1 is -1"):
        loyalty.KMeans(1).fit([[1.0], [2.0]], sample_weight=[1.0, -1.0])
    with pytest.raises(loyalty.LoyaltyError, match="weights are zero"):
        loyalty.KMeans(1).fit([[1.0], [2.0]], sample_weight=[0.0, 0.0])


def test_more_starts_than_given_centres_are_warned_of() -> None:
    with pytest.warns(RuntimeWarning, match="performing only one init in KMeans instead of n_init=10"):
        loyalty.KMeans(5, init=START, n_init=10).fit(X)


def test_progress_is_told_and_can_stop_the_fit() -> None:
    told: list[tuple[str, int, int | None]] = []
    table = np.random.default_rng(0).normal(size=(200_000, 4))
    with pytest.warns(loyalty.ConvergenceWarning):
        loyalty.KMeans(20, max_iter=20, tol=0, progress=lambda *step: told.append(step)).fit(table)
    assert {stage for stage, _, _ in told} <= {"kmeans_init", "kmeans"}
    assert told

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loyalty.KMeans(20, max_iter=20, tol=0, progress=stop).fit(table)


# --- Choosing k ------------------------------------------------------------------------------------------------------


def test_the_best_silhouette_wins() -> None:
    chosen = loyalty.ChooseK(2, 8, kmeans=loyalty.KMeans(n_init=5, random_state=0)).fit(X)
    assert chosen.k_ == len(chosen.best_estimator_.cluster_centers_) == 5
    assert chosen.candidates_.k.tolist() == list(range(2, 9))
    at = chosen.candidates_.k.tolist().index(5)
    labels = chosen.best_estimator_.labels_
    assert_allclose(chosen.candidates_.silhouette[at], silhouette_score(X, labels), rtol=1e-9)
    assert chosen.candidates_.inertia[at] == chosen.best_estimator_.inertia_
    assert "k = 5 chosen" in chosen._repr_html_()
    assert loyalty.KMeans.from_json(str(chosen.to_json())).predict(X).tolist() == labels.tolist()


def test_choosing_needs_a_row_more_than_clusters() -> None:
    with pytest.raises(loyalty.LoyaltyError, match=r"n_samples=8 should be >= max_clusters=8 \+ 1") as caught:
        loyalty.ChooseK().fit(X[:8])
    assert caught.value.code == "TOO_FEW_ROWS"
    with pytest.raises(loyalty.LoyaltyError, match="init of kmeans is given"):
        loyalty.ChooseK(kmeans=loyalty.KMeans(init=START)).fit(X)


def test_defaults_are_the_core_s() -> None:
    assert loyalty.KMeans()._specifications(X) == [json.loads(_loyalty.default_params("kmeans"))]
    assert loyalty.ChooseK()._core_params() == json.loads(_loyalty.default_params("choose_k"))


@pytest.mark.parametrize(
    ("fit", "argument"),
    [
        (lambda: loyalty.ChooseK(kmeans=3).fit(np.eye(20)), "kmeans"),  # type: ignore[arg-type]
        (lambda: loyalty.KMeans(2, n_threads=2**64).fit(np.eye(3)), "n_threads"),
        (lambda: loyalty.KMeans(2).fit([[10**400, 1], [2, 3]]), "X"),
        (lambda: loyalty.KMeans(2).fit({"a": np.eye(3), "b": np.eye(3)}), "X"),
        (lambda: loyalty.KMeans(2).fit({"a": 1, "b": 2}), "X"),
        (lambda: loyalty.KMeans(2).fit(np.eye(2), sample_weight=[10**400] * 2), "sample_weight"),
    ],
)
def test_odd_arguments_are_refused_by_name(fit: Callable[[], object], argument: str) -> None:
    with pytest.raises(loyalty.LoyaltyError) as refused:
        fit()
    assert refused.value.argument == argument
