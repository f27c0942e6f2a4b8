"""A fitted estimator of every kind, and the bits of what it answers."""

from __future__ import annotations

from typing import Any

import numpy as np

import loyalty

#: One customer's figures.
ONE = {"recency_days": 12.0, "n_purchases": 8, "total_amount": 530.5, "tenure_days": 400.0}


def customers(log: dict[str, Any]) -> dict[str, Any]:
    """One row a customer, without ids and times."""
    rows = loyalty.summarize(log)
    return {name: np.asarray(rows[name]) for name in ("recency_days", "n_purchases", "total_amount", "tenure_days")}


def estimators(rows: dict[str, Any], log: dict[str, Any]) -> dict[str, Any]:
    """Each kind of estimator, fitted to these customers."""
    behaviours = {name: rows[name] for name in ("recency_days", "n_purchases", "total_amount")}
    features = {name: rows[name] for name in ("n_purchases", "total_amount", "tenure_days")}
    return {
        "RFM": loyalty.RFM().fit(rows),
        "LoyaltyScore": loyalty.LoyaltyScore(normaliser="z_score", inverted=["recency_days"]).fit(behaviours),
        "LogisticChurn": loyalty.LogisticChurn(C=0.5).fit(features, rows["recency_days"] > 180.0),
        "KMeans": loyalty.KMeans(n_clusters=4, random_state=7).fit(behaviours),
        "ChooseK": loyalty.ChooseK(2, 4, kmeans=loyalty.KMeans(random_state=7)).fit(behaviours),
        "StandardScaler": loyalty.StandardScaler().fit(behaviours),
        "MinMaxScaler": loyalty.MinMaxScaler().fit(behaviours),
        "Scorecard": loyalty.Scorecard(random_state=7).fit(log),
    }


def answers(estimator: Any, rows: dict[str, Any], log: dict[str, Any]) -> dict[str, bytes]:
    """The bits of everything that it answers about these customers, and of its model file."""
    found: dict[str, Any] = {"model file": estimator.to_json()}
    names = getattr(estimator, "feature_names_in_", rows)
    columns = {name: rows[name] for name in names}
    for method in ("predict", "predict_proba", "decision_function", "transform", "inverse_transform", "tier"):
        if hasattr(estimator, method):
            found[method] = getattr(estimator, method)(columns)
    if isinstance(estimator, loyalty.ChooseK):
        found["transform"] = estimator.best_estimator_.transform(columns)
    if isinstance(estimator, loyalty.Scorecard):
        found |= estimator.score(log)
        found["one"] = repr(estimator.score_one(**ONE))
    elif isinstance(estimator, (loyalty.LoyaltyScore, loyalty.KMeans)):
        found["score"] = estimator.score(columns)
    return {name: part for name, answer in found.items() for name, part in _bits(name, answer)}


def _bits(name: str, answer: Any) -> list[tuple[str, bytes]]:
    if isinstance(answer, dict):
        return [(f"{name}.{key}", part) for key, value in answer.items() for _, part in _bits(key, value)]
    array = np.asarray(answer)
    return [(name, repr(array.tolist()).encode() if array.dtype == object else array.tobytes())]
