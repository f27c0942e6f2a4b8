"""`customers`: columns in, one row per customer out."""

from __future__ import annotations

from typing import Any

import numpy as np

import loyalty

from .cases import Case, number, restored

NO_RESULT = {"as_of": "the caller's own, or the latest time that counts"}


def call(function: str, case: Case) -> dict[str, Any]:
    columns: dict[str, Any] = {name: case.input[name] for name in ("customer", "order") if name in case.input}
    columns |= {"time": _times(case.input["time"]), "amount": case.vector("amount")}
    params = restored(case.params)
    if function == "summarize":
        rows, counts = loyalty.summarize(**columns, **params, return_counts=True)
        # Times as the integers they are, of which the least is the null.
        rows |= {name: rows[name].astype(np.int64) for name in ("first_time", "last_time")}
        return {"ids": rows.pop("customer"), **rows, "counts": counts._asdict()}

    log = loyalty.Accumulator(**params)
    log.update(**columns)
    if function == "next_purchase":
        rows = log.next_purchase(number(case.input["after"]))
        times = rows["next_purchase"]
        found = [None if np.isnat(time) else int(time.astype(np.int64)) for time in times]
        return {"ids": rows["customer"], "next_purchase": found}
    assert function == "purchase_totals"
    rows = log.purchase_totals(number(case.input["from"]), number(case.input["to"]))
    return {"ids": rows["customer"], "purchase_totals": rows["purchase_total"]}


def _times(times: list[Any]) -> np.ndarray:
    """Microseconds, or moments where one is null."""
    if None in times:
        return np.array([np.datetime64("NaT" if time is None else time, "us") for time in times])
    return np.array([number(time) for time in times], dtype=np.int64)
