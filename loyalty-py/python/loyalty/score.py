"""The loyalty score: a weighted sum of behaviours on 0 to 100, and its tiers."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from loyalty import _frames, _html, _loyalty, _matrix
from loyalty._compat import TransformerMixin
from loyalty._estimator import Estimator
from loyalty.errors import LoyaltyError

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import NDArray

__all__ = ["LoyaltyScore"]


class LoyaltyScore(TransformerMixin, Estimator):  # type: ignore[misc]
    """A weighted score of behaviours on 0 to 100, and the tiers it falls into.

    Loyalty = 100 · Σ wᵢ·bᵢ / Σ wᵢ, where bᵢ in [0, 1] is behaviour i after its normaliser, as 1 − bᵢ if it is inverted.
    Behaviours are normalised first because they come in different units: the plain mean of 5 purchases, 3000 of money,
    a rating of 4.5 and 5 contacts is 753.625, in which the money is all that is left to see.

    Parameters
    ----------
    weights : mapping of str to float, or sequence of float, optional
        The weight of each behaviour, 0 or more; only the proportions matter. The names are those of the columns, of
        which a frame may have more. Default: all columns, with equal weights.
    normaliser : {'min_max', 'z_score', 'percentile', 'none'} or mapping of str to these, default 'min_max'
        How values come to lie between 0 and 1: by the range of the customers of the fit, by 1/(1 + e^−z) of their
        z-score, by the share of customers below, or not at all, where they must lie there already.
    inverted : collection of str, default ()
        The behaviours of which less is more loyal, as days since the last purchase.
    tiers : mapping, optional
        ``names``, the lowest first, and the ``thresholds`` within 0 to 100 at which each but the first begins. Default
        low below 30, medium below 60, else high.
    missing : {'error', 'renormalise'}, default 'error'
        What to do where a customer lacks a behaviour (NaN): refuse it, or divide the others' weights by their own sum.

    Attributes
    ----------
    behaviours_ : list of str
        The names of the behaviours.
    weights_ : array of shape (n_features_in_,)
        Their weights, summing to 1.
    tier_names_ : list of str
        The tiers, the lowest first.
    normalisations_ : list
        What was learnt of each behaviour, as in a model file.
    n_features_in_ : int
        The number of behaviours.
    feature_names_in_ : array of shape (n_features_in_,)
        Their names, if X had any.

    Examples
    --------
    >>> import loyalty
    >>> X = {"recency_days": [10.0, 60.0, 110.0], "rating": [0.9, 0.4, 0.1]}
    >>> score = loyalty.LoyaltyScore(
    ...     weights={"recency_days": 0.5, "rating": 0.5}, normaliser={"rating": "none"}, inverted=["recency_days"]
    ... ).fit(X)
    >>> score.score(X).tolist(), score.tier(X).tolist()
    ([95.0, 45.0, 5.0], ['high', 'medium', 'low'])
    """

    _core_names: ClassVar[dict[str, str]] = {"weights": "weight"}

    _fitted: _loyalty.FittedLoyaltyScore

    #: What a mapping of normalisers leaves out.
    _NORMALISER: ClassVar[str] = "min_max"

    def __init__(
        self,
        weights: Mapping[str, float] | Sequence[float] | None = None,
        *,
        normaliser: str | Mapping[str, str] = "min_max",
        inverted: Collection[str] = (),
        tiers: Mapping[str, Any] | None = None,
        missing: str = "error",
    ) -> None:
        self.weights = weights
        self.normaliser = normaliser
        self.inverted = inverted
        self.tiers = tiers
        self.missing = missing

    @classmethod
    def purchase_usage_feedback(cls) -> Self:
        """The preset of purchase, usage and feedback with weights 0.4, 0.4 and 0.2.

        Returns
        -------
        LoyaltyScore
            To be fitted to columns of these names.
        """
        return cls(**cls._own_params(json.loads(_loyalty.loyalty_score_preset("purchase_usage_feedback"))))

    @classmethod
    def c_score(cls) -> Self:
        """The preset of equal weights over purchase frequency, amount, interaction and feedback.

        Returns
        -------
        LoyaltyScore
            To be fitted to columns of its names.
        """
        return cls(**cls._own_params(json.loads(_loyalty.loyalty_score_preset("c_score"))))

    @classmethod
    def _model_class(cls) -> type[_loyalty.FittedLoyaltyScore]:
        return _loyalty.FittedLoyaltyScore

    @classmethod
    def _own_params(cls, core: dict[str, Any]) -> dict[str, Any]:
        behaviours = core["behaviours"]
        return {
            "weights": {b["name"]: b["weight"] for b in behaviours},
            "normaliser": {b["name"]: b["normaliser"] for b in behaviours},
            "inverted": [b["name"] for b in behaviours if b["inverted"]],
            "tiers": core["tiers"],
            "missing": core["missing"],
        }

    def _behaviours(self, names: list[str]) -> list[dict[str, Any]]:
        """The core's behaviours for these columns."""
        if self.weights is None:
            weights: list[Any] = [1.0] * len(names)
        else:
            weights = list(self.weights.values() if isinstance(self.weights, Mapping) else self.weights)
        if len(weights) != len(names):
            raise LoyaltyError(
                f"weights has {len(weights)} entries; it must have one for each of the {len(names)} columns of X",
                "SHAPE_MISMATCH",
                "weights",
            )
        normalisers = self.normaliser if isinstance(self.normaliser, Mapping) else dict.fromkeys(names, self.normaliser)
        inverted = [self.inverted] if isinstance(self.inverted, str) else list(self.inverted)
        for argument, known in (("normaliser", normalisers), ("inverted", inverted)):
            unknown = [name for name in known if name not in names]
            if unknown:
                raise LoyaltyError(
                    f"{argument} names {unknown[0]!r}; it must be one of {', '.join(names)}", argument=argument
                )
        return [
            {
                "name": name,
                "weight": weight,
                "normaliser": normalisers.get(name, self._NORMALISER),
                "inverted": name in inverted,
            }
            for name, weight in zip(names, weights, strict=True)
        ]

    def _core_params(self) -> dict[str, Any]:
        params = {"behaviours": self._behaviours(self._names), "missing": self.missing}
        return params if self.tiers is None else params | {"tiers": self.tiers}

    def _values(self, X: Any) -> tuple[NDArray[np.float64], list[str] | None]:
        """The behaviours' columns and their names, of a frame those that have a weight."""
        if isinstance(self.weights, Mapping) and _frames.is_frame(X):
            names = list(self.weights)
            columns = _frames.floats(X, {f"weights[{name!r}]": name for name in names})
            return np.column_stack(columns) if columns else np.empty((0, 0)), names
        return _matrix.as_matrix(X)

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn how each behaviour is normalised.

        Parameters
        ----------
        X : table of shape (n_customers, n_behaviours)
            Array or data frame; NaN where a behaviour is missing.
        y : None
            Ignored.

        Returns
        -------
        LoyaltyScore
            Itself, fitted.

        Raises
        ------
        LoyaltyError
            For weights that do not fit the columns, negative or all 0, values that are not finite, and missing ones
            unless they are allowed.
        """
        values, names = self._values(X)
        given = list(self.weights) if isinstance(self.weights, Mapping) else None
        self._names = names or given or [f"x{i}" for i in range(values.shape[1])]
        with self._fitting(values.shape[1], names):
            self._fitted = _loyalty.FittedLoyaltyScore.fit(self._params_json(), values)
        self._learn()
        return self

    def _learn(self) -> None:
        behaviours = json.loads(self._fitted.to_json())["params"]["behaviours"]
        weights = np.array([b["weight"] for b in behaviours])
        self.behaviours_ = list(self._fitted.feature_names)
        self._names = self.behaviours_
        # By the largest first, so that the sum cannot overflow.
        weights /= weights.max()
        self.weights_ = weights / weights.sum()
        self.tier_names_ = list(self._fitted.tier_names)
        self.normalisations_ = json.loads(self._fitted.normalisations)

    def _later(self, X: Any) -> NDArray[np.float64]:
        self._check_fitted()
        values, names = self._values(X)
        _matrix.checked_names(self, values.shape[1], names)
        return values

    def score(self, X: Any, y: Any = None) -> NDArray[np.float64]:
        """The loyalty score of each customer.

        Parameters
        ----------
        X : table of shape (n_customers, n_behaviours)
            Customers of the fit or others.
        y : None
            Ignored.

        Returns
        -------
        array of shape (n_customers,)
            Within 0 to 100.
        """
        values = self._later(X)
        with self._naming():
            return self._fitted.score(values)

    def tier(self, X: Any) -> NDArray[Any]:
        """The tier of each customer.

        Parameters
        ----------
        X : table of shape (n_customers, n_behaviours)
            Customers of the fit or others.

        Returns
        -------
        array of str of shape (n_customers,)
            Names of tiers.
        """
        values = self._later(X)
        with self._naming():
            return np.array(self.tier_names_, dtype=object)[self._fitted.tier(values)]

    def tier_of(self, score: float) -> str:
        """The tier of a score.

        Parameters
        ----------
        score : float
            Within 0 to 100.

        Returns
        -------
        str
            The name of the tier.
        """
        self._check_fitted()
        return self._fitted.tier_of(score)

    def contributions(self, X: Any) -> Any:
        """The points of each behaviour in each score.

        Parameters
        ----------
        X : table of shape (n_customers, n_behaviours)
            Customers of the fit or others.

        Returns
        -------
        frame or array of shape (n_customers, n_behaviours)
            100 · wᵢ·bᵢ / Σ wᵢ, 0 where the behaviour is missing; a row sums to the score. For a frame one of its kind.
        """
        values = self._later(X)
        with self._naming():
            points = self._fitted.contributions(values)
        if not _frames.is_frame(X):
            return points
        columns = dict(zip(self.behaviours_, points.T, strict=True))
        return _frames.like(X, columns, index=getattr(X, "index", None))

    def transform(self, X: Any) -> NDArray[np.float64]:
        """The loyalty score as a feature of a pipeline.

        Parameters
        ----------
        X : table of shape (n_customers, n_behaviours)
            Customers of the fit or others.

        Returns
        -------
        array of shape (n_customers, 1)
            The scores.
        """
        return self.score(X).reshape(-1, 1)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """The name of the column of :meth:`transform`.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        array of str
            ``loyalty``.
        """
        return np.array(["loyalty"], dtype=object)

    def _tables(self) -> list[_html.Table]:
        inverted = set([self.inverted] if isinstance(self.inverted, str) else self.inverted)
        behaviours = {
            "behaviour": self.behaviours_,
            "weight": self.weights_,
            "normaliser": [_described(n) for n in self.normalisations_],
            "less is better": ["yes" if name in inverted else "" for name in self.behaviours_],
        }
        tiers = json.loads(self._fitted.to_json())["params"]["tiers"]
        begins = {"tier": self.tier_names_, "from score": [0.0, *tiers["thresholds"]]}
        return [_html.Table("behaviours", behaviours), _html.Table("tiers", begins)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing == "renormalise"
        return tags


def _described(normalisation: Any) -> str:
    """What was learnt of a behaviour, in a few words."""
    if isinstance(normalisation, str):
        return normalisation
    ((kind, learnt),) = normalisation.items()
    if kind == "percentile":
        return "percentile"
    figures = (f"{name.replace('_', ' ')} {value:.6g}" for name, value in learnt.items())
    return f"{kind} ({', '.join(figures)})"
