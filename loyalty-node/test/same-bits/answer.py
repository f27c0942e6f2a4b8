"""Writes and uses model files from Python, as the examples of the core do from Rust.

fit <features.csv> <folder>        each kind of model, fitted to the features; the last column is 1 where the customer left
answer <features.csv> <model>...   what each model answers about each customer
plan <log.csv> <model>             a scorecard of the order log
score <log.csv> <model>...         what each scorecard says of the customers of the order log

Answers are CSV, scores with a header line; an empty line ends those of each model. A float's text is its shortest.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import loyalty


def read(path: str) -> dict[str, np.ndarray]:
    """The columns of a CSV file with a header line, as texts."""
    with open(path, newline="") as file:
        header, *rows = csv.reader(file)
    return {name: np.array(column, dtype=object) for name, column in zip(header, zip(*rows, strict=True), strict=True)}


def floats(path: str) -> dict[str, np.ndarray]:
    return {name: column.astype(np.float64) for name, column in read(path).items()}


def log(path: str) -> dict[str, np.ndarray]:
    columns = read(path)
    return {
        "customer": columns["customer_id"],
        "time": columns["date"].astype("datetime64[us]"),
        "amount": columns["amount"].astype(np.float64),
    }


def fit(features: str, folder: str) -> None:
    rows = floats(features)
    left = rows.pop("left") == 1.0
    names = dict(zip(("recency", "frequency", "monetary"), rows, strict=False))
    for estimator, y in (
        (loyalty.RFM(**names), None),
        (loyalty.LoyaltyScore({name: 1.0 for name in rows}), None),
        (loyalty.LogisticChurn(), left),
        (loyalty.KMeans(4, random_state=7), None),
        (loyalty.StandardScaler(), None),
        (loyalty.MinMaxScaler(), None),
    ):
        estimator.fit(rows, *(() if y is None else (y,)))
        text = estimator.to_json()
        kind = text.split('"kind":"', 1)[1].split('"', 1)[0]
        Path(folder, f"{kind}.json").write_text(text)


def answer(features: str, *models: str) -> None:
    rows = floats(features)
    for path in models:
        show(answers(loyalty.load(path), rows))


def answers(model: Any, rows: dict[str, np.ndarray]) -> list[Any]:
    if isinstance(model, loyalty.RFM):
        scores = model.transform(dict(list(rows.items())[:3]))
        return [scores[name] for name in ("r", "f", "m", "rfm_score")]
    if isinstance(model, loyalty.LoyaltyScore):
        return [model.score(rows)]
    if isinstance(model, loyalty.LogisticChurn):
        return [model.decision_function(rows), model.predict_proba(rows)[:, 1]]
    if isinstance(model, loyalty.Scorecard):
        names = ("r", "f", "m", "rfm_score", "loyalty", "churn_probability", "clv")
        names += ("segment", "tier", "risk", "cluster", "action")
        figures = zip(*(column.tolist() for column in rows.values()), strict=True)
        scores = [model.score_one(**dict(zip(rows, row, strict=True))) for row in figures]
        return [[getattr(score, name) for score in scores] for name in names]
    return list(np.asarray(model.transform(rows)).T)


def plan(path: str, model: str) -> None:
    Path(model).write_text(loyalty.Scorecard(horizon_days=150, random_state=7).fit(log(path)).to_json())


def score(path: str, *models: str) -> None:
    for model in models:
        scores = loyalty.load(model).score(log(path))
        show(list(scores.values()), [list(scores)])


def show(columns: list[Any], header: Sequence[list[str]] = ()) -> None:
    # What a list of Python holds is written in full, a float as the shortest text that means the same float.
    rows = zip(*(np.asarray(column).tolist() for column in columns), strict=True)
    csv.writer(sys.stdout, lineterminator="\n").writerows([*header, *rows, []])


if __name__ == "__main__":
    {"fit": fit, "answer": answer, "plan": plan, "score": score}[sys.argv[1]](*sys.argv[2:])
