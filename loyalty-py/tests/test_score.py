"""The loyalty score: against its formula, on frames and arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import loyalty

NAMES = ["recency_days", "n_purchases", "rating"]


@pytest.fixture
def X() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    values = {"recency_days": rng.gamma(2, 40, 200), "n_purchases": rng.integers(1, 20, 200), "rating": rng.random(200)}
    return pd.DataFrame(values, index=pd.Index([f"c{i}" for i in range(200)], name="customer"))


def normalised(values: pd.Series, rule: str) -> Any:
    if rule == "min_max":
        return (values - values.min()) / (values.max() - values.min())
    if rule == "z_score":
        return 1 / (1 + np.exp(-(values - values.mean()) / values.std(ddof=0)))
    return values


@pytest.mark.parametrize("rule", ["min_max", "z_score"])
def test_the_formula(X: pd.DataFrame, rule: str) -> None:
    weights = {"recency_days": 0.5, "n_purchases": 2.0, "rating": 1.5}
    normaliser = dict.fromkeys(NAMES[:2], rule) | {"rating": "none"}
    score = loyalty.LoyaltyScore(weights, normaliser=normaliser, inverted=["recency_days"]).fit(X)
    parts = pd.DataFrame({name: normalised(X[name], normaliser[name]) for name in NAMES})
    parts["recency_days"] = 1 - parts["recency_days"]
    shares = parts * (100 * pd.Series(weights) / 4)
    np.testing.assert_allclose(score.score(X), shares.sum(axis=1), rtol=1e-12)
    contributions = score.contributions(X)
    assert contributions.index.equals(X.index)
    np.testing.assert_allclose(contributions, shares[NAMES], rtol=1e-11, atol=1e-12)
    assert score.weights_.tolist() == pytest.approx([0.125, 0.5, 0.375])
    tiers = np.select([score.score(X) < 30, score.score(X) < 60], ["low", "medium"], "high")
    assert score.tier(X).tolist() == tiers.tolist()
    assert score.transform(X).shape == (200, 1)
    assert score.get_feature_names_out().tolist() == ["loyalty"]


def test_percentiles_keep_the_order(X: pd.DataFrame) -> None:
    score = loyalty.LoyaltyScore({"rating": 1.0}, normaliser="percentile").fit(X)
    assert np.argsort(score.score(X), kind="stable").tolist() == np.argsort(X["rating"], kind="stable").tolist()
    assert 0 <= score.score(X).min() <= score.score(X).max() <= 100


def test_weights_in_every_form(X: pd.DataFrame) -> None:
    by_name = loyalty.LoyaltyScore({"recency_days": 1, "n_purchases": 2, "rating": 3}).fit(X)
    for other in (loyalty.LoyaltyScore([1, 2, 3]).fit(X), loyalty.LoyaltyScore(np.array([1.0, 2.0, 3.0])).fit(X)):
        assert other.score(X).tobytes() == by_name.score(X).tobytes()
        assert other.behaviours_ == NAMES
    of_array = loyalty.LoyaltyScore([1, 2, 3]).fit(X.to_numpy())
    assert of_array.score(X.to_numpy()).tobytes() == by_name.score(X).tobytes()
    assert of_array.contributions(X.to_numpy()).shape == (200, 3)
    equal = loyalty.LoyaltyScore().fit(X)
    assert equal.weights_.tolist() == pytest.approx([1 / 3] * 3)
    # A frame may have more columns, in any order, than have a weight.
    shuffled = X.assign(name="x")[["name", "rating", "n_purchases", "recency_days"]]
    assert by_name.score(shuffled).tobytes() == by_name.score(X).tobytes()
    with pytest.raises(
        loyalty.LoyaltyError, match="^weights has 2 entries; it must have one for each of the 3 columns"
    ):
        loyalty.LoyaltyScore([1, 2]).fit(X)
    with pytest.raises(loyalty.LoyaltyError, match=r"^weights\['visits'\] is 'visits', which is no column of the data"):
        loyalty.LoyaltyScore({"visits": 1.0}).fit(X)
    with pytest.raises(loyalty.LoyaltyError, match="^weights has 0 entries|weights|behaviours"):
        loyalty.LoyaltyScore({}).fit(X)


def test_names_that_are_no_behaviours(X: pd.DataFrame) -> None:
    for params in ({"inverted": ["visits"]}, {"inverted": "visits"}, {"normaliser": {"visits": "none"}}):
        argument = next(iter(params))
        with pytest.raises(
            loyalty.LoyaltyError, match=f"^{argument} names 'visits'; it must be one of recency_days, n_"
        ) as error:
            loyalty.LoyaltyScore(**params).fit(X)
        assert error.value.argument == argument
    one = loyalty.LoyaltyScore(inverted="recency_days").fit(X)
    assert one.score(X).tobytes() == loyalty.LoyaltyScore(inverted=("recency_days",)).fit(X).score(X).tobytes()


def test_missing_behaviours(X: pd.DataFrame) -> None:
    gaps = X.copy()
    gaps.iloc[5, 2] = np.nan
    with pytest.raises(loyalty.LoyaltyError, match="row 5.*'?rating'?") as error:
        loyalty.LoyaltyScore().fit(gaps)
    assert error.value.row == 5
    score = loyalty.LoyaltyScore({"n_purchases": 1.0, "rating": 3.0}, missing="renormalise").fit(gaps)
    share = normalised(X["n_purchases"], "min_max").iloc[5] * 100
    assert score.score(gaps)[5] == pytest.approx(share)
    assert score.contributions(gaps).iloc[5].tolist() == pytest.approx([share, 0.0])
    assert score.score(pl.from_pandas(gaps)).tobytes() == score.score(gaps).tobytes()


def test_tiers(X: pd.DataFrame) -> None:
    tiers = {"names": ["bronze", "silver", "gold", "black"], "thresholds": [20, 50, 80]}
    score = loyalty.LoyaltyScore(tiers=tiers).fit(X)
    assert score.tier_names_ == tiers["names"]
    assert [score.tier_of(v) for v in (0, 19.99, 20, 50, 80, 100)] == [
        "bronze",
        "bronze",
        "silver",
        "gold",
        "black",
        "black",
    ]
    with pytest.raises(loyalty.LoyaltyError, match="tiers|thresholds"):
        loyalty.LoyaltyScore(tiers={"names": ["a"], "thresholds": [50]}).fit(X)
    with pytest.raises(loyalty.LoyaltyError, match="^score is 101"):
        score.tier_of(101)


def test_presets() -> None:
    preset = loyalty.LoyaltyScore.purchase_usage_feedback()
    assert preset.weights == {"purchase": 0.4, "usage": 0.4, "feedback": 0.2}
    assert len(loyalty.LoyaltyScore.c_score().weights) == 4
    frame = {name: np.arange(4.0) for name in preset.weights}
    assert preset.fit(frame).score(frame).tolist() == pytest.approx([0, 100 / 3, 200 / 3, 100])


def test_the_plain_mean_of_the_docstring() -> None:
    assert np.mean([5, 3000, 4.5, 5]) == 753.625
