"""The scorecard: its parts, its columns by name, and one customer at a time."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import orders
import pandas as pd
import pytest

import loyalty

COLUMNS = [
    "customer", "recency_days", "n_purchases", "total_amount", "tenure_days", "r", "f", "m", "rfm_score", "segment",
    "loyalty", "tier", "churn_probability", "risk", "cluster", "clv", "action",
]  # fmt: skip


def test_scores_of_a_log(card: loyalty.Scorecard, log: dict[str, np.ndarray]) -> None:
    scores = card.score(pd.DataFrame(log))
    assert scores.columns.tolist() == COLUMNS
    rows = loyalty.summarize(pd.DataFrame(log), order="order")
    pd.testing.assert_frame_equal(scores[COLUMNS[:5]], rows[COLUMNS[:5]])
    rfm = card.rfm_.transform(rows)
    for name in ("r", "f", "m", "rfm_score", "segment"):
        assert scores[name].tolist() == rfm[name].tolist(), name
    assert scores["tier"].tolist() == [card.loyalty_.tier_of(v) for v in scores["loyalty"]]
    assert scores["cluster"].isin(card.cluster_names_).all()
    assert scores["churn_probability"].between(0, 1).all()
    assert (scores["clv"] >= 0).all()
    quality = card.churn_quality_
    assert quality is not None
    cutoff = log["time"].max() - np.timedelta64(120, "D")
    assert quality.n_train + quality.n_holdout == len(loyalty.summarize(log, as_of=cutoff)["customer"])


def test_one_customer_has_the_bits_of_many(card: loyalty.Scorecard, log: dict[str, np.ndarray]) -> None:
    scores = card.score(pd.DataFrame(log))
    by_customer = pd.DataFrame(log).groupby("customer")
    usage, feedback = by_customer["usage"].sum(), by_customer["feedback"].mean()
    for row in scores.itertuples():
        figures = {name: getattr(row, name) for name in COLUMNS[1:5]}
        known = None if np.isnan(feedback[row.customer]) else feedback[row.customer]
        one = card.score_one(**figures, usage=usage[row.customer], feedback=known)
        assert one.to_dict() == {name: getattr(row, name) for name in COLUMNS[5:]}
        one = card.score_one(*figures.values(), usage[row.customer], known)
        parts = card.churn_contributions(**figures)
        odds = np.log(row.churn_probability / (1 - row.churn_probability))
        assert sum(parts.values()) + card.churn_.base_value_ == pytest.approx(odds, abs=1e-9)
        shares = card.loyalty_contributions(**figures, usage=usage[row.customer], feedback=known)
        assert sum(shares.values()) == pytest.approx(row.loyalty)
        assert list(shares) == card.behaviours_


@pytest.mark.parametrize(
    ("figures", "argument"),
    [
        ((np.nan, 1, 1.0, 2.0), "recency_days"),
        ((-1.0, 1, 1.0, 2.0), "recency_days"),
        ((1.0, 0, 1.0, 2.0), "n_purchases"),
        ((1.0, 1.5, 1.0, 2.0), "n_purchases"),
        ((1.0, 1, np.inf, 2.0), "total_amount"),
        ((3.0, 1, 1.0, 2.0), "tenure_days"),
    ],
)
def test_figures_at_odds(card: loyalty.Scorecard, figures: tuple[Any, ...], argument: str) -> None:
    with pytest.raises(loyalty.LoyaltyError) as error:
        card.score_one(*figures)
    assert error.value.argument in (argument, "recency_days")
    with pytest.raises(TypeError, match="^visits is no figure of a customer; it must be one of recency_days"):
        card.churn_contributions(visits=1)
    with pytest.raises(TypeError, match="^n_purchases is missing; it must be given"):
        card.loyalty_contributions(recency_days=1)


def test_names_of_the_fit_are_remembered(log: dict[str, np.ndarray], card: loyalty.Scorecard) -> None:
    named = pd.DataFrame(log).rename(columns={"customer": "who", "time": "at", "amount": "paid"})
    names = {
        "customer": "who",
        "time": "at",
        "amount": "paid",
        "order": "order",
        "usage": "usage",
        "feedback": "feedback",
    }
    again = loyalty.Scorecard(horizon_days=120, random_state=7).fit(named, **names)
    assert again.to_json() == card.to_json()
    scores = again.score(named)
    assert scores.columns[0] == "who"
    for same in (
        card.score(pd.DataFrame(log)),
        again.score(pd.DataFrame(log), customer="customer", time="time", amount="amount"),
        loyalty.loads(card.to_json()).score(pd.DataFrame(log), order="order", usage="usage", feedback="feedback"),
    ):
        assert list(orders.plain(same).values()) == list(orders.plain(scores).values())
    with pytest.raises(loyalty.LoyaltyError, match="^customer is 'who', which is no column of the data"):
        again.score(log)
    with pytest.raises(
        TypeError, match="^price is no column of a log; it must be one of customer, time, amount, order"
    ):
        card.score(log, price="amount")
    with pytest.raises(loyalty.LoyaltyError, match=r"^amount \(column 'paid'\) in row 3 is NaN"):
        again.score(named.assign(paid=named["paid"].where(named.index != 3)))


def test_columns_by_themselves(log: dict[str, np.ndarray], card: loyalty.Scorecard) -> None:
    again = loyalty.Scorecard(horizon_days=120, random_state=7).fit(**log)
    assert again.to_json() == card.to_json()
    assert orders.plain(again.score(**log)) == orders.plain(card.score(log))


def test_parts_as_estimators(log: dict[str, np.ndarray]) -> None:
    card = loyalty.Scorecard(
        horizon_days=120,
        rfm=loyalty.RFM(3),
        churn=loyalty.LogisticChurn(C=0.1),
        clusters=loyalty.ChooseK(2, 3, kmeans=loyalty.KMeans(n_init=2)),
        weights={"recency_days": 1.0, "n_purchases": 2.0},
        tiers={"names": ["a", "b"], "thresholds": [50]},
        risks={"names": ["safe", "gone"], "thresholds": [0.5]},
        actions=[("a", "gone", "call"), (None, None, "wait")],
        random_state=3,
    ).fit(log)
    scores = card.score(log)
    assert set(scores["r"]) == {1, 2, 3}
    assert set(scores["tier"]) == {"a", "b"}
    expected = [
        "call" if t == "a" and p >= 0.5 else "wait"
        for t, p in zip(scores["tier"], scores["churn_probability"], strict=True)
    ]
    assert scores["action"].tolist() == expected
    assert card.rfm_.n_bins == 3
    assert card.churn_.C == 0.1
    read = loyalty.loads(card.to_json())
    assert (read.rfm.n_bins, read.churn.C, read.clusters.kmeans.n_init) == (3, 0.1, 2)
    assert read.actions == [("a", "gone", "call"), (None, None, "wait")]
    with pytest.raises(TypeError, match="^rfm is 3; it must be a RFM|^rfm is 3; it must be an RFM"):
        loyalty.Scorecard(rfm=3).fit(log)
    with pytest.raises(TypeError, match=r"^actions\[1\] is 'wait'; it must be \(tier, risk, action\)"):
        loyalty.Scorecard(actions=[("a", None, "x"), "wait"]).fit(log)


def test_logs_that_will_not_do(log: dict[str, np.ndarray]) -> None:
    with pytest.raises(loyalty.LoyaltyError, match="^horizon_days") as error:
        loyalty.Scorecard(horizon_days=2_000).fit(log)
    assert error.value.code == "DEGENERATE"
    few = {name: values[:2] for name, values in log.items()}
    with pytest.raises(loyalty.LoyaltyError) as error:
        loyalty.Scorecard().fit(few)
    assert error.value.code in ("TOO_FEW_ROWS", "DEGENERATE")
    with pytest.raises(loyalty.LoyaltyError) as error:
        loyalty.Scorecard(horizon_days=-1).fit(log)
    assert error.value.argument == "horizon_days"


def test_unfitted(log: dict[str, np.ndarray]) -> None:
    card = loyalty.Scorecard()
    for call in (lambda: card.score(log), lambda: card.score_one(1, 1, 1, 1), lambda: card.rfm_, card.to_json):
        with pytest.raises((ValueError, AttributeError), match="not fitted"):
            call()
    assert not hasattr(card, "churn_")


def test_results_of_a_fit(log: dict[str, np.ndarray], card: loyalty.Scorecard) -> None:
    expected = orders.plain(card.score(log))
    for n_threads in (1, 3):
        again = loyalty.Scorecard(horizon_days=120, random_state=7, n_threads=n_threads)
        again.fit(log, order="order", usage="usage", feedback="feedback")
        assert again.to_json() == card.to_json()
        assert orders.plain(again.score(log)) == expected
    for other in (pickle.loads(pickle.dumps(card)), copy.deepcopy(card)):
        assert orders.plain(other.score(log)) == expected
    stages: list[str] = []
    loyalty.Scorecard(horizon_days=120, random_state=7, progress=lambda stage, done, total: stages.append(stage)).fit(
        {name: np.tile(values, 50) for name, values in log.items()}
    )
    shown = card._repr_html_()
    assert "<script" not in shown
    assert "churn model on customers it had not seen" in shown


def test_the_zone_bounds_the_days(log: dict[str, np.ndarray]) -> None:
    late = {**log, "time": log["time"] + np.timedelta64(23, "h")}
    frame = pd.DataFrame(late)
    utc, tokyo = (loyalty.Scorecard(120, tz=tz, random_state=7).fit(frame) for tz in (None, "Asia/Tokyo"))
    rows = loyalty.summarize(frame, tz="Asia/Tokyo")
    assert tokyo.score(frame)["n_purchases"].tolist() == rows["n_purchases"].tolist()
    assert loyalty.loads(tokyo.to_json()).tz == "Asia/Tokyo"
    assert utc.tz is None
