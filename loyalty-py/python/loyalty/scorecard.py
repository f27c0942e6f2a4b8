"""The scorecard: the whole plan in one model, from an order log to one row of scores a customer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from loyalty import _frames, _html, _loyalty
from loyalty._arguments import params_json, seed_of
from loyalty._estimator import Estimator
from loyalty._loyalty import CustomerScore
from loyalty._progress import Progress, listening
from loyalty.churn import LogisticChurn
from loyalty.customers import moment, zone_name
from loyalty.errors import LoyaltyTypeError
from loyalty.kmeans import Candidates, ChooseK, KMeans
from loyalty.metrics import Calibration
from loyalty.rfm import RFM
from loyalty.score import LoyaltyScore

if TYPE_CHECKING:
    from typing import Self

__all__ = ["ChurnQuality", "CustomerScore", "Scorecard"]

#: The columns of an order log, and what they are called unless they are named.
_COLUMNS: dict[str, str | None] = {
    "customer": "customer",
    "time": "time",
    "amount": "amount",
    "order": None,
    "usage": None,
    "feedback": None,
}

#: What a row of scores says of the customer first.
_FIGURES = ("recency_days", "n_purchases", "total_amount", "tenure_days")

_SCORES = (
    "r", "f", "m", "rfm_score", "segment", "loyalty", "tier", "churn_probability", "risk", "cluster", "clv", "action",
)  # fmt: skip


class ChurnQuality(NamedTuple):
    """How a scorecard's churn model did on customers it had not seen.

    Attributes
    ----------
    n_train, n_holdout : int
        Customers it was fitted to for this check, and customers held out.
    churn_rate : float
        The share of those held out who churned.
    roc_auc : float
        The probability that one who churned was given a higher probability than one who stayed; ½ is chance.
    log_loss : float
        The mean negative log-likelihood.
    brier : float
        The mean squared difference of probability and outcome.
    calibration : Calibration
        Predicted and observed rates by quantile of the probability.
    """

    n_train: int
    n_holdout: int
    churn_rate: float
    roc_auc: float
    log_loss: float
    brier: float
    calibration: Calibration


class Scorecard(Estimator):
    """The whole plan in one model: RFM and segment, loyalty and tier, churn and risk, cluster, value, action.

    The churn model is fitted to an earlier moment of the same log and checked on customers it has not seen; clusters
    are named by the rank of their value; the value is what a customer is expected to bring within the horizon; the
    action is that of the first rule for tier and risk. The fitted model holds parameters and no customer.

    Parameters
    ----------
    horizon_days : float, default 180
        How far ahead churn and value look: a customer churns who buys nothing for so long.
    as_of : date, time or text, optional
        The moment of the fit; default the latest order. See :func:`summarize`.
    period : {'day', 'none', 'week', 'month'}, default 'day'
        In what period several orders of a customer are one purchase.
    refunds : {'net', 'ignore', 'refuse'}, default 'net'
        What negative amounts do.
    on_invalid : {'error', 'drop'}, default 'error'
        What rows without an id, a time or an amount do.
    tz : str or tzinfo, optional
        The time zone whose calendar bounds the periods. Default UTC.
    rfm : RFM, optional
        The RFM score; its names of columns are not used. Default ``RFM()``.
    monetary : {'total', 'mean'}, default 'total'
        What stands for money in it.
    normaliser : {'percentile', 'min_max', 'z_score', 'none'}, default 'percentile'
        How behaviours become comparable in the loyalty score.
    weights : mapping, optional
        How much ``recency_days``, ``n_purchases``, ``total_amount``, ``usage`` and ``feedback`` count in it. Default
        0.4 for the first three together, 0.4 and 0.2; what is unknown leaves its weight to the others.
    tiers : mapping, optional
        ``names`` and ``thresholds`` of the loyalty score, as in :class:`LoyaltyScore`.
    churn : LogisticChurn, optional
        The churn model. Default ``LogisticChurn()``.
    holdout_share : float, default 0.25
        The share of customers held out to check it; 0 for no check.
    risks : mapping, optional
        ``names`` and ``thresholds`` of the churn probability. Default low below 1/3, medium below 2/3, else high.
    clusters : ChooseK, optional
        How the number of clusters is chosen. Default ``ChooseK(2, 8, kmeans=KMeans(n_init=10))``.
    discount_rate : float, default 0.1
        Per year, above −1.
    margin : float, default 1.0
        The share of the amounts that is profit.
    actions : sequence of (tier, risk, action), optional
        The rule table, None for any tier or risk; the first that matches counts. Default: win back at high risk,
        otherwise by tier VIP service, trial offers, or asking for feedback.
    random_state : int or None, default None
        The seed of the holdout, the clusters and the silhouette's sample. None is 0, so that two runs agree.
    n_threads : int, optional
        Threads of each call. No result depends on it.
    progress : bool or callable, default False
        True for tqdm bars; a callable is told ``(stage, done, total)`` and stops the work by raising.

    Attributes
    ----------
    rfm_ : RFM
        The fitted RFM part.
    loyalty_ : LoyaltyScore
        The fitted loyalty part.
    churn_ : LogisticChurn
        The fitted churn part; its features are standardised.
    churn_quality_ : ChurnQuality or None
        How it did on its holdout.
    clusters_ : KMeans
        The fitted clusters; their features are standardised.
    cluster_names_ : list of str
        The most valuable first.
    candidates_ : Candidates
        The numbers of clusters that were tried.
    behaviours_ : list of str
        The behaviours that make up the loyalty score.

    See Also
    --------
    summarize : The customer rows behind the scores.

    Examples
    --------
    >>> import loyalty
    >>> log = {"customer": [], "time": [], "amount": []}
    >>> for customer in range(60):
    ...     for order in range((1, 4, 12)[customer % 3]):
    ...         log["customer"].append(customer)
    ...         log["time"].append(np.datetime64("1998-01-01") + customer + 30 * order)
    ...         log["amount"].append(20.0 + customer)
    >>> card = loyalty.Scorecard(horizon_days=90, random_state=7).fit(log)
    >>> len(card.score(log)["tier"])
    60
    >>> one = card.score_one(recency_days=12, n_purchases=8, total_amount=530.5, tenure_days=400)
    >>> one.segment, one.tier, one.risk
    ('Champion', 'high', 'low')
    """

    _core_names: ClassVar[dict[str, str]] = {"random_state": "seed"}
    _not_core: ClassVar[frozenset[str]] = frozenset({"n_threads", "progress"})

    _fitted: _loyalty.FittedScorecard

    def __init__(
        self,
        horizon_days: float = 180.0,
        *,
        as_of: Any = None,
        period: str = "day",
        refunds: str = "net",
        on_invalid: str = "error",
        tz: Any = None,
        rfm: RFM | None = None,
        monetary: str = "total",
        normaliser: str = "percentile",
        weights: Mapping[str, float] | None = None,
        tiers: Mapping[str, Any] | None = None,
        churn: LogisticChurn | None = None,
        holdout_share: float = 0.25,
        risks: Mapping[str, Any] | None = None,
        clusters: ChooseK | None = None,
        discount_rate: float = 0.1,
        margin: float = 1.0,
        actions: Sequence[tuple[str | None, str | None, str]] | None = None,
        random_state: int | np.random.RandomState | np.random.Generator | None = None,
        n_threads: int | None = None,
        progress: Progress = False,
    ) -> None:
        self.horizon_days = horizon_days
        self.as_of = as_of
        self.period = period
        self.refunds = refunds
        self.on_invalid = on_invalid
        self.tz = tz
        self.rfm = rfm
        self.monetary = monetary
        self.normaliser = normaliser
        self.weights = weights
        self.tiers = tiers
        self.churn = churn
        self.holdout_share = holdout_share
        self.risks = risks
        self.clusters = clusters
        self.discount_rate = discount_rate
        self.margin = margin
        self.actions = actions
        self.random_state = random_state
        self.n_threads = n_threads
        self.progress = progress

    @classmethod
    def _model_class(cls) -> type[_loyalty.FittedScorecard]:
        return _loyalty.FittedScorecard

    def _core_params(self) -> dict[str, Any]:
        params = super()._core_params() | {
            "as_of": moment("as_of", self.as_of),
            "tz": zone_name(self.tz),
            "seed": seed_of(self.random_state),
        }
        for name, part in (("rfm", RFM), ("churn", LogisticChurn), ("clusters", ChooseK)):
            value = params[name]
            if value is not None and not isinstance(value, part):
                raise LoyaltyTypeError(f"{name} is {value!r}; it must be a {part.__name__}", argument=name)
            params[name] = None if value is None else value._core_params()
        if self.actions is not None:
            params["actions"] = [_rule(i, rule) for i, rule in enumerate(self.actions)]
        return {name: value for name, value in params.items() if value is not None}

    @classmethod
    def _own_params(cls, core: dict[str, Any]) -> dict[str, Any]:
        clusters = core["clusters"]
        return super()._own_params(core) | {
            "rfm": RFM(**RFM._own_params(core["rfm"])),
            "churn": LogisticChurn(**LogisticChurn._own_params(core["churn"])),
            "clusters": ChooseK(**clusters | {"kmeans": KMeans(**KMeans._own_params(clusters["kmeans"]))}),
            "actions": [(rule["tier"], rule["risk"], rule["action"]) for rule in core["actions"]],
        }

    @classmethod
    def _of_model(cls, fitted: _loyalty.FittedScorecard) -> Self:
        card = cls(**cls._own_params(json.loads(fitted.to_json())["params"]))
        card._fitted = fitted
        return card

    def fit(
        self,
        orders: Any = None,
        y: Any = None,
        *,
        customer: Any = "customer",
        time: Any = "time",
        amount: Any = "amount",
        order: Any = None,
        usage: Any = None,
        feedback: Any = None,
    ) -> Self:
        """Learn all scores from an order log.

        Parameters
        ----------
        orders : frame, optional
            As for :func:`summarize`, of at least three customers, some of whom had bought by one horizon before
            `as_of`.
        y : None
            Ignored.
        customer, time, amount : str or array, default 'customer', 'time', 'amount'
            As for :func:`summarize`. Names are remembered for :meth:`score`.
        order : str or array, optional
            The column of order ids.
        usage : str or array, optional
            A column of amounts of use, such as visits or minutes, summed for each customer; null where none is known.
        feedback : str or array, optional
            A column of ratings, averaged for each customer; null where there is none.

        Returns
        -------
        Scorecard
            Itself, fitted.

        Raises
        ------
        LoyaltyError
            For rows and choices that :func:`summarize` refuses too; ``DEGENERATE`` naming `horizon_days` if the log
            does not reach back beyond the horizon, or all or none of its customers churned within it, and naming
            `holdout_share` if they are too few to check the churn model; ``TOO_FEW_ROWS`` for fewer than three
            customers.
        """
        given = {"customer": customer, "time": time, "amount": amount}
        given |= {"order": order, "usage": usage, "feedback": feedback}
        columns = _frames.Orders(orders, given)
        with columns.explained(), listening(self.progress) as listener:
            params = params_json(self._core_params())
            self._fitted = _loyalty.FittedScorecard.fit(params, columns.native(), self._threads(), listener)
        self._names = {name: None for name, value in given.items() if value is None} | columns.names
        return self

    def score(
        self,
        orders: Any = None,
        y: Any = None,
        *,
        as_of: Any = None,
        **columns: Any,
    ) -> Any:
        """Score each customer of a log.

        Parameters
        ----------
        orders : frame, optional
            The log of the fit or another.
        y : None
            Ignored.
        as_of : date, time or text, optional
            The moment of the scores; default the log's latest order.
        **columns : str or array
            The columns ``customer, time, amount, order, usage, feedback`` as for :meth:`fit`, where they are not those
            of the fit. A scorecard read from a file expects its log to use these names, without the last three.

        Returns
        -------
        frame
            Of the kind of `orders`, in ascending order of ids: the customer, ``recency_days, n_purchases, total_amount,
            tenure_days``, then ``r, f, m, rfm_score, segment, loyalty, tier, churn_probability, risk, cluster, clv,
            action`` (see :class:`CustomerScore`).

        Raises
        ------
        LoyaltyError
            As :func:`summarize`.
        """
        self._check_fitted()
        unknown = set(columns) - set(_COLUMNS)
        if unknown:
            raise LoyaltyTypeError(f"{unknown.pop()} is no column of a log; it must be one of {', '.join(_COLUMNS)}")
        log = _frames.Orders(orders, _COLUMNS | getattr(self, "_names", {}) | columns)
        with log.explained(), listening(self.progress) as listener:
            table, scores = self._fitted.score(log.native(), moment("as_of", as_of), self._threads(), listener)
        rows = {name: table[name] for name in _FIGURES}
        for name in _SCORES:
            found = scores[name]
            rows[name] = _loyalty.Texts(*found) if isinstance(found, tuple) else found
        return log.result.frame(table["ids"], rows)

    def score_one(
        self,
        recency_days: float,
        n_purchases: int,
        total_amount: float,
        tenure_days: float,
        usage: float | None = None,
        feedback: float | None = None,
    ) -> CustomerScore:
        """Score one customer, within microseconds.

        Parameters
        ----------
        recency_days : float
            Days from the last purchase to the moment of the score.
        n_purchases : int
            Number of purchases, at least 1.
        total_amount : float
            Sum of all amounts.
        tenure_days : float
            Days from the first purchase to the moment of the score, at least `recency_days`.
        usage, feedback : float, optional
            Amount of use and mean rating, if known.

        Returns
        -------
        CustomerScore
            With the same bits as :meth:`score` has for such a customer.

        Raises
        ------
        LoyaltyError
            Naming the figure that is not finite, negative, or at odds with another.
        """
        try:
            fitted = self._fitted
        except AttributeError:
            self._check_fitted()
            raise
        return fitted.score_one(recency_days, n_purchases, total_amount, tenure_days, usage, feedback)

    def churn_contributions(self, **customer: float) -> dict[str, float]:
        """Why the churn model gives a customer its probability.

        Parameters
        ----------
        **customer : float
            The figures of :meth:`score_one`.

        Returns
        -------
        dict of str to float
            The share of each feature in the log odds, which with ``churn_.base_value_`` sum to ln(p / (1 − p)).
        """
        self._check_fitted()
        names = self._fitted.churn.feature_names
        return dict(zip(names, self._fitted.churn_contributions(_figures(customer)), strict=True))

    def loyalty_contributions(self, **customer: float) -> dict[str, float]:
        """Where a customer's loyalty score comes from.

        Parameters
        ----------
        **customer : float
            The figures of :meth:`score_one`.

        Returns
        -------
        dict of str to float
            The points of each behaviour, which sum to the score.
        """
        self._check_fitted()
        return dict(zip(self.behaviours_, self._fitted.loyalty_contributions(_figures(customer)), strict=True))

    @property
    def behaviours_(self) -> list[str]:
        """The behaviours that make up the loyalty score."""
        return list(self._part("feature_names"))

    @property
    def rfm_(self) -> RFM:
        """The fitted RFM part."""
        return RFM._of_model(self._part("rfm"))

    @property
    def loyalty_(self) -> LoyaltyScore:
        """The fitted loyalty part."""
        return LoyaltyScore._of_model(self._part("loyalty"))

    @property
    def churn_(self) -> LogisticChurn:
        """The fitted churn part; its features are standardised."""
        return LogisticChurn._of_model(self._part("churn"))

    @property
    def churn_quality_(self) -> ChurnQuality | None:
        """How the churn part did on its holdout."""
        quality = self._part("churn_quality")
        return None if quality is None else ChurnQuality._make((*quality[:6], Calibration(*quality[6])))

    @property
    def clusters_(self) -> KMeans:
        """The fitted clusters; their features are standardised."""
        return KMeans._of_model(self._part("clusters"))

    @property
    def cluster_names_(self) -> list[str]:
        """The clusters' names, the most valuable first."""
        return list(self._part("cluster_names"))

    @property
    def candidates_(self) -> Candidates:
        """The numbers of clusters that were tried."""
        return Candidates.of(self._part("cluster_candidates"))

    def _part(self, name: str) -> Any:
        # An AttributeError, as an attribute has that is there only after the fit.
        self._check_fitted()
        return getattr(self._fitted, name)

    def _tables(self) -> list[_html.Table]:
        tables = [*self.loyalty_._tables(), *self.rfm_._tables()]
        quality = self.churn_quality_
        if quality is not None:
            figures = {name: [value] for name, value in quality._asdict().items() if name != "calibration"}
            tables.append(_html.Table("churn model on customers it had not seen", figures))
            bins = {n: v for n, v in quality.calibration._asdict().items() if n != "expected_calibration_error"}
            tables.append(_html.Table("calibration", bins))
        tables.append(_html.Table(f"{len(self.cluster_names_)} clusters chosen of", self.candidates_._asdict()))
        rules = json.loads(self._fitted.to_json())["params"]["actions"]
        columns = {name: [rule[name] or "any" for rule in rules] for name in ("tier", "risk", "action")}
        return [*tables, _html.Table("actions", columns)]


def _rule(place: int, rule: Any) -> dict[str, Any]:
    try:
        tier, risk, action = (rule[k] for k in ("tier", "risk", "action")) if isinstance(rule, Mapping) else rule
    except (KeyError, TypeError, ValueError):
        raise LoyaltyTypeError(
            f"actions[{place}] is {rule!r}; it must be (tier, risk, action), with None for any", argument="actions"
        ) from None
    return {"tier": tier, "risk": risk, "action": action}


def _figures(customer: Mapping[str, float]) -> tuple[Any, ...]:
    known = (*_FIGURES, "usage", "feedback")
    for name in customer:
        if name not in known:
            raise LoyaltyTypeError(
                f"{name} is no figure of a customer; it must be one of {', '.join(known)}", argument=name
            )
    missing = [name for name in _FIGURES if name not in customer]
    if missing:
        raise LoyaltyTypeError(f"{missing[0]} is missing; it must be given", argument=missing[0])
    return tuple(customer.get(name) for name in known)
