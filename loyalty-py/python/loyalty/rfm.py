"""RFM: recency, frequency and monetary scores, and the segments they name."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from loyalty import _frames, _html, _loyalty, _matrix
from loyalty._compat import TransformerMixin
from loyalty._estimator import Estimator
from loyalty.errors import LoyaltyError

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import NDArray

__all__ = ["RFM", "BinsInUse", "CutPoints"]

_FEATURES = ("recency_days", "frequency", "monetary")
_SCORES = ("r", "f", "m", "rfm_score")


class CutPoints(NamedTuple):
    """The values at which a score changes, ascending.

    Attributes
    ----------
    recency_days, frequency, monetary : array of shape (n_bins - 1,)
        A value above so many of them has one score more; of recency, one less.
    """

    recency_days: NDArray[np.float64]
    frequency: NDArray[np.float64]
    monetary: NDArray[np.float64]


class BinsInUse(NamedTuple):
    """How many different scores the customers of a fit have.

    Attributes
    ----------
    recency_days, frequency, monetary : int
        At most `n_bins`; fewer where quantiles coincide.
    """

    recency_days: int
    frequency: int
    monetary: int


class RFM(TransformerMixin, Estimator):  # type: ignore[misc]
    """Recency, frequency and monetary scores by quantiles, and named segments.

    A score is 1 + the number of cut points below the value; for recency, `n_bins` − that number. Equal values always
    score equally, and a customer of tomorrow is scored with the same cut points.

    Parameters
    ----------
    n_bins : int, default 5
        How many scores each of the three has, 2 to 10.
    cut_points : mapping, optional
        Cut points to use in place of learnt quantiles: ``recency_days``, ``frequency`` and ``monetary``, each with
        ``n_bins - 1`` ascending numbers.
    nested : bool, default False
        Whether frequency is cut within each recency score, and monetary value within each cell of both.
    weights : mapping or three numbers, optional
        What ``recency``, ``frequency`` and ``monetary`` count for in the combined score. Default equal.
    segments : five rows of five names, optional
        The segment of each pair of recency (rows from 1 to 5) and frequency score (columns from 1 to 5). Other `n_bins`
        map to it by ⌈5·score / n_bins⌉. Default the ten usual names, from Hibernating to Champion.
    recency, frequency, monetary : str, default 'recency_days', 'n_purchases', 'total_amount'
        The names of the columns in the rows, those of :func:`summarize`.

    Attributes
    ----------
    cut_points_ : CutPoints
        Learnt or given.
    nested_cut_points_ : tuple of two arrays or None
        Of frequency, a row for each recency score; of monetary value, a row for each cell.
    bins_in_use_ : BinsInUse
        How many different scores the customers of the fit have.
    segment_names_ : list of str
        Each segment once, in the order of the grid.
    n_features_in_ : int
        3.
    feature_names_in_ : array of shape (3,)
        The names of the columns, if the rows had any.

    Notes
    -----
    scikit-learn's checks feed estimators arbitrary columns. This one needs its three and says so by the tag
    ``no_validation``.

    References
    ----------
    A. M. Hughes, Strategic Database Marketing, Probus, 1994. R. J. Hyndman and Y. Fan, "Sample quantiles in statistical
    packages", The American Statistician 50, 1996 (type 7).

    Examples
    --------
    >>> import loyalty
    >>> rows = {"recency_days": [5, 40, 200, 90], "n_purchases": [9, 3, 1, 1], "total_amount": [700, 150, 20, 35]}
    >>> scores = loyalty.RFM().fit(rows).transform(rows)
    >>> scores["rfm"].tolist(), scores["segment"].tolist()
    (['555', '444', '111', '212'], ['Champion', 'Loyal', 'Hibernating', 'Hibernating'])
    """

    _not_core: ClassVar[frozenset[str]] = frozenset({"recency", "frequency", "monetary"})

    _fitted: _loyalty.FittedRfm

    def __init__(
        self,
        n_bins: int = 5,
        *,
        cut_points: Mapping[str, Sequence[float]] | CutPoints | None = None,
        nested: bool = False,
        weights: Mapping[str, float] | Sequence[float] | None = None,
        segments: Sequence[Sequence[str]] | None = None,
        recency: str = "recency_days",
        frequency: str = "n_purchases",
        monetary: str = "total_amount",
    ) -> None:
        self.n_bins = n_bins
        self.cut_points = cut_points
        self.nested = nested
        self.weights = weights
        self.segments = segments
        self.recency = recency
        self.frequency = frequency
        self.monetary = monetary

    @classmethod
    def _model_class(cls) -> type[_loyalty.FittedRfm]:
        return _loyalty.FittedRfm

    def _core_params(self) -> dict[str, Any]:
        params = {name: value for name, value in super()._core_params().items() if value is not None}
        if isinstance(self.cut_points, CutPoints):
            params["cut_points"] = self.cut_points._asdict()
        if self.weights is not None and not isinstance(self.weights, Mapping):
            weights = list(self.weights)
            if len(weights) != 3:
                raise LoyaltyError(f"weights has {len(weights)} numbers; it must have three", argument="weights")
            params["weights"] = dict(zip(("recency", "frequency", "monetary"), weights, strict=True))
        return params

    @contextmanager
    def _naming(self, names: Sequence[str] | None = None) -> Iterator[None]:
        """Errors of the core in terms of the caller's columns."""
        if names is None:
            names = getattr(self, "feature_names_in_", ())
        with _frames.explained(dict(zip(_FEATURES, names, strict=False))):
            yield

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the cut points.

        Parameters
        ----------
        X : frame, or array of shape (n_customers, 3)
            One row a customer, as from :func:`summarize`; of an array the columns are recency, frequency and monetary
            value.
        y : None
            Ignored.

        Returns
        -------
        RFM
            Itself, fitted.

        Raises
        ------
        LoyaltyError
            For a column that is not there, no rows, values that are not finite, and parameters out of range.
        """
        columns, names = self._columns(X)
        with self._fitting(3, names):
            self._fitted = _loyalty.FittedRfm.fit(self._params_json(), *columns)
        self._learn()
        return self

    def _columns(self, X: Any) -> tuple[list[NDArray[np.float64]], list[str] | None]:
        """Recency, frequency and monetary value, and the names of their columns."""
        if _frames.is_frame(X):
            names = {"recency": self.recency, "frequency": self.frequency, "monetary": self.monetary}
            return _frames.floats(X, names), list(names.values())
        values, _ = _matrix.as_matrix(X)
        if values.shape[1] != 3:
            raise LoyaltyError(
                f"X has {values.shape[1]} column(s); it must have three: recency, frequency and monetary value",
                "SHAPE_MISMATCH",
                "X",
            )
        return [np.ascontiguousarray(column) for column in values.T], None

    def _learn(self) -> None:
        cells = self._fitted.nested_cut_points
        cuts = len(self._fitted.cut_points[0])
        self.cut_points_ = CutPoints(*map(np.array, self._fitted.cut_points))
        self.nested_cut_points_ = None if cells is None else tuple(np.array(c).reshape(-1, cuts) for c in cells)
        self.bins_in_use_ = BinsInUse(*self._fitted.bins_in_use)
        self.segment_names_ = list(self._fitted.segment_names)

    def transform(self, X: Any) -> Any:
        """Score customers, those of the fit or others.

        Parameters
        ----------
        X : frame, or array of shape (n_customers, 3)
            As for :meth:`fit`; any number of rows.

        Returns
        -------
        frame or array
            For a frame one of its kind with ``r``, ``f``, ``m`` (1 to `n_bins`, higher is better), ``rfm_score`` (their
            weighted mean), ``rfm`` (the three in a row, as '545') and ``segment``. For an array the first four.
        """
        self._check_fitted()
        columns, names = self._columns(X)
        with self._naming():
            r, f, m, combined, segment = self._fitted.score(*columns)
        if names is None:
            return np.column_stack([r, f, m, combined])
        scores = dict(zip(_SCORES, (r, f, m, combined), strict=True))
        scores["rfm"] = _codes(r, f, m)
        scores["segment"] = _loyalty.Texts(self.segment_names_, segment)
        return _frames.like(X, scores, index=getattr(X, "index", None))

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """The names of the columns of :meth:`transform`.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        array of str
            Six after a fit to a frame, four after a fit to an array.
        """
        texts = ("rfm", "segment") if hasattr(self, "feature_names_in_") else ()
        return np.array([*_SCORES, *texts], dtype=object)

    def _tables(self) -> list[_html.Table]:
        bins = self.cut_points_.recency_days.size + 1
        cuts = {"above": [f"cut point {i + 1}" for i in range(bins - 1)], **self.cut_points_._asdict()}
        used = {"": list(_FEATURES), "scores in use": list(self.bins_in_use_)}
        return [_html.Table("cut points", cuts), _html.Table(f"of {bins} scores", used)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # Its three columns are named; arbitrary ones, which the checks feed, mean nothing to it.
        tags.no_validation = True
        return tags


def _codes(r: NDArray[np.uint8], f: NDArray[np.uint8], m: NDArray[np.uint8]) -> _loyalty.Texts:
    """The three scores of each customer in a row. No score is 0, so that a ten cannot be misread."""
    scores = range(11)
    words = [f"{i}{j}{k}" for i, j, k in itertools.product(scores, repeat=3)]
    return _loyalty.Texts(words, np.ravel_multi_index((r, f, m), (len(scores),) * 3).astype(np.uint32))
