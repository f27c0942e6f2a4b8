"""Customer lifetime value: what a customer's future, or past, is worth in money of today.

* :func:`discounted`: cash flows period by period, each brought to today's money; :func:`undiscounted`: at face value.
* :func:`retention`: one margin a period, for as long as the customer stays; :func:`retention_rate` from three counts.
* :func:`historic`: average order value × purchases per period × lifespan; :func:`lifespan` from a churn rate.

Money is in any one currency and rates are per period, 0.1 for 10 %. All sums and powers are carried to about 31 digits
and rounded once, so that long horizons and flows that nearly cancel lose nothing. No answer is infinite or NaN: what
lies beyond the range of numbers is an error.

Single numbers stand for all customers and periods; a function given nothing but single numbers answers with one. Of
pandas' frames and series the answer is a series with their index, and all that are given must have the same index; of
anything else it is an array in the order of the rows.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty import _loyalty
from loyalty._arguments import count, params_json, whole
from loyalty._matrix import as_matrix, as_vector
from loyalty.errors import LoyaltyError, LoyaltyTypeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = [
    "discounted",
    "historic",
    "lifespan",
    "margin_multiple",
    "retention",
    "retention_rate",
    "undiscounted",
]


def discounted(
    revenue: Any,
    *,
    discount_rate: float,
    cost: Any = 0.0,
    acquisition_cost: Any = 0.0,
    timing: str | float = "end",
) -> Any:
    """The discounted lifetime value of each customer.

    CLV = Σ (Rₜ − Cₜ)·(1 + r)^−t − acquisition cost, t = 1..n at the ends of the periods; `timing` has other choices.

    For 1000, 800 and 600 at 10 % this is **2021.0368** (a source of the formula prints 2366.67). And 1000 in each of
    five periods at 10 %, the sum divided once more by 1.1, less 50, is **3396.17** (printed: 3314.55): the further
    division makes it an offset of 2 and no longer the ends of the periods.

    Parameters
    ----------
    revenue : table of shape (n_customers, n_periods)
        Money R, any finite amounts; one row a customer, one column a period.
    discount_rate : float
        The rate r per period, above −1.
    cost : float or table of shape (n_customers, n_periods), default 0.0
        Money C, to serve the customer in each period.
    acquisition_cost : float or array of shape (n_customers,), default 0.0
        To win the customer, today and once.
    timing : {'end', 'mid', 'start'} or float, default 'end'
        When in its period a flow falls due: t, t − ½ or t − 1 periods away. A number says how many periods the first
        flow is away, between −10⁶ and 10⁶, and each further one a period more: 'end' is 1.0.

    Returns
    -------
    array of float of shape (n_customers,)
        In money of today; a pandas Series with the index of a pandas `revenue`. Without periods it is minus the
        acquisition cost.

    Raises
    ------
    LoyaltyError
        ``INVALID_PARAMETER`` for a rate of −1 or less, or an offset beyond its range; ``SHAPE_MISMATCH`` if costs do
        not fit `revenue`; ``NON_FINITE`` for NaN and infinities; ``INVALID_VALUE``, with the row, if a value lies
        beyond the range of numbers.

    References
    ----------
    S. Gupta et al., "Modeling customer lifetime value", Journal of Service Research 9, 2006, equation 1, with the
    probability of being alive at 1.

    Examples
    --------
    >>> import loyalty
    >>> loyalty.clv.discounted([[1000, 800, 600], [200, 200, 200]], discount_rate=0.1).round(4)
    array([2021.0368,  497.3704])
    >>> five = [[1000, 1000, 1000, 1000, 1000]]
    >>> loyalty.clv.discounted(five, discount_rate=0.1, acquisition_cost=50.0, timing=2).round(2)
    array([3396.17])
    """
    when = timing if isinstance(timing, str) else {"offset": _offset(timing)}
    params = params_json({"discount_rate": discount_rate, "timing": when})
    flows, costs = _flows(revenue, cost, acquisition_cost)
    return _like([revenue], "clv", _loyalty.clv_discounted(params, flows, *costs))


def undiscounted(revenue: Any, *, cost: Any = 0.0, acquisition_cost: Any = 0.0) -> Any:
    """The lifetime value of each customer at face value.

    CLV = Σ (Rₜ − Cₜ) − acquisition cost: :func:`discounted` at a rate of 0.

    Parameters
    ----------
    revenue : table of shape (n_customers, n_periods)
        Money R, any finite amounts; one row a customer, one column a period.
    cost : float or table of shape (n_customers, n_periods), default 0.0
        Money C, to serve the customer in each period.
    acquisition_cost : float or array of shape (n_customers,), default 0.0
        To win the customer, once.

    Returns
    -------
    array of float of shape (n_customers,)
        In money; a pandas Series with the index of a pandas `revenue`.

    Raises
    ------
    LoyaltyError
        As :func:`discounted`.

    Examples
    --------
    >>> import loyalty
    >>> loyalty.clv.undiscounted([[1000, 800, 600]], cost=100.0)
    array([2100.])
    """
    flows, costs = _flows(revenue, cost, acquisition_cost)
    return _like([revenue], "clv", _loyalty.clv_undiscounted(flows, *costs))


def historic(average_order_value: Any, purchases_per_period: Any, lifespan_periods: Any) -> Any:
    """The lifetime value of each customer from habits of the past.

    CLV = average order value × purchases per period × lifespan.

    Parameters
    ----------
    average_order_value : float or array of shape (n_customers,)
        In money, any finite amount; the margin of the average order for a value in margin instead of revenue.
    purchases_per_period : float or array of shape (n_customers,)
        0 or more.
    lifespan_periods : float or array of shape (n_customers,)
        0 or more, in the same periods.

    Returns
    -------
    float or array of float of shape (n_customers,)
        In money; a pandas Series with the index of a pandas argument.

    Raises
    ------
    LoyaltyError
        ``SHAPE_MISMATCH`` if the lengths differ; ``NON_FINITE`` for NaN and infinities; ``INVALID_VALUE``, with the
        row, for a negative rate or lifespan, and for a value beyond the range of numbers.

    Examples
    --------
    >>> import loyalty
    >>> loyalty.clv.historic(50, 4, 3)
    600.0
    >>> loyalty.clv.historic([50, 80], [4, 1.5], 3)
    array([600., 360.])
    """
    given = {
        "average_order_value": average_order_value,
        "purchases_per_period": purchases_per_period,
        "lifespan_periods": lifespan_periods,
    }
    _same_index(given)
    values = {name: _number_or_vector(name, value) for name, value in given.items()}
    # The core has one number a customer; a single one stands for all.
    rows = next((len(v) for v in values.values() if not isinstance(v, float)), None)
    each = [np.full(1 if rows is None else rows, v) if isinstance(v, float) else v for v in values.values()]
    found = _loyalty.clv_historic(*each)
    return float(found[0]) if rows is None else _like(given.values(), "clv", found)


def lifespan(churn_rate: Any) -> Any:
    """The expected lifespan of each customer, in periods.

    lifespan = 1 / churn rate: the mean number of periods until the customer leaves, if in each of them the same share
    of customers leaves.

    Parameters
    ----------
    churn_rate : float or array of shape (n_customers,)
        Per period, above 0 and at most 1.

    Returns
    -------
    float or array of float of shape (n_customers,)
        Periods; a pandas Series with the index of a pandas `churn_rate`.

    Raises
    ------
    LoyaltyError
        ``NON_FINITE`` for NaN and infinities; ``INVALID_VALUE``, with the row, for a churn rate outside its range, or
        so small that the lifespan lies beyond the range of numbers.

    Examples
    --------
    >>> import loyalty
    >>> loyalty.clv.lifespan(0.25)
    4.0
    >>> loyalty.clv.lifespan([0.25, 1.0])
    array([4., 1.])
    """
    rate = _number_or_vector("churn_rate", churn_rate)
    if isinstance(rate, float):
        return float(_loyalty.clv_lifespan(np.array([rate]))[0])
    return _like([churn_rate], "lifespan_periods", _loyalty.clv_lifespan(rate))


def retention(
    margin: Any,
    retention_rate: Any,
    *,
    discount_rate: float,
    acquisition_cost: Any = 0.0,
    horizon: int | None = None,
    first_margin: str = "next_period",
) -> Any:
    """The lifetime value of each customer from a margin per period and a retention rate.

    CLV = m · Σ (ρ / (1 + d))^t − acquisition cost. With q = ρ/(1 + d), the sum has a closed form:

    ========================  ==================  ===================
    first margin              n margins           no limit
    ========================  ==================  ===================
    'next_period' (t = 1..n)  q·(1 − qⁿ)/(1 − q)  ρ/(1 + d − ρ)
    'now' (t = 0..n−1)        (1 − qⁿ)/(1 − q)    (1 + d)/(1 + d − ρ)
    ========================  ==================  ===================

    Parameters
    ----------
    margin : float or array of shape (n_customers,)
        The margin m, in money per period, any finite amount.
    retention_rate : float or array of shape (n_customers,)
        The share ρ of customers who stay from one period to the next, within [0, 1].
    discount_rate : float
        The rate d per period, above −1.
    acquisition_cost : float or array of shape (n_customers,), default 0.0
        To win the customer, today and once.
    horizon : int or None, default None
        How many margins a customer may bring, at least 1; None is no limit.
    first_margin : {'next_period', 'now'}, default 'next_period'
        When the first margin comes: after one period, if the customer is still there, or now, for certain.

    Returns
    -------
    float or array of float of shape (n_customers,)
        In money of today; a pandas Series with the index of a pandas argument.

    Raises
    ------
    LoyaltyError
        ``INVALID_PARAMETER`` for a discount rate of −1 or less or a horizon of 0; for a retention rate outside [0, 1],
        or of 1 + d or more without limit, where the sum does not converge, the same or, of one customer,
        ``INVALID_VALUE`` with the row; ``SHAPE_MISMATCH`` if the lengths differ; ``NON_FINITE`` for NaN and infinities;
        ``INVALID_VALUE`` if a value lies beyond the range of numbers.

    See Also
    --------
    margin_multiple : The sum alone.

    References
    ----------
    S. Gupta and D. R. Lehmann, "Customers as assets", Journal of Interactive Marketing 17, 2003: its margin multiple is
    that without limit.
    P. D. Berger and N. I. Nasr, "Customer lifetime value: marketing models and applications", Journal of Interactive
    Marketing 12, 1998: finite horizons.

    Examples
    --------
    >>> import loyalty
    >>> loyalty.clv.retention(100, 0.75, discount_rate=0.25, acquisition_cost=30)
    120.0
    >>> loyalty.clv.retention([100, 200], 0.75, discount_rate=0.25, acquisition_cost=30, first_margin="now")
    array([220., 470.])
    >>> loyalty.clv.retention(100, 0.75, discount_rate=0.25, acquisition_cost=30, horizon=2)
    66.0
    """
    given = {"margin": margin, "retention_rate": retention_rate, "acquisition_cost": acquisition_cost}
    _same_index(given)
    margins, rate, cost = (_number_or_vector(name, value) for name, value in given.items())
    params = _terms(discount_rate, horizon, first_margin)
    if not isinstance(margins, float):
        return _like(given.values(), "clv", _loyalty.clv_retention(params, margins, rate, cost))
    rows = next((len(v) for v in (rate, cost) if not isinstance(v, float)), None)
    found = _loyalty.clv_retention(params, np.full(1 if rows is None else rows, margins), rate, cost)
    return float(found[0]) if rows is None else _like(given.values(), "clv", found)


def margin_multiple(
    retention_rate: float,
    *,
    discount_rate: float,
    horizon: int | None = None,
    first_margin: str = "next_period",
) -> float:
    """What a margin of 1 per period is worth: the sum of :func:`retention`, for one retention rate.

    Parameters
    ----------
    retention_rate : float
        The share of customers who stay from one period to the next, within [0, 1].
    discount_rate : float
        Per period, above −1.
    horizon : int or None, default None
        How many margins a customer may bring, at least 1; None is no limit.
    first_margin : {'next_period', 'now'}, default 'next_period'
        When the first margin comes: after one period, if the customer is still there, or now, for certain.

    Returns
    -------
    float
        0 or more.

    Raises
    ------
    LoyaltyError
        As :func:`retention`.

    References
    ----------
    S. Gupta and D. R. Lehmann, "Customers as assets", Journal of Interactive Marketing 17, 2003.

    Examples
    --------
    >>> import loyalty
    >>> loyalty.clv.margin_multiple(0.75, discount_rate=0.25)
    1.5
    """
    rate = _number("retention_rate", retention_rate)
    return _loyalty.clv_margin_multiple(_terms(discount_rate, horizon, first_margin), rate)


def retention_rate(customers_at_start: int, customers_at_end: int, new_customers: int) -> float:
    """The share of customers at the start of a period who are still there at its end.

    retention rate = (customers at end − new customers) / customers at start. New customers do not count: of 1000 at the
    start 200 are lost and 100 won, which makes 900 at the end and a rate of **80 %**; a source's formula gives an
    impossible 112.5 %.

    Parameters
    ----------
    customers_at_start : int
        At least 1.
    customers_at_end : int
        With the new ones.
    new_customers : int
        Those of the end who were not there at the start.

    Returns
    -------
    float
        Within [0, 1].

    Raises
    ------
    LoyaltyError
        ``INVALID_PARAMETER`` if nobody was there at the start, or the counts contradict each other: more new customers
        than customers at the end, or more old ones at the end than at the start.

    Examples
    --------
    >>> import loyalty
    >>> loyalty.clv.retention_rate(1000, 900, 100)
    0.8
    """
    return _loyalty.clv_retention_rate(
        count("customers_at_start", customers_at_start),
        count("customers_at_end", customers_at_end),
        count("new_customers", new_customers),
    )


def _terms(discount_rate: float, horizon: int | None, first_margin: str) -> str:
    """The terms of a retention as the core has them."""
    if horizon is not None and not 0 <= whole("horizon", horizon) < 2**32:
        raise LoyaltyError(
            f"horizon is {horizon}; it must be at least 1 and below 2^32, or None for no limit", argument="horizon"
        )
    limit: str | dict[str, int] = "infinite" if horizon is None else {"finite": horizon}
    return params_json({"discount_rate": discount_rate, "horizon": limit, "first_margin": first_margin})


def _offset(timing: Any) -> float:
    periods = _number("timing", timing)
    if not math.isfinite(periods):
        # JSON, which carries the parameters to the core, has no such number.
        raise LoyaltyError(f"timing is {timing}; it must be a text or a finite number", argument="timing")
    return periods


def _flows(revenue: Any, cost: Any, acquisition_cost: Any) -> tuple[NDArray[np.float64], tuple[Any, Any]]:
    """Revenue, and the costs: single numbers, or one for each customer and period, and one for each customer."""
    _same_index({"revenue": revenue, "cost": cost, "acquisition_cost": acquisition_cost})
    costs = _number("cost", cost) if _is_single(cost) else as_matrix(cost, name="cost", empty=True)[0]
    return as_matrix(revenue, name="revenue", empty=True)[0], (
        costs,
        _number_or_vector("acquisition_cost", acquisition_cost),
    )


def _is_single(value: Any) -> bool:
    """Whether the value is one for all."""
    return value is None or isinstance(value, (str, bytes)) or (hasattr(value, "__float__") and np.ndim(value) == 0)


def _number(name: str, value: Any) -> float:
    try:
        if isinstance(value, (str, bytes)):
            raise TypeError
        return float(value)
    except (TypeError, ValueError):
        raise LoyaltyTypeError(f"{name} is {value!r}; it must be a number", argument=name) from None


def _number_or_vector(name: str, value: Any) -> Any:
    return _number(name, value) if _is_single(value) else as_vector(value, name)


def _pandas(value: Any) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, (pandas.DataFrame, pandas.Series))


def _same_index(given: Mapping[str, Any]) -> None:
    """Refuses pandas' rows in different orders, which pandas' own arithmetic would match by their index."""
    indexed = {name: value for name, value in given.items() if _pandas(value)}
    first, *others = indexed or [""]
    for name in others:
        # Other lengths are for the core to name.
        if len(indexed[name]) == len(indexed[first]) and not indexed[name].index.equals(indexed[first].index):
            raise LoyaltyError(
                f"{name} has another index than {first}; it must have the same: reindex it, or pass .to_numpy() to "
                "match rows by position",
                "SHAPE_MISMATCH",
                name,
            )


def _like(given: Any, name: str, found: NDArray[np.float64]) -> Any:
    """The answer as a series with the index of the first pandas argument, if there is one."""
    model = next((value for value in given if _pandas(value)), None)
    return found if model is None else sys.modules["pandas"].Series(found, index=model.index, name=name)
