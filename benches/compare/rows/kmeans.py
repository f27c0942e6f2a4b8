"""K-means, beside scikit-learn, oneDAL behind scikit-learn-intelex, and faiss."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import data
import loyalty
import numpy as np
import peers
from row import ANY, Call, Case, Disagreement, Row, Scale, close, number, same

INTELEX, SKLEARN, FAISS = "scikit-learn-intelex", "scikit-learn", "faiss (f32)"


def estimator(peer: str) -> Any:
    """The peer's class, which has scikit-learn's parameters."""
    if peer == INTELEX:
        return peers.intelex().cluster.KMeans
    from sklearn.cluster import KMeans

    return KMeans


def fit(peer: str, x: np.ndarray, k: int, params: dict[str, Any]) -> Call:
    kmeans = estimator(peer)
    return lambda: kmeans(k, **params).fit(x)


def both(x: np.ndarray, k: int, params: dict[str, Any]) -> dict[str, Callable[[], Call]]:
    return {peer: partial(fit, peer, x, k, params) for peer in (INTELEX, SKLEARN)}


def faiss_fit(x: np.ndarray, centres: np.ndarray, iterations: int) -> Call:
    """In f32, without an end by itself. It samples big data unless told otherwise."""
    faiss = peers.faiss()
    x32, centres32 = x.astype(np.float32), centres.astype(np.float32)

    def run() -> Any:
        kmeans = faiss.Kmeans(x.shape[1], len(centres), niter=iterations, max_points_per_centroid=len(x), seed=7)
        kmeans.train(x32, init_centroids=centres32)
        return kmeans

    return run


def given_centres(rows: int, columns: int, k: int, calls: int = 1, iterations: int = 20) -> Callable[[Scale], Case]:
    def prepare(scale: Scale) -> Case:
        x = data.blobs(scale.rows(rows, 40 * k), columns, k)
        centres = x[: k].copy()
        params = {"init": centres, "n_init": 1, "max_iter": iterations, "tol": 0.0}

        def agree(ours: Any, theirs: Any) -> None:
            # What faiss finds in f32 is not compared.
            if hasattr(theirs, "inertia_"):
                if len(x) > 100_000 and not ours.n_iter_ == theirs.n_iter_ == iterations:
                    raise Disagreement(f"{ours.n_iter_} iterations and {theirs.n_iter_}")
                close("inertia", ours.inertia_, theirs.inertia_, 1e-9)
                close("centroids", ours.cluster_centers_, theirs.cluster_centers_, 1e-6, 1e-6)

        return Case(
            ours=lambda n_threads: loyalty.KMeans(k, n_threads=n_threads, **params).fit(x),
            peers=both(x, k, params) | {FAISS: partial(faiss_fit, x, centres, iterations)},
            agree=agree,
            calls=calls,
            unit=x.nbytes,
        )

    return prepare


def restarts(rows: int, columns: int, k: int) -> Callable[[Scale], Case]:
    def prepare(scale: Scale) -> Case:
        x = data.blobs(scale.rows(rows, 40 * k), columns, k)
        params = {"n_init": 10, "max_iter": 300, "tol": 1e-4, "random_state": 7}

        def agree(ours: Any, theirs: Any) -> None:
            # The starts are drawn differently.
            if ours.inertia_ > theirs.inertia_ * (1 + scale.luck):
                raise Disagreement(f"inertia {ours.inertia_}, the peer's {theirs.inertia_}")

        return Case(
            ours=lambda n_threads: loyalty.KMeans(k, n_threads=n_threads, **params).fit(x),
            peers=both(x, k, params),
            agree=agree,
            unit=x.nbytes,
        )

    return prepare


def shop_features(customers: int) -> np.ndarray:
    """What a scorecard clusters: logarithms of recency, number and amount of customers, standardised."""
    rows = loyalty.summarize(data.music_shop(customers))
    columns = [np.log1p(rows["recency_days"]), np.log(rows["n_purchases"]), np.log1p(rows["total_amount"])]
    return loyalty.StandardScaler().fit_transform(np.column_stack(columns))


def choose_k(customers: int, sample: int = 10_000) -> Callable[[Scale], Case]:
    ks = range(2, 9)

    def prepare(scale: Scale) -> Case:
        x = shop_features(scale.rows(customers))
        sample_size = min(sample, len(x))

        def ours(n_threads: int) -> Any:
            kmeans = loyalty.KMeans(n_init=10, random_state=7)
            chosen = loyalty.ChooseK(2, 8, kmeans=kmeans, sample_size=sample_size, n_threads=n_threads).fit(x)
            return chosen.candidates_.inertia, chosen.candidates_.silhouette

        def peer(name: str) -> Call:
            from sklearn.metrics import silhouette_score

            kmeans = estimator(name)

            def run() -> Any:
                fits = [kmeans(k, n_init=10, random_state=7).fit(x) for k in ks]
                scores = [silhouette_score(x, f.labels_, sample_size=sample_size, random_state=7) for f in fits]
                return np.array([f.inertia_ for f in fits]), np.array(scores)

            return run

        def agree(ours: Any, theirs: Any) -> None:
            if np.any(ours[0] > theirs[0] * (1 + scale.luck)):
                raise Disagreement(f"inertia {ours[0]}, the peer's {theirs[0]}")
            close("silhouette", ours[1], theirs[1], 0, 0.05)

        return Case(ours, {name: partial(peer, name) for name in (SKLEARN, INTELEX)}, agree, unit=x.nbytes)

    return prepare


def predict(rows: int, columns: int, k: int, calls: int = 1) -> Callable[[Scale], Case]:
    def prepare(scale: Scale) -> Case:
        known = data.blobs(max(scale.rows(rows), 40 * k), columns, k)
        x = known[: scale.rows(rows)]
        params = {"init": known[:k].copy(), "n_init": 1, "max_iter": 1, "tol": 0.0}
        model = loyalty.KMeans(k, **params).fit(known)

        def ours(n_threads: int) -> Any:
            model.n_threads = n_threads
            return model.predict(x)

        def peer(name: str) -> Call:
            fitted = estimator(name)(k, **params).fit(known)
            return lambda: fitted.predict(x)

        def agree(ours: Any, theirs: Any) -> None:
            same("label", ours, theirs, 1e-6)

        return Case(ours, {name: partial(peer, name) for name in (INTELEX, SKLEARN)}, agree, calls, x.nbytes)

    return prepare


COPY = (1.0, "copies of the input")


def _given(rows: int, columns: int, k: int, intelex: float) -> Row:
    size = f"{number(rows)}×{columns}, k = {k}"
    required = {INTELEX: intelex, SKLEARN: 4.0}
    return Row(f"kmeans/given/{rows}x{columns}/k{k}", "K-means, 20 iterations from given centres", size,
               given_centres(rows, columns, k), required, 1.7, COPY)  # fmt: skip


ROWS = [
    _given(1_000_000, 3, 5, 2.5),
    _given(1_000_000, 8, 8, 2.0),
    _given(200_000, 16, 50, 1.5),
    _given(1_000_000, 32, 20, 1.5),
    Row("kmeans/restarts/1000000x4/k8", "K-means++, 10 restarts to convergence", "1e6×4, k = 8",
        restarts(1_000_000, 4, 8), {INTELEX: 4.0}, 1.7, COPY),
    Row("kmeans/choose/23570x3/k2-8", "choose k of 2 to 8, 10 restarts each, sampled silhouette", "23,570×3",
        choose_k(23_570), {SKLEARN: 20.0}, 1.7),
    Row("kmeans/predict/1000000x8/k8", "K-means predict", "1e6×8, k = 8", predict(1_000_000, 8, 8), {ANY: 2.0}, 0.0),
    Row("kmeans/given/1000x3/k5", "K-means, from given centres", "1,000×3, k = 5",
        given_centres(1000, 3, 5, calls=20), {SKLEARN: 20.0}),
    Row("kmeans/predict/1x8/k8", "K-means predict, one row", "1×8, k = 8",
        predict(1, 8, 8, calls=200), {SKLEARN: 20.0}),
]  # fmt: skip
