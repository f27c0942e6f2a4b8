"""K-means: customers in groups of similar behaviour."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from loyalty import _html, _loyalty, _matrix
from loyalty._arguments import params_json, seed_of, whole
from loyalty._compat import ClassNamePrefixFeaturesOutMixin, ClusterMixin, TransformerMixin
from loyalty._estimator import Estimator
from loyalty._progress import Progress, listening
from loyalty.errors import ConvergenceWarning, FewDistinctPointsWarning, LoyaltyError, LoyaltyTypeError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from numpy.typing import ArrayLike, NDArray

__all__ = ["Candidates", "ChooseK", "KMeans"]


def _enough_rows(values: NDArray[np.float64], name: str, clusters: Any, extra: int = 0) -> None:
    """Refuses fewer rows than clusters in scikit-learn's words."""
    rows, needed = values.shape[0], whole(name, clusters) + extra
    if rows < needed:
        raise LoyaltyError(
            f"n_samples={rows} should be >= {name}={clusters}{f' + {extra}' if extra else ''}: X has too few rows",
            "TOO_FEW_ROWS",
            "X",
        )


class KMeans(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, Estimator):  # type: ignore[misc]
    """K-means clustering, with scikit-learn's parameters and attributes.

    Lloyd's algorithm makes the inertia, Σᵢ wᵢ·min_c ‖xᵢ − μ_c‖², a local minimum; of several starts the best wins. The
    answer has the same bits at any number of threads, on any CPU, and in Rust and Node. Scale columns in different
    units before, as with :class:`StandardScaler`.

    Parameters
    ----------
    n_clusters : int, default 8
        The number of clusters, at most the number of rows.
    init : {'k-means++', 'random'}, callable or array of shape (n_clusters, n_features), default 'k-means++'
        Where the centroids start: drawn greedily far apart, drawn by weight, or given. A callable is asked as
        ``init(X, n_clusters, random_state=RandomState)`` for each start.
    n_init : 'auto' or int, default 'auto'
        Starts. 'auto' is 10 for 'random' and a callable and 1 otherwise; given centroids start once.
    max_iter : int, default 300
        Iterations of one start at the most.
    tol : float, default 1e-4
        A start has converged if the squared shifts of all centroids sum to at most ``tol`` times the mean variance of
        the columns; at 0 it goes on until no label changes.
    verbose : int, default 0
        Above 0 as ``progress=True``.
    random_state : int, RandomState or None, default None
        The seed of the random choices. None is 0, so that two runs agree.
    copy_x : bool, default True
        Without effect: inputs are never changed.
    algorithm : {'lloyd', 'elkan'}, default 'lloyd'
        Without effect: both have the same answer.
    n_threads : int, optional
        Threads of this call; see :func:`loyalty.set_num_threads`. No result depends on it.
    progress : bool or callable, default False
        True for tqdm bars; a callable is told ``(stage, done, total)`` and stops the fit by raising.

    Attributes
    ----------
    cluster_centers_ : array of shape (n_clusters, n_features)
        The centroids.
    labels_ : array of int32 of shape (n_samples,)
        The cluster of each row of the fit. A model read from a file has none.
    inertia_ : float
        The weighted sum of squared distances to the nearest centroid.
    n_iter_ : int
        Iterations of the winning start.
    converged_ : bool
        Whether it ended before `max_iter`.
    cluster_weights_ : array of shape (n_clusters,)
        The weight of the rows in each cluster, their number without weights.
    n_features_in_ : int
        The number of columns.
    feature_names_in_ : array of shape (n_features_in_,)
        Their names, if X had any.

    Warns
    -----
    FewDistinctPointsWarning
        If some clusters stay empty because X has fewer distinct rows than clusters.
    ConvergenceWarning
        If the winning start ended at `max_iter`.

    References
    ----------
    S. Lloyd, "Least squares quantization in PCM", IEEE Transactions on Information Theory 28, 1982.
    D. Arthur and S. Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007.

    Examples
    --------
    >>> import loyalty
    >>> X = [[1.0, 20.0], [2.0, 22.0], [9.0, 70.0], [8.0, 74.0]]
    >>> model = loyalty.KMeans(n_clusters=2, random_state=7).fit(X)
    >>> model.inertia_
    11.0
    >>> bool(model.predict([[8.5, 71.0]])[0] == model.labels_[2])
    True
    """

    _core_names: ClassVar[dict[str, str]] = {"random_state": "seed"}
    _not_core: ClassVar[frozenset[str]] = frozenset({"verbose", "copy_x", "algorithm", "n_threads", "progress"})
    _sparse: ClassVar[bool] = True

    _fitted: _loyalty.FittedKMeans
    cluster_centers_: NDArray[Any]

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        init: str | ArrayLike | Callable[..., ArrayLike] = "k-means++",
        n_init: int | str = "auto",
        max_iter: int = 300,
        tol: float = 1e-4,
        verbose: int = 0,
        random_state: int | np.random.RandomState | np.random.Generator | None = None,
        copy_x: bool = True,
        algorithm: str = "lloyd",
        n_threads: int | None = None,
        progress: Progress = False,
    ) -> None:
        self.n_clusters = n_clusters
        self.init = init
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.verbose = verbose
        self.random_state = random_state
        self.copy_x = copy_x
        self.algorithm = algorithm
        self.n_threads = n_threads
        self.progress = progress

    @classmethod
    def _model_class(cls) -> type[_loyalty.FittedKMeans]:
        return _loyalty.FittedKMeans

    @classmethod
    def _own_params(cls, core: dict[str, Any]) -> dict[str, Any]:
        params = super()._own_params(core)
        if isinstance(params["init"], list):
            params["init"] = np.asarray(params["init"])
        return params

    def fit(self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Find the clusters.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
            Array, data frame or sparse matrix (which is made dense) of finite numbers.
        y : None
            Ignored.
        sample_weight : array of shape (n_samples,), optional
            Weights, 0 or more; each counts like that many copies of its row.

        Returns
        -------
        KMeans
            Itself, fitted.

        Raises
        ------
        LoyaltyError
            For parameters out of range, fewer rows than clusters, and values that are not finite numbers.
        """
        values, names = _matrix.as_matrix(X, sparse=self._sparse)
        weights = _matrix.sample_weights(sample_weight, values.shape[0])
        _enough_rows(values, "n_clusters", self.n_clusters)
        if self.algorithm not in ("lloyd", "elkan"):
            raise LoyaltyError(
                f"algorithm is {self.algorithm!r}; it must be 'lloyd' or 'elkan'", argument="algorithm"
            )
        with self._fitting(values.shape[1], names), listening(self.progress or bool(self.verbose)) as listener:
            starts = [
                _loyalty.FittedKMeans.fit(params_json(spec), values, weights, names or [], self._threads(), listener)
                for spec in self._specifications(values)
            ]
        self._fitted = min(starts, key=lambda start: start.inertia)
        self._learn()
        self.cluster_centers_ = _matrix.of_precision(self._fitted.centroids, X)
        self.labels_ = self._fitted.labels
        self._warn()
        return self

    def _specifications(self, values: NDArray[np.float64]) -> list[dict[str, Any]]:
        """One specification, or one for each start if a callable gives the centroids."""
        spec, starts = self._core_params(), self._starts()
        if not callable(self.init):
            spec |= {"seed": seed_of(self.random_state), "n_init": starts}
            if not isinstance(self.init, str):
                if starts > 1:
                    warnings.warn(
                        "Explicit initial center position passed: performing only one init in KMeans instead of "
                        f"n_init={starts}.",
                        RuntimeWarning,
                        stacklevel=3,
                    )
                spec |= {"n_init": 1, "init": self._given(self.init, values)}
            return [spec]
        state = self.random_state
        if not isinstance(state, np.random.RandomState):
            state = np.random.RandomState(seed_of(state) % 2**32)
        centres = (self.init(values, self.n_clusters, random_state=state) for _ in range(starts))
        return [spec | {"seed": 0, "n_init": 1, "init": self._given(each, values)} for each in centres]

    def _starts(self) -> int:
        if isinstance(self.n_init, str):
            if self.n_init != "auto":
                raise LoyaltyTypeError(f"n_init is {self.n_init!r}; it must be 'auto' or a number", argument="n_init")
            return 10 if callable(self.init) or (isinstance(self.init, str) and self.init == "random") else 1
        starts = whole("n_init", self.n_init)
        if starts < 1:
            raise LoyaltyError(f"n_init is {starts}; it must be at least 1", argument="n_init")
        return starts

    def _given(self, centres: Any, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Given centroids, refused in scikit-learn's words where they do not fit."""
        given, _ = _matrix.as_matrix(centres, name="init")
        due = {"number of clusters": self.n_clusters, "number of features of the data": values.shape[1]}
        for size, (what, number) in zip(given.shape, due.items(), strict=True):
            if size != number:
                raise LoyaltyError(
                    f"The shape of the initial centers {given.shape} does not match the {what} {number}: init must "
                    "have one row a cluster and one column a feature",
                    "SHAPE_MISMATCH",
                    "init",
                )
        return given

    def _learn(self) -> None:
        fitted = self._fitted
        self.cluster_centers_ = fitted.centroids
        self.inertia_ = fitted.inertia
        self.n_iter_ = fitted.iterations
        self.converged_ = fitted.converged
        self.cluster_weights_ = fitted.cluster_weights

    def _warn(self) -> None:
        used = self._fitted.n_used_clusters
        if used < len(self.cluster_centers_):
            warnings.warn(
                f"Number of distinct clusters ({used}) found smaller than n_clusters ({len(self.cluster_centers_)}). "
                "Possibly due to duplicate points in X.",
                FewDistinctPointsWarning,
                stacklevel=3,
            )
        elif not self._fitted.converged:
            warnings.warn(
                f"K-means ended at max_iter = {self.max_iter} before it converged; more iterations would improve it",
                ConvergenceWarning,
                stacklevel=3,
            )

    @property
    def _n_features_out(self) -> int:
        return len(self.cluster_centers_)

    def predict(self, X: Any) -> NDArray[np.int32]:
        """The cluster of each row, that of the nearest centroid.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
            Rows with the columns of the fit.

        Returns
        -------
        array of int32 of shape (n_samples,)
            Of equally near centroids the first.
        """
        values = self._matrix(X)
        with self._naming():
            return self._fitted.predict(values, self._threads(len(values)))

    def fit_predict(self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None) -> NDArray[np.int32]:
        """Find the clusters and return the one of each row.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
            As for :meth:`fit`.
        y : None
            Ignored.
        sample_weight : array of shape (n_samples,), optional
            As for :meth:`fit`.

        Returns
        -------
        array of int32 of shape (n_samples,)
            `labels_`.
        """
        return self.fit(X, sample_weight=sample_weight).labels_

    def transform(self, X: Any) -> NDArray[Any]:
        """The distance of each row from each centroid.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
            Rows with the columns of the fit.

        Returns
        -------
        array of shape (n_samples, n_clusters)
            Euclidean distances; float32 if X is.
        """
        values = self._matrix(X)
        with self._naming():
            distances = self._fitted.distances(values, self._threads(len(values)))
        return _matrix.of_precision(distances, X)

    def fit_transform(self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None) -> NDArray[Any]:
        """Find the clusters and return the distance of each row from each centroid.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
            As for :meth:`fit`.
        y : None
            Ignored.
        sample_weight : array of shape (n_samples,), optional
            As for :meth:`fit`.

        Returns
        -------
        array of shape (n_samples, n_clusters)
            Euclidean distances.
        """
        return self.fit(X, sample_weight=sample_weight).transform(X)

    def score(self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None) -> float:
        """The negative inertia of rows: higher is better.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
            Rows with the columns of the fit.
        y : None
            Ignored.
        sample_weight : array of shape (n_samples,), optional
            Weights, 0 or more.

        Returns
        -------
        float
            −Σᵢ wᵢ·‖xᵢ − μ‖² over the rows and their nearest centroids.
        """
        values = self._matrix(X)
        weights = _matrix.sample_weights(sample_weight, values.shape[0])
        with self._naming():
            return -self._fitted.inertia_of(values, weights, self._threads())

    def _tables(self) -> list[_html.Table]:
        names = self._fitted.feature_names
        centres = {name: self.cluster_centers_[:, j] for j, name in enumerate(names)}
        clusters = {"cluster": range(len(self.cluster_centers_)), "weight": self.cluster_weights_, **centres}
        fit = {"inertia": [self.inertia_], "iterations": [self.n_iter_], "converged": [str(self.converged_)]}
        return [_html.Table("centroids", clusters), _html.Table("fit", fit)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


class Candidates(NamedTuple):
    """The numbers of clusters that were tried.

    Attributes
    ----------
    k : array of int
        The numbers of clusters, ascending.
    inertia : array of float
        The inertia of each model.
    silhouette : array of float
        The mean silhouette of each model's clusters.
    """

    k: NDArray[np.int64]
    inertia: NDArray[np.float64]
    silhouette: NDArray[np.float64]

    @classmethod
    def of(cls, rows: list[tuple[int, float, float]]) -> Candidates:
        """From rows."""
        k, inertia, silhouette = zip(*rows, strict=True)
        return cls(np.array(k), np.array(inertia), np.array(silhouette))


class ChooseK(Estimator):
    """The number of clusters by silhouette: of all k in a range the best, of several the least.

    Parameters
    ----------
    min_clusters : int, default 2
        The least k.
    max_clusters : int, default 8
        The greatest k, below the number of rows.
    kmeans : KMeans, optional
        How each k is fitted; its own `n_clusters` is not used.
    sample_size : int or None, default 10000
        Rows in the sample for the silhouette, drawn by the seed of `kmeans`; None for all.
    n_threads : int, optional
        Threads of this call. No result depends on it.
    progress : bool or callable, default False
        True for tqdm bars; a callable is told ``(stage, done, total)`` and stops the fit by raising.

    Attributes
    ----------
    k_ : int
        The chosen number of clusters.
    best_estimator_ : KMeans
        The model with that number, fitted.
    candidates_ : Candidates
        All that were tried.
    n_features_in_ : int
        The number of columns.
    feature_names_in_ : array of shape (n_features_in_,)
        Their names, if X had any.

    References
    ----------
    P. J. Rousseeuw, "Silhouettes", Journal of Computational and Applied Mathematics 20, 1987.

    Examples
    --------
    >>> import loyalty
    >>> chosen = loyalty.ChooseK(2, 5).fit([[0.0], [1.0], [10.0], [11.0], [20.0], [21.0]])
    >>> chosen.k_, chosen.best_estimator_.inertia_
    (3, 1.5)
    """

    def __init__(
        self,
        min_clusters: int = 2,
        max_clusters: int = 8,
        *,
        kmeans: KMeans | None = None,
        sample_size: int | None = 10_000,
        n_threads: int | None = None,
        progress: Progress = False,
    ) -> None:
        self.min_clusters = min_clusters
        self.max_clusters = max_clusters
        self.kmeans = kmeans
        self.sample_size = sample_size
        self.n_threads = n_threads
        self.progress = progress

    def _core_params(self) -> dict[str, Any]:
        """The parameters as the core has them."""
        kmeans = KMeans() if self.kmeans is None else self.kmeans
        if not isinstance(kmeans, KMeans):
            raise LoyaltyTypeError(f"kmeans is {kmeans!r}; it must be a KMeans", argument="kmeans")
        if callable(kmeans.init) or not isinstance(kmeans.init, str):
            raise LoyaltyError("init of kmeans is given; it must be 'k-means++' or 'random'", argument="init")
        return {
            "min_clusters": self.min_clusters,
            "max_clusters": self.max_clusters,
            "kmeans": kmeans._specifications(np.empty((0, 0)))[0],
            "sample_size": self.sample_size,
        }

    def fit(self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Fit each number of clusters and choose the best.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
            As for :meth:`KMeans.fit`.
        y : None
            Ignored.
        sample_weight : array of shape (n_samples,), optional
            As for :meth:`KMeans.fit`; in the mean silhouette all rows count the same.

        Returns
        -------
        ChooseK
            Itself, fitted.

        Raises
        ------
        LoyaltyError
            As :meth:`KMeans.fit`.
        """
        values, names = _matrix.as_matrix(X, sparse=self._sparse)
        weights = _matrix.sample_weights(sample_weight, values.shape[0])
        # A silhouette needs one row more than clusters.
        _enough_rows(values, "max_clusters", self.max_clusters, 1)
        with self._fitting(values.shape[1], names), listening(self.progress) as listener:
            params = params_json(self._core_params())
            k, fitted, rows = _loyalty.choose_k(params, values, weights, names or [], self._threads(), listener)
        self._fitted = fitted
        self.k_ = k
        self.candidates_ = Candidates.of(rows)
        self.best_estimator_ = KMeans._of_model(fitted)
        self.best_estimator_.labels_ = fitted.labels
        return self

    def to_json(self, path: Any = None) -> str | None:
        """Write the chosen model as a model file.

        Parameters
        ----------
        path : str or path-like, optional
            The file to write; None returns the text.

        Returns
        -------
        str or None
            The text, unless it went to a file.
        """
        self._check_fitted()
        return self.best_estimator_.to_json(path)

    def _tables(self) -> list[_html.Table]:
        return [_html.Table(f"k = {self.k_} chosen", self.candidates_._asdict()), *self.best_estimator_._tables()]
