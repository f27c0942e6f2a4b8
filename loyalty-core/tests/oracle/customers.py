"""Vectors of `customers`: pandas groups the rows, math.fsum adds the money, lifetimes gives the repeat-buying figures."""

import math
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo, reset_tzpath

import lifetimes
import numpy as np
import pandas as pd
from lifetimes.utils import summary_data_from_transaction_data

from vectors import Vectors

PANDAS = f"pandas {pd.__version__} groupby, math.fsum"
LIFETIMES = f"lifetimes {lifetimes.__version__}, summary_data_from_transaction_data"
ZONES = f"{PANDAS}, zoneinfo with tzdata {version('tzdata')}"
RULE = "the rule itself"
DAY = 86_400_000_000
UNITS = {"hour": Fraction(DAY, 24), "day": Fraction(DAY), "week": Fraction(7 * DAY), "month": Fraction(DAY * 36525, 1200),
         "year": Fraction(DAY * 36525, 100)}
FLOORS = {"day": "D", "week": "W-SUN", "month": "M"}
COLUMNS = ["n_purchases", "total_amount", "mean_amount", "first_time", "last_time", "recency_days", "tenure_days", "frequency",
           "t_x", "t", "repeat_mean_amount"]
# Each quotient is of two rounded numbers, the counts and times and sums are exact.
RTOL = {"mean_amount": 4e-16, "recency_days": 4e-16, "tenure_days": 4e-16, "t_x": 4e-16, "t": 4e-16, "repeat_mean_amount": 4e-16}

vectors = Vectors("customers")
# The zones of the pinned package, not those of this machine.
reset_tzpath([])


def stamp(text):
    return int(np.datetime64(text, "us").astype(np.int64))


def period_of(times, period, tz=None):
    """A label that equal periods share."""
    stamps = pd.Series(times.to_numpy().astype("datetime64[us]"), index=times.index)
    if tz is not None:
        stamps = stamps.dt.tz_localize("UTC").dt.tz_convert(ZoneInfo(tz)).dt.tz_localize(None)
    return stamps.dt.to_period(FLOORS[period]).astype(str)


def valid(log, params):
    """The rows that stay, what became of the others, and the latest valid time."""
    bad_id, bad_time = log["customer"].isna(), log["time"].isna()
    bad_amount = ~np.isfinite(log["amount"].astype(float))
    counts = {"rows": len(log), "null_id": bad_id.sum(), "null_time": (bad_time & ~bad_id).sum(),
              "non_finite_amount": (bad_amount & ~bad_time & ~bad_id).sum()}
    log = log[~(bad_id | bad_time | bad_amount)].copy()
    log["time"] = log["time"].astype("int64")
    latest, known = log["time"].max(), log["customer"].nunique()
    ignored = (log["amount"] < 0) if params.get("refunds") == "ignore" else pd.Series(False, index=log.index)
    counts["refund_ignored"] = ignored.sum()
    return log[~ignored], counts, latest, known


def join_orders(log):
    """Each row with its order's key, time, and whether that is a purchase."""
    log = log.copy()
    own = pd.Series([f"row {i}" for i in log.index], index=log.index, dtype=object)
    if "order" in log:
        log["key"] = own.where(log["order"].isna(), log["order"].map(lambda x: f"order {x}"))
    else:
        log["key"] = own
    log["purchase_time"] = log["time"].where(log["amount"] >= 0).astype("Int64")
    orders = log.groupby(["customer", "key"])
    earliest = orders["purchase_time"].transform("min")
    log["purchase"] = earliest.notna()
    log["order_time"] = earliest.fillna(orders["time"].transform("min").astype("Int64")).astype("int64")
    return log


def summary(log, params):
    period, unit = params.get("period", "day"), UNITS[params.get("time_unit", "day")]
    log, counts, latest, known = valid(log, params)
    as_of = params.get("as_of", latest)
    counts["after_as_of"] = (log["time"] > as_of).sum()
    log = join_orders(log[log["time"] <= as_of])
    with_purchase = log.groupby("customer")["purchase"].transform("any")
    counts["without_purchase"] = (~with_purchase).sum()
    log = log[with_purchase]
    counts["counted"] = len(log)
    log["merged"] = log["key"] if period == "none" else period_of(log["order_time"], period, params.get("tz"))

    ids, rows = [], {name: [] for name in COLUMNS}
    for customer, own in log.groupby("customer", sort=False):
        starts = own[own["purchase"]].groupby("merged")["order_time"].min().sort_values(kind="stable")
        tied = starts[starts == starts.iloc[0]].index
        amounts = {merged: [Fraction(a) for a in part] for merged, part in own.groupby("merged")["amount"]}
        first = min(tied, key=lambda merged: sum(amounts[merged]))
        total = math.fsum(own["amount"])
        times = own.loc[own["purchase"], "order_time"]
        start, end = int(times.min()), int(times.max())
        repeats = len(starts) - 1
        rest = math.fsum(own.loc[own["merged"] != first, "amount"])
        values = [len(starts), total, total / len(starts), start, end, float(Fraction(int(as_of) - end) / DAY),
                  float(Fraction(int(as_of) - start) / DAY), repeats, float((int(starts.iloc[-1]) - start) / unit),
                  float((int(as_of) - start) / unit), rest / repeats if repeats else 0.0]
        ids.append(customer)
        for name, value in zip(COLUMNS, values):
            rows[name].append(value)
    order = sorted(range(len(ids)), key=lambda i: ids[i].encode() if isinstance(ids[i], str) else ids[i])
    counts["customers_without_purchase"] = known - len(ids)
    return {"ids": [ids[i] for i in order]} | {name: [rows[name][i] for i in order] for name in COLUMNS} | {
        "as_of": int(as_of), "counts": counts}


def shared(name, log):
    """Stores the columns of a log; returns the input that refers to them."""
    null = lambda value: None if value is None or value is pd.NA or value is pd.NaT else value
    columns = {}
    for column in log.columns:
        values = log[column]
        plain = [float(v) for v in values] if column == "amount" else [null(v) for v in values]
        columns[column] = vectors.share(f"{name}.{column}", plain)
    return columns


def case(name, log, reference, params=None, oracle=PANDAS):
    params = params or {}
    vectors.case(name, "summarize", params=params, input=reference, expected=summary(log, params), rtol=RTOL, oracle=oracle)


def error(name, customer, time, amount, params, code, argument, **extra):
    vectors.case(name, "summarize", params=params, input={"customer": customer, "time": time, "amount": amount} | extra,
                 error=code, argument=argument, oracle=RULE)


def frame(**columns):
    return pd.DataFrame({name: pd.Series(list(values), dtype=float if name == "amount" else object)
                         for name, values in columns.items()})


def texts(prefix, ids):
    return pd.Series([None if i is None else f"{prefix}{i}" for i in ids], dtype=object)


# Orders with the time of day, over 200 days that end a leap February; some amounts with refunds.
rng = np.random.default_rng(20260101)
n = 240
intraday = frame(
    customer=[int(c) for c in rng.integers(-5, 35, n)],
    time=[int(t) for t in stamp("2023-09-01") + rng.integers(0, 200 * DAY, n)],
    amount=np.round(rng.gamma(2.0, 30.0, n) - 20.0, 2),
)
intraday_input = shared("intraday", intraday)
middle = stamp("2023-12-15T12:00:00")
for period in ["none", "day", "week", "month"]:
    for refunds in ["net", "ignore"]:
        case(f"integer ids, period {period}, refunds {refunds}", intraday, intraday_input,
             {"period": period, "refunds": refunds})
for unit in UNITS:
    case(f"time unit {unit}, as of the middle of the log", intraday, intraday_input,
         {"time_unit": unit, "as_of": middle, "period": "week"})
case("as of the middle, refunds ignored", intraday, intraday_input, {"as_of": middle, "refunds": "ignore"})
case("as of long after the log", intraday, intraday_input, {"as_of": stamp("2031-07-01T00:00:00.000001")})
vectors.case("as of before the log: no customers", "summarize", params={"as_of": stamp("2001-01-01")}, input=intraday_input,
             expected={"ids": [], "n_purchases": [], "as_of": stamp("2001-01-01"),
                       "counts": {"rows": n, "counted": 0, "after_as_of": n,
                                  "customers_without_purchase": intraday["customer"].nunique()}}, oracle=RULE)

# Many orders in the same few days and months, before and after 1970; text ids in the order of their bytes.
n = 200
names = ["", "Zoë", "ann", "Ann", "bob", "Ødegård", "中村", "a" * 40, "42", "-"]
early = frame(
    customer=[names[i] for i in rng.integers(0, len(names), n)],
    time=[int(t) for t in rng.integers(-40 * DAY, 40 * DAY, n)],
    amount=np.round(rng.normal(20.0, 25.0, n), 2),
)
early_input = shared("around 1970", early)
for period in ["none", "day", "week", "month"]:
    case(f"text ids around 1970, period {period}", early, early_input, {"period": period, "as_of": 41 * DAY})
ancient = frame(customer=[1] * 12 + [2] * 2, amount=[1.0] * 14, time=[
    stamp(t) for t in ["0001-01-01", "0000-12-31T23:59:59.999999", "0000-02-29", "0000-03-01", "-0400-02-29", "1600-02-29",
                       "1600-02-01", "1700-02-28", "1700-03-01", "1900-02-28T12", "1900-03-01", "9999-12-31", "1970-01-01", "1969-12-31"]])
for period in ["day", "month"]:
    # pandas has no periods before year 1; the months here are told apart by their written dates.
    labels = ancient["time"].map(lambda t: str(np.datetime64(t, "us"))[:-16 if period == "day" else -19])
    expected = [int(labels[ancient["customer"] == c].nunique()) for c in (1, 2)]
    vectors.case(f"years -400 to 9999, period {period}", "summarize", params={"period": period},
                 input={name: list(ancient[name]) for name in ancient}, expected={"ids": [1, 2], "n_purchases": expected},
                 oracle=f"numpy {np.__version__} datetime64")

# Lines of orders, on both sides of midnight, of a month's end and of 'as of'; order ids that several customers share.
n = 260
starts = stamp("2024-02-25") + rng.integers(0, 12 * DAY, 60)
order = rng.integers(0, 60, n)
lines = frame(
    customer=[int(order[i] % 7 if rng.uniform() < 0.9 else 8) for i in range(n)],
    time=[int(t) for t in starts[order] + rng.integers(0, DAY // 2, n)],
    amount=np.round(rng.normal(12.0, 12.0, n), 2),
    order=[None if rng.uniform() < 0.15 else int(o) for o in order],
)
lines_input = shared("lines", lines)
for period in ["none", "day", "week", "month"]:
    case(f"order lines, period {period}", lines, lines_input, {"period": period})
    case(f"order lines, period {period}, as of the middle", lines, lines_input,
         {"period": period, "as_of": stamp("2024-03-02T06:00:00"), "time_unit": "hour"})
case("order lines, refunds ignored", lines, lines_input, {"refunds": "ignore", "period": "none"})
text_lines = lines.assign(order=texts("A-", lines["order"]))
case("order lines with text order ids", text_lines, lines_input | {"order": vectors.share("text orders", list(text_lines["order"]))},
     {"period": "none"})

# Orders at the very same time stay apart without a period; the one of the smallest amount is the first.
same = frame(customer=[1, 1, 1, 1, 2, 2, 2, 2, 2], time=[5, 5, 5, 9, 7, 7, 7, 7, 8],
             amount=[3.0, 1.0, 2.0, 10.0, 5.0, -4.5, 2.0, 0.25, 1.0], order=[None, None, None, None, "a", "a", "b", "b", "c"])
case("simultaneous orders, period none", same, {name: list(same[name]) for name in same}, {"period": "none"})

# Rows that make no sense.
holes = frame(customer=[1, None, 2, 2, 1, 3, None, 2, 4, 5], time=[DAY, 2 * DAY, None, 3 * DAY, 4 * DAY, 5 * DAY, None, 9 * DAY, 2 * DAY, DAY],
              amount=[1.0, 2.0, 3.0, math.nan, 5.0, math.inf, math.nan, 8.0, -1.0, 0.0])
holes_input = {name: list(holes[name]) for name in holes}
for refunds in ["net", "ignore"]:
    case(f"invalid rows dropped, refunds {refunds}", holes, holes_input, {"on_invalid": "drop", "refunds": refunds})
text_holes = holes.assign(customer=texts("c", holes["customer"]))
case("invalid rows dropped, text ids", text_holes, {name: list(text_holes[name]) for name in text_holes}, {"on_invalid": "drop"})

# Sums that plain floats, and pairs of floats, get wrong.
hard = frame(customer=[1] * 10 + [2] * 5 + [3] * 4, time=list(range(19)),
             amount=[0.1] * 10 + [1e100, 1.0, -1e100, 1e-100, 3.0] + [1e16, 1.0, 1e-16, 5e-324])
for period in ["none", "month"]:
    case(f"hard sums, period {period}", hard, {name: list(hard[name]) for name in hard}, {"period": period})

# The repeat-buying figures of lifetimes: whole days, and weeks where every date is a Monday.
def repeat_buying(name, log, as_of, freq, params, ids_input):
    table = log.assign(date=log["time"].map(lambda t: pd.Timestamp(np.datetime64(t, "us"))))
    table["amount"] = table["amount"].astype(float)
    expected = summary_data_from_transaction_data(
        table, "customer", "date", "amount", observation_period_end=pd.Timestamp(as_of), freq=freq).sort_index()
    vectors.case(name, "summarize", params=params | {"as_of": stamp(as_of)}, input=ids_input, expected={
        "ids": list(expected.index), "frequency": [int(f) for f in expected["frequency"]], "t_x": list(expected["recency"]),
        "t": list(expected["T"]), "repeat_mean_amount": list(expected["monetary_value"])}, rtol={"repeat_mean_amount": 1e-14}, oracle=LIFETIMES)


n = 150
dates = frame(customer=[int(c) for c in rng.integers(0, 25, n)],
              time=[int(t) for t in stamp("2022-01-03") + 7 * DAY * rng.integers(0, 40, n)], amount=np.round(rng.gamma(2.0, 15.0, n) + 0.01, 2))
dates_input = shared("Mondays", dates)
repeat_buying("lifetimes, days", dates, "2022-12-31", "D", {}, dates_input)
repeat_buying("lifetimes, days, as of the middle", dates, "2022-05-31", "D", {}, dates_input)
repeat_buying("lifetimes, weeks", dates, "2023-01-02", "W", {"period": "week", "time_unit": "week"}, dates_input)

raw = pd.read_csv(Path(lifetimes.__file__).parent / "datasets" / "CDNOW_sample.txt", header=None, sep=r"\s+",
                  names=["master", "customer", "date", "quantity", "amount"])
raw = raw[raw["customer"] <= 100]
cdnow = frame(customer=[int(c) for c in raw["customer"]], amount=raw["amount"],
              time=[stamp(f"{d[:4]}-{d[4:6]}-{d[6:]}") for d in raw["date"].astype(str)])
cdnow_input = shared("CDNOW", cdnow)
repeat_buying("CDNOW, the first 100 customers, calibration period", cdnow, "1997-09-30", "D", {}, cdnow_input)
repeat_buying("CDNOW, the first 100 customers, all", cdnow, "1998-06-30", "D", {}, cdnow_input)
case("CDNOW, every column", cdnow, cdnow_input, {"time_unit": "week", "as_of": stamp("1998-06-30")})

# What is bought after a cutoff.
def later(name, log, reference, cutoff, params=None):
    rows = summary(log, (params or {}) | {"as_of": cutoff})
    orders = join_orders(valid(log, params or {})[0])
    after = orders[orders["purchase"] & (orders["order_time"] > cutoff)].groupby("customer")["order_time"].min()
    vectors.case(f"next purchase, {name}", "next_purchase", params=params, input=reference | {"after": cutoff},
                 expected={"ids": rows["ids"], "next_purchase": [int(after[i]) if i in after.index else None for i in rows["ids"]]},
                 oracle=PANDAS)
    end = cutoff + 20 * DAY
    window = orders[(orders["time"] > cutoff) & (orders["time"] <= end)].groupby("customer")["amount"].agg(math.fsum)
    vectors.case(f"totals after, {name}", "purchase_totals", params=params, input=reference | {"from": cutoff, "to": end},
                 expected={"ids": rows["ids"], "purchase_totals": [float(window.get(i, 0.0)) for i in rows["ids"]]}, oracle=PANDAS)


later("integer ids", intraday, intraday_input, middle)
later("text ids, refunds ignored", early, early_input, -5 * DAY + 1, {"refunds": "ignore"})
later("order lines", lines, lines_input, stamp("2024-03-01T12:00:00"))

error("a null id", [1, None], [0, 1], [1.0, 2.0], {}, "INVALID_VALUE", "customer")
error("a null text id", ["a", None], [0, 1], [1.0, 2.0], {}, "INVALID_VALUE", "customer")
error("a null time", [1, 2], [0, None], [1.0, 2.0], {}, "INVALID_VALUE", "time")
error("the null time of NumPy", [1, 2], [0, -2**63], [1.0, 2.0], {}, "INVALID_VALUE", "time")
error("an amount that is not a number", [1, 2], [0, 1], [1.0, math.nan], {}, "NON_FINITE", "amount")
error("an infinite amount", [1, 2], [0, 1], [-math.inf, 1.0], {}, "NON_FINITE", "amount")
error("a refused refund", [1, 2], [0, 1], [1.0, -0.01], {"refunds": "refuse"}, "INVALID_VALUE", "amount")
error("a refused refund among dropped rows", [None, 2], [0, 1], [1.0, -0.01], {"refunds": "refuse", "on_invalid": "drop"},
      "INVALID_VALUE", "amount")
error("times of another length", [1, 2], [0], [1.0, 2.0], {}, "SHAPE_MISMATCH", "time")
error("amounts of another length", [1, 2], [0, 1], [1.0], {}, "SHAPE_MISMATCH", "amount")
error("orders of another length", [1, 2], [0, 1], [1.0, 2.0], {}, "SHAPE_MISMATCH", "order", order=[7])
error("no rows", [], [], [], {}, "TOO_FEW_ROWS", "time")
error("no valid rows", [None], [0], [1.0], {"on_invalid": "drop"}, "TOO_FEW_ROWS", "time")
error("as of a null", [1], [0], [1.0], {"as_of": -2**63}, "INVALID_PARAMETER", "as_of")
error("a total beyond the largest float", [1, 2, 2], [0, 1, 2], [1.0, 1.7e308, 1.7e308], {}, "DEGENERATE", "amount")
vectors.case("no rows, as of a day", "summarize", params={"as_of": 0}, input={"customer": [], "time": [], "amount": []},
             expected={"ids": [], "total_amount": [], "counts": {"rows": 0, "counted": 0}}, oracle=RULE)
vectors.case("a total that overflows only on the way", "summarize", params={},
             input={"customer": [1, 1, 1], "time": [0, 1, 2], "amount": [1.7e308, 1.7e308, -1.7e308]},
             expected={"total_amount": [1.7e308], "n_purchases": [1]}, oracle="fractions.Fraction")

# Days, weeks and months of time zones, around changes of their clocks, none of which is set back over midnight.
n = 160
for tz, change in [("Europe/Berlin", "2024-03-31T01:00"), ("Europe/Berlin", "2024-10-27T01:00"), ("America/New_York", "2024-11-03T06:00"),
                   ("Australia/Lord_Howe", "2024-04-06T15:00"), ("Asia/Kathmandu", "2024-02-29T18:15"), ("Asia/Kathmandu", "1985-12-31T18:30"),
                   ("America/St_Johns", "2024-03-10T05:30")]:
    spread = rng.integers(-5 * DAY, 5 * DAY, n)
    # Half of the orders lie within two hours of a midnight of the zone.
    local = pd.Series((stamp(change) + spread).astype("datetime64[us]")).dt.tz_localize("UTC").dt.tz_convert(ZoneInfo(tz))
    midnights = local.dt.tz_localize(None).dt.normalize().dt.tz_localize(ZoneInfo(tz), nonexistent="shift_forward")
    midnights = midnights.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("datetime64[us]").astype(np.int64)
    near = midnights + rng.integers(-DAY // 12, DAY // 12, n)
    clock = frame(customer=[int(c) for c in rng.integers(0, 12, n)], amount=np.round(rng.gamma(2.0, 20.0, n), 2),
                  time=[int(t) for t in np.where(rng.uniform(size=n) < 0.5, near, stamp(change) + spread)])
    clock_input = shared(f"{tz} {change}", clock)
    for period in ["day", "week", "month"]:
        case(f"{tz} around {change}, period {period}", clock, clock_input, {"period": period, "tz": tz}, oracle=ZONES)
error("an unknown time zone", [1], [0], [1.0], {"tz": "Europe/Atlantis"}, "INVALID_PARAMETER", "tz")

vectors.write()
