"""Customer rows: against pandas' own grouping, on real kinds of logs, in time and in memory."""

from __future__ import annotations

import datetime
import math
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import orders
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import loyalty

DAY = 86_400_000_000


# Real logs ------------------------------------------------------------------------------------------------------------


def test_cdnow(cdnow: dict[str, np.ndarray]) -> None:
    rows = loyalty.summarize(pd.DataFrame(cdnow), as_of="1998-06-30").set_index("customer")
    by_day = pd.DataFrame(cdnow).groupby(["customer", "time"])["amount"].agg(list).reset_index()
    groups = by_day.groupby("customer")
    assert len(rows) == 2_357
    assert rows.index.tolist() == sorted(groups.groups)
    as_of = pd.Timestamp("1998-06-30")
    first, last = groups["time"].min(), groups["time"].max()
    expected = {
        "n_purchases": groups.size(),
        "frequency": groups.size() - 1,
        "total_amount": groups["amount"].agg(lambda days: math.fsum(amount for day in days for amount in day)),
        "first_time": first,
        "last_time": last,
        "recency_days": (as_of - last) / pd.Timedelta(days=1),
        "tenure_days": (as_of - first) / pd.Timedelta(days=1),
        "t_x": (last - first) / pd.Timedelta(days=1),
        "t": (as_of - first) / pd.Timedelta(days=1),
        "repeat_mean_amount": groups["amount"].agg(
            lambda days: math.fsum(a for day in days.iloc[1:] for a in day) / (len(days) - 1) if len(days) > 1 else 0.0
        ),
    }
    for name, values in expected.items():
        assert rows[name].tolist() == values.loc[rows.index].tolist(), name
    assert rows["mean_amount"].tolist() == (rows["total_amount"] / rows["n_purchases"]).tolist()
    # The first 39 weeks, with which Fader and Hardie calibrate.
    calibration = loyalty.summarize(cdnow, as_of="1997-09-30", time_unit="week")
    assert (len(calibration["customer"]), int(calibration["frequency"].sum())) == (2_357, 2_457)


def online_retail(seed: int = 3, invoices: int = 900) -> pd.DataFrame:
    """A log as the UCI's Online Retail: invoices of several lines, cancellations, customers who are not known."""
    rng = np.random.default_rng(seed)
    lines: list[tuple[str, int, float, pd.Timestamp, float]] = []
    for number in range(invoices):
        customer = float(12_346 + rng.integers(120)) if rng.random() > 0.25 else math.nan
        at = pd.Timestamp("2010-12-01 08:26") + pd.Timedelta(minutes=int(rng.integers(374 * 1_440)))
        cancelled = rng.random() < 0.15
        for _ in range(rng.integers(1, 8)):
            quantity = int(rng.integers(1, 25)) * (-1 if cancelled else 1)
            # Some lines of an invoice are entered a minute later.
            entered = at + pd.Timedelta(minutes=int(rng.random() < 0.1))
            price = round(float(rng.gamma(1.5, 2.0)), 2)
            lines.append((f"{'C' if cancelled else ''}{536_365 + number}", quantity, price, entered, customer))
    log = pd.DataFrame(lines, columns=["InvoiceNo", "Quantity", "UnitPrice", "InvoiceDate", "CustomerID"])
    return log.sample(frac=1, random_state=1, ignore_index=True)


def test_line_items_cancellations_and_missing_customers() -> None:
    log = online_retail()
    log["Amount"] = log["Quantity"] * log["UnitPrice"]
    names = {"customer": "CustomerID", "time": "InvoiceDate", "amount": "Amount", "order": "InvoiceNo"}
    with pytest.raises(loyalty.LoyaltyError, match=r"^customer \(column 'CustomerID'\) in row (\d+) is null") as error:
        loyalty.summarize(log, **names)
    assert error.value.row == log["CustomerID"].isna().idxmax()

    rows, counts = loyalty.summarize(log, **names, on_invalid="drop", return_counts=True)
    known = log.dropna(subset="CustomerID").astype({"CustomerID": np.int64})
    purchases = known[known["Amount"] >= 0]
    invoices = purchases.groupby(["CustomerID", "InvoiceNo"])["InvoiceDate"].min().reset_index()
    by_customer = invoices.groupby("CustomerID")["InvoiceDate"]
    days = (
        invoices.assign(day=invoices["InvoiceDate"].dt.floor("D")).groupby(["CustomerID", "day"])["InvoiceDate"].min()
    )
    buyers = sorted(by_customer.groups)
    totals = known.groupby("CustomerID")["Amount"].agg(math.fsum).loc[buyers]
    as_of = known["InvoiceDate"].max()

    assert rows["CustomerID"].dtype == np.int64
    assert rows["CustomerID"].tolist() == buyers
    assert rows["n_purchases"].tolist() == days.groupby("CustomerID").size().tolist()
    assert rows["total_amount"].tolist() == totals.tolist()
    assert rows["first_time"].tolist() == by_customer.min().tolist()
    assert rows["last_time"].tolist() == by_customer.max().tolist()
    assert rows["recency_days"].tolist() == ((as_of - by_customer.max()) / pd.Timedelta(days=1)).tolist()
    first, last = days.groupby("CustomerID").min(), days.groupby("CustomerID").max()
    assert rows["t_x"].tolist() == ((last - first) / pd.Timedelta(days=1)).tolist()

    only_refunds = known[~known["CustomerID"].isin(buyers)]
    assert (counts.rows, counts.null_id) == (len(log), int(log["CustomerID"].isna().sum()))
    assert counts.without_purchase == len(only_refunds)
    assert counts.customers_without_purchase == only_refunds["CustomerID"].nunique()
    assert counts.rows == counts.counted + counts.null_id + counts.without_purchase

    ignored, counts = loyalty.summarize(log, **names, on_invalid="drop", refunds="ignore", return_counts=True)
    assert ignored["total_amount"].tolist() == purchases.groupby("CustomerID")["Amount"].agg(math.fsum).tolist()
    assert counts.refund_ignored == int((known["Amount"] < 0).sum())
    with pytest.raises(loyalty.LoyaltyError, match=r"^amount \(column 'Amount'\) in row \d+ is -"):
        loyalty.summarize(log, **names, on_invalid="drop", refunds="refuse")

    # As pandas.read_excel reads the invoices: numbers, and texts where there is a C.
    excel = log.assign(InvoiceNo=[int(i) if i.isdigit() else i for i in log["InvoiceNo"]])
    with pytest.raises(
        loyalty.LoyaltyTypeError, match=r"^order \(column 'InvoiceNo'\) is a text in row .* astype\(str\)"
    ):
        loyalty.summarize(excel, **names, on_invalid="drop")
    again = loyalty.summarize(excel.astype({"InvoiceNo": str}), **names, on_invalid="drop")
    pd.testing.assert_frame_equal(again, rows)

    card = loyalty.Scorecard(horizon_days=60, on_invalid="drop", random_state=7).fit(log, **names)
    scores = card.score(log)
    assert scores["CustomerID"].tolist() == buyers
    assert scores["total_amount"].tolist() == totals.tolist()


# Calendars ------------------------------------------------------------------------------------------------------------

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Tehran",
]
PERIODS: dict[str, Callable[[pd.Series], Any]] = {
    "day": lambda local: local.dt.date,
    "week": lambda local: local.dt.tz_localize(None).dt.to_period("W-SUN"),
    "month": lambda local: local.dt.tz_localize(None).dt.to_period("M"),
}


def around_changes(seed: int, zone: str) -> pd.DataFrame:
    """Purchases in the hours around changes of a zone's clocks, and in between."""
    rng = np.random.default_rng(seed)
    days = pd.date_range("2015-01-01", "2020-12-31", freq="D", tz="UTC")
    offsets = np.array([d.tz_convert(zone).utcoffset() for d in days])
    changes = days[np.flatnonzero(offsets[1:] != offsets[:-1]) + 1] if (offsets != offsets[0]).any() else days[::200]
    near = rng.choice(changes.as_unit("us").asi8, 1_500) + rng.integers(-2 * DAY, 2 * DAY, 1_500)
    far = rng.integers(days[0].value // 1_000, days[-1].value // 1_000, 500)
    times = pd.to_datetime(np.concatenate([near, far]), unit="us", utc=True)
    return pd.DataFrame({"customer": rng.integers(0, 25, 2_000), "time": times, "amount": rng.gamma(2.0, 9.0, 2_000)})


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("period", PERIODS)
def test_periods_are_those_of_the_zone(zone: str, period: str) -> None:
    log = around_changes(len(zone), zone)
    local = log["time"].dt.tz_convert(zone)
    expected = PERIODS[period](local).groupby(log["customer"]).nunique()
    for frame, tz in (
        (log, zone),
        # Neither the zone of the times nor their lack of one matters: they are instants.
        (log.assign(time=local), ZoneInfo(zone)),
        (log.assign(time=log["time"].dt.tz_localize(None)), zone),
        (log.assign(time=log["time"].dt.tz_convert("Asia/Tokyo")), zone),
    ):
        rows = loyalty.summarize(frame, period=period, tz=tz)
        assert rows["n_purchases"].tolist() == expected.tolist()
    apart = loyalty.summarize(log, period="none", tz=zone)
    assert apart["n_purchases"].tolist() == log.groupby("customer").size().tolist()
    if zone == "UTC":
        pd.testing.assert_frame_equal(
            loyalty.summarize(log, period=period), loyalty.summarize(log, period=period, tz=zone)
        )


def test_times_of_several_zones_are_instants() -> None:
    noon = datetime.datetime(2021, 3, 28, 12, tzinfo=datetime.timezone.utc)
    zones = [ZoneInfo("Asia/Tokyo"), datetime.timezone.utc, ZoneInfo("America/New_York"), None]
    times = [noon.astimezone(zone) if zone else noon.replace(tzinfo=None) for zone in zones]
    for column in (times, pd.Series(times, dtype=object), pl.Series(times, dtype=pl.Object)):
        rows = loyalty.summarize(customer=[1, 2, 3, 4], time=column, amount=np.ones(4))
        assert orders.plain(rows)["first_time"] == [int(noon.timestamp() * 1e6)] * 4


def test_time_zones_that_are_none() -> None:
    log = {"customer": [1], "time": [0], "amount": [1.0]}
    with pytest.raises(loyalty.LoyaltyError, match="^tz is Europe/Belin; it must be a name of the IANA") as error:
        loyalty.summarize(log, tz="Europe/Belin")
    assert error.value.argument == "tz"
    with pytest.raises(TypeError, match="^tz is .* it must be a name such as 'Europe/Berlin'"):
        loyalty.summarize(log, tz=datetime.timezone(datetime.timedelta(hours=2)))
    assert loyalty.summarize(log, tz=datetime.timezone.utc)["n_purchases"].tolist() == [1]


# Moments --------------------------------------------------------------------------------------------------------------

MOMENTS = [
    "1998-06-30",
    "1998-06-30T00:00:00Z",
    "1998-06-30 02:00+02:00",
    datetime.date(1998, 6, 30),
    datetime.datetime(1998, 6, 30),
    datetime.datetime(1998, 6, 30, tzinfo=datetime.timezone.utc),
    datetime.datetime(1998, 6, 30, 2, tzinfo=ZoneInfo("Europe/Berlin")),
    *(np.datetime64("1998-06-30", unit) for unit in ("D", "h", "s", "ms", "us", "ns")),
    pd.Timestamp("1998-06-30"),
    pd.Timestamp("1998-06-30 02:00", tz="Europe/Berlin"),
    pd.Timestamp("1998-06-30").as_unit("ns"),
    899_164_800_000_000,
    np.int64(899_164_800_000_000),
]


@pytest.mark.parametrize("as_of", MOMENTS, ids=repr)
def test_moments(as_of: Any, cdnow: dict[str, np.ndarray]) -> None:
    expected = loyalty.summarize(cdnow, as_of="1998-06-30")
    assert orders.plain(loyalty.summarize(cdnow, as_of=as_of)) == orders.plain(expected)
    rows = loyalty.Accumulator()
    rows.update(cdnow)
    assert orders.plain(rows.finish(as_of)) == orders.plain(expected)
    assert int(expected["first_time"].view(np.int64)[0] + expected["tenure_days"][0] * DAY) == 899_164_800_000_000


@pytest.mark.parametrize(
    ("as_of", "message"),
    [
        ("last week", "^as_of is 'last week'; it must be a date or time such as '1998-06-30'"),
        (1.5, "^as_of is 1.5; it must be a date, a time, or microseconds since 1970"),
        (True, "^as_of is True; it must be a date"),
        (pd.NaT, "^as_of is NaT; it must be a date"),
        (np.datetime64("NaT"), "^as_of is .*NaT.*; it must be a date"),
        (2**63, "^as_of is 9223372036854775808; it must fit 64 bits"),
        (datetime.time(12), "^as_of is datetime.time"),
        (np.timedelta64(3, "D"), "^as_of is .*timedelta64"),
    ],
)
def test_what_is_no_moment(as_of: Any, message: str, cdnow: dict[str, np.ndarray], card: loyalty.Scorecard) -> None:
    rows = loyalty.Accumulator()
    rows.update(cdnow)
    calls = (
        lambda: loyalty.summarize(cdnow, as_of=as_of),
        lambda: rows.finish(as_of),
        lambda: card.score(cdnow, order=None, usage=None, feedback=None, as_of=as_of),
    )
    for call in calls:
        with pytest.raises(loyalty.LoyaltyError, match=message) as error:
            call()
        assert error.value.argument == "as_of"


def test_rows_after_the_moment_do_not_count(cdnow: dict[str, np.ndarray]) -> None:
    rows, counts = loyalty.summarize(cdnow, as_of="1997-03-31", return_counts=True)
    early = cdnow["time"] <= np.datetime64("1997-03-31")
    upto = {name: values[early] for name, values in cdnow.items()}
    assert orders.plain(rows) == orders.plain(loyalty.summarize(upto, as_of="1997-03-31"))
    assert counts.after_as_of == int((~early).sum())


# Choices --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("choice", ["period", "refunds", "on_invalid", "time_unit"])
def test_unknown_choices(choice: str, cdnow: dict[str, np.ndarray]) -> None:
    with pytest.raises(loyalty.LoyaltyError, match=f"^{choice} is .*fortnight"):
        loyalty.summarize(cdnow, **{choice: "fortnight"})
    with pytest.raises(loyalty.LoyaltyError, match=f"^{choice} is .*fortnight"):
        loyalty.Accumulator(**{choice: "fortnight"})


def test_threads_and_progress(cdnow: dict[str, np.ndarray]) -> None:
    expected = orders.plain(loyalty.summarize(cdnow))
    for n_threads in (1, 2, 5):
        assert orders.plain(loyalty.summarize(cdnow, n_threads=n_threads)) == expected
    with pytest.raises(loyalty.LoyaltyError, match="^n_threads is 0"):
        loyalty.summarize(cdnow, n_threads=0)

    class Enough(Exception):
        pass

    def stop(stage: str, done: int, total: int | None) -> None:
        raise Enough(stage)

    many = {name: np.tile(values, 400) for name, values in cdnow.items()}
    with pytest.raises(Enough):
        loyalty.summarize(many, progress=stop)
    assert orders.plain(loyalty.summarize(cdnow)) == expected


def test_inputs_are_not_changed(cdnow: dict[str, np.ndarray]) -> None:
    before = pickle.dumps(cdnow)
    for values in cdnow.values():
        values.flags.writeable = False
    loyalty.summarize(cdnow)
    for values in cdnow.values():
        values.flags.writeable = True
    assert pickle.dumps(cdnow) == before


# Batches --------------------------------------------------------------------------------------------------------------


def test_batches_and_merges_change_no_bit(log: dict[str, np.ndarray]) -> None:
    expected = orders.plain(loyalty.summarize(log, order="order", period="week", tz="Asia/Tokyo"))
    parts = [{name: values[k::3] for name, values in log.items()} for k in range(3)]
    accumulators = [loyalty.Accumulator(order="order", period="week", tz="Asia/Tokyo") for _ in parts]
    for rows, part in zip(accumulators, parts, strict=True):
        rows.update(part)
    accumulators[2].merge(accumulators[0])
    accumulators[2].merge(accumulators[1])
    assert orders.plain(accumulators[2].finish()) == expected
    assert accumulators[2].span == (log["time"].min(), log["time"].max())


def test_a_failed_batch_leaves_no_trace(log: dict[str, np.ndarray]) -> None:
    rows = loyalty.Accumulator()
    assert rows.span is None
    rows.update(log)
    expected = orders.plain(rows.finish())
    bad = pa.chunked_array([log["amount"][:300], np.append(log["amount"][300:-1], np.nan)])
    with pytest.raises(loyalty.LoyaltyError, match="^amount in row 599 is NaN"):
        rows.update({**log, "amount": bad})
    with pytest.raises(loyalty.LoyaltyError) as error:
        rows.update({**log, "customer": ["a"] * 600})
    assert error.value.argument == "customer"
    with pytest.raises(loyalty.LoyaltyError, match="^period"):
        rows.merge(loyalty.Accumulator(period="week"))
    assert orders.plain(rows.finish()) == expected


def test_an_accumulator_with_other_names(log: dict[str, np.ndarray]) -> None:
    named = loyalty.Accumulator(customer="who", amount="paid")
    named.update(pd.DataFrame({"who": log["customer"], "time": log["time"], "paid": log["amount"]}))
    named.update(log, customer="customer", amount=log["amount"])
    assert named.finish().columns[0] == "who"
    twice = {name: np.tile(values, 2) for name, values in log.items()}
    assert list(orders.plain(named.finish()).values()) == list(orders.plain(loyalty.summarize(twice)).values())
    with pytest.raises(TypeError, match="^after is None"):
        named.next_purchase(None)


def test_next_purchases_and_totals(cdnow: dict[str, np.ndarray]) -> None:
    rows = loyalty.Accumulator()
    rows.update(pd.DataFrame(cdnow))
    frame, cut = pd.DataFrame(cdnow), pd.Timestamp("1997-09-30")
    later = frame[frame["time"] > cut].groupby("customer")
    following = rows.next_purchase("1997-09-30").set_index("customer")["next_purchase"]
    expected = later["time"].min().reindex(following.index)
    pd.testing.assert_series_equal(following, expected, check_names=False, check_dtype=False)
    totals = rows.purchase_totals("1997-09-30", "1998-06-30").set_index("customer")["purchase_total"]
    assert totals.tolist() == later["amount"].agg(math.fsum).reindex(totals.index, fill_value=0.0).tolist()


def test_threads_share_an_accumulator(log: dict[str, np.ndarray]) -> None:
    rows = loyalty.Accumulator()

    def work() -> None:
        for _ in range(20):
            rows.update(log)
            rows.finish()
            assert rows.span is not None

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    many = {name: np.tile(values, 80) for name, values in log.items()}
    assert orders.plain(rows.finish()) == orders.plain(loyalty.summarize(many))


# Memory, other threads, and Ctrl-C ------------------------------------------------------------------------------------

START = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import threading, time
import numpy as np
import loyalty

def made(rows, customers):
    rng = np.random.default_rng(1)
    return {{
        "customer": rng.integers(0, customers, rows),
        "time": rng.integers(0, 10**15, rows).astype("M8[us]"),
        "amount": rng.random(rows) * 100,
    }}
"""


def run(tool: str, code: str) -> str:
    code = START + tool + textwrap.dedent(code)
    # Memory that is freed goes back at once, so that it can be counted.
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


PEAK = """
def peak(call):
    '''The megabytes beyond those before the call that it needed at most.'''
    def status(name):
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) / 1024 for line in file if line.startswith(name))
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    before = status("VmRSS")
    result = call()
    return status("VmHWM") - before
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="reads Linux's count of memory")
def test_columns_are_not_copied() -> None:
    rows = 1_000_000
    out = run(
        PEAK,
        f"""
        import pandas as pd, polars as pl, pyarrow as pa
        log = made({rows}, 20_000)
        small = {{name: values[:1000] for name, values in log.items()}}
        frames = {{
            "numpy": dict,
            "pandas": lambda log: pd.DataFrame(log, copy=False),
            "polars": pl.DataFrame,
            "arrow": pa.table,
            "pandas on pyarrow": lambda log: pa.table(log).to_pandas(types_mapper=pd.ArrowDtype),
            "zoned": lambda log: pd.DataFrame(
                {{**log, "time": pd.Series(log["time"]).dt.tz_localize("UTC")}}, copy=False
            ),
            "ns": lambda log: {{**log, "time": log["time"].astype("M8[ns]")}},
            "arrow ns": lambda log: pa.table({{**log, "time": log["time"].astype("M8[ns]")}}),
        }}
        plan = dict(random_state=7, n_threads=1, clusters=loyalty.ChooseK(2, 3))
        card = loyalty.Scorecard(**plan).fit(made(20_000, 2_000))
        tasks = {{
            "summarize": lambda frame: loyalty.summarize(frame, n_threads=1),
            "score": card.score,
            "fit": lambda frame: loyalty.Scorecard(**plan).fit(frame),
        }}
        for what, task in tasks.items():
            for kind, make in frames.items():
                if what == "summarize" or kind in ("numpy", "pandas", "arrow", "arrow ns"):
                    task(make(small)) if what != "fit" else None
                    frame = make(log)
                    print(what, kind, round(peak(lambda: task(frame)), 1), sep=",")
        """,
    )
    print(out)
    figures = {
        (what, kind): float(megabytes) for what, kind, megabytes in (line.split(",") for line in out.splitlines())
    }
    column = rows * 8 / 2**20
    for (what, kind), megabytes in figures.items():
        beyond = megabytes - figures[what, "numpy"]
        assert beyond < (1.5 if kind.endswith("ns") else 0.5) * column, (what, kind, figures)


HEARTBEAT = """
def longest_gap(call):
    '''The milliseconds for which other threads stood still at most.'''
    gaps, done = [0.0], threading.Event()
    def beat():
        last = time.perf_counter()
        while not done.is_set():
            time.sleep(0.001)
            now = time.perf_counter()
            gaps.append(now - last)
            last = now
    thread = threading.Thread(target=beat)
    thread.start()
    time.sleep(0.02)
    gaps[:] = [0.0]
    # Kept, for the caller is who throws it away.
    result = call()
    done.set()
    thread.join()
    return max(gaps) * 1000
"""


def test_other_threads_go_on() -> None:
    out = run(
        HEARTBEAT,
        """
        import pandas as pd, polars as pl, pyarrow as pa
        log = made(2_000_000, 10**9)
        texts = pa.array(log["customer"]).cast(pa.string())
        arrow = pa.table({**log, "customer": texts})
        objects = {**log, "customer": texts.to_numpy(zero_copy_only=False)}
        kinds = {
            "arrow": arrow,
            "polars": pl.from_arrow(arrow),
            "pandas": pd.DataFrame(objects, copy=False),
            "objects": objects,
            "float ids": {**log, "customer": log["customer"].astype(float)},
        }
        for kind, frame in kinds.items():
            print(kind, round(min(longest_gap(lambda: loyalty.summarize(frame)) for _ in range(2)), 1), sep=",")
        """,
    )
    print(out)
    figures = dict(line.split(",") for line in out.splitlines())
    # 20 ms on a machine of its own; this one may have others to serve.
    assert max(map(float, figures.values())) < 200, figures


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal as only Unix has it")
@pytest.mark.parametrize(
    "kind", ["log", "{**log, 'customer': np.array(list(map(str, log['customer'].tolist())), dtype=object)}"]
)
def test_ctrl_c_is_heard(kind: str) -> None:
    code = START + textwrap.dedent(
        f"""
        log = made(10_000_000 if {kind == "log"} else 1_000_000, 1_000_000)
        log = {kind}
        print("ready", flush=True)
        try:
            while True:
                loyalty.summarize(log)
        except KeyboardInterrupt:
            print(time.monotonic(), flush=True)
        few = {{name: values[:1000] for name, values in log.items()}}
        assert loyalty.summarize(few)["n_purchases"].sum() > 0
        """
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(0.7)
        sent = time.monotonic()
        child.send_signal(signal.SIGINT)
        heard = float(child.stdout.readline())
        assert child.wait(60) == 0
    print(f"{(heard - sent) * 1000:.0f} ms")
    assert heard - sent < 1.0
