"""Customers: from an order log to one row per customer."""

from __future__ import annotations

import datetime
import json
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from loyalty import _frames, _loyalty, _threads
from loyalty._arguments import params_json
from loyalty._progress import Progress, listening
from loyalty.errors import LoyaltyError, LoyaltyTypeError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Accumulator", "RowCounts", "summarize"]


class RowCounts(NamedTuple):
    """What became of the rows of a log; each row counts once, under the first of the reasons that applies.

    Attributes
    ----------
    rows : int
        All rows.
    counted : int
        Rows that are part of some customer's summary.
    null_id, null_time, non_finite_amount : int
        Dropped, where ``on_invalid="drop"``.
    refund_ignored : int
        Left out, where ``refunds="ignore"``.
    after_as_of : int
        Left out: later than the moment of the summary.
    without_purchase : int
        Left out: refunds of a customer who has no purchase.
    customers_without_purchase : int
        Customers of the log who have no row in the summary.
    """

    rows: int
    counted: int
    null_id: int
    null_time: int
    non_finite_amount: int
    refund_ignored: int
    after_as_of: int
    without_purchase: int
    customers_without_purchase: int


def moment(name: str, value: Any) -> int | None:
    """Microseconds since 1970 UTC of a date, a time (UTC unless it has a zone), ISO text, or microseconds."""
    if value is None:
        return None
    if isinstance(value, str):
        try:
            value = datetime.datetime.fromisoformat(value)
        except ValueError:
            raise LoyaltyError(
                f"{name} is {value!r}; it must be a date or time such as '1998-06-30' or '1998-06-30T12:00+02:00'",
                argument=name,
            ) from None
    if isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.timedelta64)):
        instant = int(value)
    elif isinstance(value, (datetime.date, np.datetime64)) and value == value:
        if isinstance(value, datetime.datetime) and value.tzinfo is not None:
            value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        instant = int(np.datetime64(value).astype("datetime64[us]").astype(np.int64))
    else:
        raise LoyaltyTypeError(
            f"{name} is {value!r}; it must be a date, a time, or microseconds since 1970", argument=name
        )
    if not -(2**63) < instant < 2**63:
        raise LoyaltyError(f"{name} is {instant}; it must fit 64 bits", argument=name)
    return instant


def zone_name(tz: Any) -> str | None:
    """The name of a time zone: text, or that of a zone of zoneinfo or pytz."""
    if tz is None or isinstance(tz, str):
        return tz
    if tz is datetime.timezone.utc:
        return "UTC"
    name = getattr(tz, "key", None) or getattr(tz, "zone", None)
    if isinstance(name, str):
        return name
    raise LoyaltyTypeError(f"tz is {tz!r}; it must be a name such as 'Europe/Berlin'", argument="tz")


def customer_columns(table: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of the core's table, without the ids, as a frame has them."""
    columns = {name: values for name, values in table.items() if name not in ("ids", "as_of", "counts")}
    for name in ("first_time", "last_time"):
        columns[name] = columns[name].view("datetime64[us]")
    return columns


def _counts(table: Mapping[str, Any]) -> RowCounts:
    return RowCounts(**json.loads(table["counts"]))


def _params(period: str, refunds: str, on_invalid: str, time_unit: str, tz: Any, as_of: Any = None) -> str:
    return params_json(
        {
            "period": period,
            "refunds": refunds,
            "on_invalid": on_invalid,
            "time_unit": time_unit,
            "tz": zone_name(tz),
            "as_of": moment("as_of", as_of),
        }
    )


def summarize(
    orders: Any = None,
    *,
    customer: Any = "customer",
    time: Any = "time",
    amount: Any = "amount",
    order: Any = None,
    as_of: Any = None,
    period: str = "day",
    refunds: str = "net",
    on_invalid: str = "error",
    time_unit: str = "day",
    tz: Any = None,
    n_threads: int | None = None,
    progress: Progress = False,
    return_counts: bool = False,
) -> Any:
    """One row per customer from an order log, in ascending order of ids.

    The rows of one customer with the same `order` are one order, at the time of its first line; without such a column
    each row is an order. Orders of one customer in the same `period` merge into one purchase. Rows after `as_of` do not
    count. Money is summed exactly and rounded once, so that the order of the rows does not matter.

    Parameters
    ----------
    orders : frame, optional
        A pandas or Polars DataFrame, a pyarrow Table or RecordBatch, a DuckDB relation, a dict of arrays or a
        structured array, one row a line of the log. May be left out if the columns themselves are given below.
    customer, time, amount : str or array, default 'customer', 'time', 'amount'
        Columns, by name or themselves: ids (whole numbers, texts, UUIDs, categories), moments (timestamps with or
        without a zone, dates, or integers as microseconds since 1970 UTC; without a zone they are UTC), and money,
        negative for refunds.
    order : str or array, optional
        The column of order ids; a null makes its row an order of its own.
    as_of : date, time or text, optional
        The moment of the summary, a date being its first instant, UTC unless it has a zone. Default the latest time.
    period : {'day', 'none', 'week', 'month'}, default 'day'
        In what period several orders of a customer are one purchase; weeks begin on Monday.
    refunds : {'net', 'ignore', 'refuse'}, default 'net'
        What negative amounts do: lower the total without being a purchase, nothing, or raise.
    on_invalid : {'error', 'drop'}, default 'error'
        What rows with a null id, a null time or an amount that is not finite do.
    time_unit : {'day', 'hour', 'week', 'month', 'year'}, default 'day'
        The unit of `t_x` and `t`; a month is 365.25/12 days.
    tz : str or tzinfo, optional
        The time zone whose calendar bounds days, weeks and months, such as 'Europe/Berlin'. Default UTC.
    n_threads : int, optional
        Threads of this call. No result depends on it.
    progress : bool or callable, default False
        True for tqdm bars; a callable is told ``(stage, done, total)`` and stops the work by raising.
    return_counts : bool, default False
        Whether to return what became of the rows, too.

    Returns
    -------
    rows : frame
        Of the kind of `orders`: the customer's id under the name of its column, then ``n_purchases, total_amount,
        mean_amount, first_time, last_time, recency_days`` (last order → `as_of`), ``tenure_days`` (first → `as_of`) and
        the quantities of repeat buying: ``frequency`` (purchases − 1), ``t_x`` (first purchase → last), ``t`` (first →
        `as_of`) and ``repeat_mean_amount``. Whole ids come back as int64, others as text. Times are in microseconds,
        and in their zone if they had one (in arrays in UTC). A pandas frame has a new index, for its rows are other
        ones; a relation is one of DuckDB's default connection.
    counts : RowCounts
        Only if `return_counts`.

    Raises
    ------
    LoyaltyError
        For a column that is not there, null ids and times and amounts that are not finite (naming the row), refused
        refunds, and a log without a valid row when `as_of` is not given.

    References
    ----------
    P. S. Fader, B. G. S. Hardie and K. L. Lee, "Counting your customers the easy way", Marketing Science 24, 2005.

    Examples
    --------
    >>> import loyalty
    >>> log = {
    ...     "customer": ["ann", "bob", "ann", "ann"],
    ...     "time": np.array(["1998-06-01", "1998-06-03", "1998-06-03", "1998-06-03"], dtype="M8[s]"),
    ...     "amount": [10.0, 5.0, 20.0, -2.5],
    ... }
    >>> rows = loyalty.summarize(log, as_of="1998-06-11")
    >>> rows["customer"].tolist(), rows["n_purchases"].tolist(), rows["total_amount"].tolist()
    (['ann', 'bob'], [2, 1], [27.5, 5.0])
    >>> rows["recency_days"].tolist()
    [8.0, 8.0]
    """
    log = _frames.Orders(orders, {"customer": customer, "time": time, "amount": amount, "order": order})
    params = _params(period, refunds, on_invalid, time_unit, tz, as_of)
    with log.explained(), listening(progress) as listener:
        table = _loyalty.summarize(params, log.native(), _threads.resolve(n_threads), listener)
    rows = log.result.frame(table["ids"], customer_columns(table))
    return (rows, _counts(table)) if return_counts else rows


class Accumulator:
    """An order log taken in batches, and merged with others.

    The result is that of :func:`summarize` over all rows at once, to the bit, in whatever order they came. It keeps 20
    bytes a row (24 where there are orders) and each distinct id once. A call that fails leaves it as it was.

    Parameters
    ----------
    customer, time, amount : str, default 'customer', 'time', 'amount'
        The names of the columns in every batch, as in :func:`summarize`.
    order : str, optional
        The name of the column of order ids.
    period : {'day', 'none', 'week', 'month'}, default 'day'
        As in :func:`summarize`.
    refunds : {'net', 'ignore', 'refuse'}, default 'net'
        As in :func:`summarize`.
    on_invalid : {'error', 'drop'}, default 'error'
        As in :func:`summarize`.
    time_unit : {'day', 'hour', 'week', 'month', 'year'}, default 'day'
        As in :func:`summarize`.
    tz : str or tzinfo, optional
        As in :func:`summarize`.
    n_threads : int, optional
        Threads of each call. No result depends on it.

    Examples
    --------
    >>> import loyalty
    >>> january, february = loyalty.Accumulator(), loyalty.Accumulator()
    >>> days = np.array(["1998-01-01", "1998-01-05", "1998-02-10"], dtype="M8[D]")
    >>> january.update({"customer": [1, 2], "time": days[:2], "amount": [9.0, 4.0]})
    >>> february.update({"customer": [1], "time": days[2:], "amount": [3.0]})
    >>> january.merge(february)
    >>> january.finish()["total_amount"].tolist()
    [12.0, 4.0]
    >>> january.next_purchase("1998-02-01")["next_purchase"].tolist()
    [datetime.datetime(1998, 2, 10, 0, 0), None]
    """

    def __init__(
        self,
        *,
        customer: str = "customer",
        time: str = "time",
        amount: str = "amount",
        order: str | None = None,
        period: str = "day",
        refunds: str = "net",
        on_invalid: str = "error",
        time_unit: str = "day",
        tz: Any = None,
        n_threads: int | None = None,
    ) -> None:
        self._names = {"customer": customer, "time": time, "amount": amount, "order": order}
        params = _params(period, refunds, on_invalid, time_unit, tz)
        self._rows = _loyalty.Accumulator(params, _threads.resolve(n_threads))
        # The first batch says what kind of frame comes back.
        self._result: _frames.Result | None = None

    def update(self, orders: Any = None, **columns: Any) -> None:
        """Take a batch of rows.

        Parameters
        ----------
        orders : frame, optional
            With the columns named at the start.
        **columns : str or array
            Columns themselves, or other names, as in :func:`summarize`.

        Raises
        ------
        LoyaltyError
            As :func:`summarize`, rows counted within the batch, and for ids of another kind than before.
        """
        batch = _frames.Orders(orders, self._names | columns)
        with batch.explained():
            self._rows.update(batch.native())
        if self._result is None:
            self._result = batch.result

    def merge(self, other: Accumulator) -> None:
        """Take all rows of another accumulator, which keeps them.

        Parameters
        ----------
        other : Accumulator
            With the same parameters.

        Raises
        ------
        LoyaltyError
            If a parameter differs, or the kind of ids does.
        """
        self._rows.merge(other._rows)
        self._result = self._result or other._result

    def finish(self, as_of: Any = None, *, return_counts: bool = False) -> Any:
        """One row per customer at a moment; more rows may follow.

        Parameters
        ----------
        as_of : date, time or text, optional
            As in :func:`summarize`.
        return_counts : bool, default False
            Whether to return what became of the rows, too.

        Returns
        -------
        frame
            As :func:`summarize`, of the kind of the first batch.
        """
        table = self._rows.finish(moment("as_of", as_of))
        rows = self._frame(table)
        return (rows, _counts(table)) if return_counts else rows

    def next_purchase(self, after: Any) -> Any:
        """When each customer of a moment bought next: what churn labels are made from.

        Parameters
        ----------
        after : date, time or text
            The moment.

        Returns
        -------
        frame
            The customers with a purchase up to `after`, and ``next_purchase``: their first order after it, null where
            there is none.
        """
        table, next_purchase = self._rows.next_purchase(_given("after", after))
        return self._frame(table, {"next_purchase": next_purchase.view("datetime64[us]")})

    def purchase_totals(self, start: Any, end: Any) -> Any:
        """What each customer of a moment spent in the time that followed.

        Parameters
        ----------
        start, end : date, time or text
            Amounts after `start` and up to `end` are summed.

        Returns
        -------
        frame
            The customers with a purchase up to `start`, and ``purchase_total``.
        """
        table, totals = self._rows.purchase_totals(_given("start", start), _given("end", end))
        return self._frame(table, {"purchase_total": totals})

    @property
    def span(self) -> tuple[np.datetime64, np.datetime64] | None:
        """The earliest and the latest time of all rows taken, dropped ones aside."""
        span = self._rows.span
        return None if span is None else (np.datetime64(span[0], "us"), np.datetime64(span[1], "us"))

    def _frame(self, table: Mapping[str, Any], columns: Mapping[str, Any] | None = None) -> Any:
        result = self._result or _frames.Result("dict", "customer", None)
        return result.frame(table["ids"], customer_columns(table) if columns is None else columns)


def _given(name: str, value: Any) -> int:
    instant = moment(name, value)
    if instant is None:
        raise LoyaltyTypeError(f"{name} is None; it must be a date, a time, or microseconds since 1970", argument=name)
    return instant
