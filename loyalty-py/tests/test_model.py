"""Model files: read and written, whole and damaged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import orders
import pytest

import loyalty


@pytest.fixture(scope="module")
def models(card: loyalty.Scorecard, log: dict[str, np.ndarray]) -> dict[str, loyalty._estimator.Estimator]:
    rows = loyalty.summarize(log)
    X = {name: rows[name] for name in ("recency_days", "n_purchases", "total_amount")}
    return {
        "scorecard": card,
        "rfm": loyalty.RFM().fit(rows),
        "loyalty_score": loyalty.LoyaltyScore().fit(X),
        "logistic_churn": loyalty.LogisticChurn().fit(X, rows["n_purchases"] % 2 == 0),
        "kmeans": loyalty.KMeans(3, random_state=1).fit(X),
        "standard_scaler": loyalty.StandardScaler().fit(X),
        "min_max_scaler": loyalty.MinMaxScaler().fit(X),
    }


KINDS = ["scorecard", "rfm", "loyalty_score", "logistic_churn", "kmeans", "standard_scaler", "min_max_scaler"]


@pytest.mark.parametrize("kind", KINDS)
def test_models_are_read_as_they_were_written(
    kind: str, models: dict[str, loyalty._estimator.Estimator], tmp_path: Path
) -> None:
    model = models[kind]
    text = model.to_json()
    assert model.to_json(tmp_path / "model.json") is None
    for read in (
        loyalty.loads(text),
        loyalty.load(tmp_path / "model.json"),
        loyalty.load(str(tmp_path / "model.json")),
    ):
        assert type(read) is type(model)
        assert read.to_json() == text
    assert type(model).from_json(text).to_json() == text
    other = loyalty.MinMaxScaler if kind == "standard_scaler" else loyalty.StandardScaler
    with pytest.raises(loyalty.LoyaltyError) as error:
        other.from_json(text)
    assert error.value.code == "BAD_MODEL"


@pytest.mark.parametrize("kind", KINDS)
def test_no_customer_is_in_a_file(kind: str, models: dict[str, loyalty._estimator.Estimator]) -> None:
    assert "customer" not in json.loads(models[kind].to_json())["fitted"]
    assert len(models[kind].to_json()) < 20_000


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files(kind: str, models: dict[str, loyalty._estimator.Estimator]) -> None:
    text = models[kind].to_json()
    whole = json.loads(text)
    damaged = [
        text[: len(text) // 2],
        "",
        "[]",
        "null",
        json.dumps({**whole, "version": 99}),
        json.dumps({**whole, "kind": "tree"}),
    ]
    for bad in damaged:
        with pytest.raises(loyalty.LoyaltyError, match="^not a usable loyalty model") as error:
            loyalty.loads(bad)
        assert error.value.code == "BAD_MODEL"


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        loyalty.load(tmp_path / "none.json")
    (tmp_path / "picture.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(loyalty.LoyaltyError, match="^not a usable loyalty model") as error:
        loyalty.load(tmp_path / "picture.json")
    assert error.value.code == "BAD_MODEL"
    with pytest.raises(TypeError):
        loyalty.loads(3)


def test_a_scorecard_from_a_file_scores_the_same(card: loyalty.Scorecard, log: dict[str, np.ndarray]) -> None:
    read = loyalty.loads(card.to_json())
    names = {"order": "order", "usage": "usage", "feedback": "feedback"}
    assert orders.plain(read.score(log, **names)) == orders.plain(card.score(log))
    assert read.score_one(10, 3, 100.0, 200) == card.score_one(10, 3, 100.0, 200)
