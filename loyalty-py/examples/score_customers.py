"""Scores the customers of an order log in CSV, and saves the scorecard for a backend.

Usage: python score_customers.py orders.csv [scorecard.json]

The file has the columns customer_id, date and amount, as loyalty-core/examples/data/cdnow_sample.csv has.
"""

import sys
from pathlib import Path

import pandas as pd

import loyalty


def main(orders_csv: str, model_json: str) -> None:
    """Fits, scores, saves, and scores again from the file."""
    orders = pd.read_csv(orders_csv, dtype={"customer_id": str}, parse_dates=["date"])
    names = {"customer": "customer_id", "time": "date", "amount": "amount"}

    card = loyalty.Scorecard(horizon_days=180, random_state=7).fit(orders, **names)
    scores: pd.DataFrame = card.score(orders)
    print(scores.groupby("action")[["total_amount", "churn_probability", "clv"]].mean().round(2))

    card.to_json(Path(model_json))
    loaded = loyalty.load(model_json)
    assert loaded.score(orders, **names).equals(scores), "a model file keeps every bit"

    one = loaded.score_one(recency_days=12, n_purchases=8, total_amount=530.5, tenure_days=400)
    print(f"{one.segment}, {one.tier} loyalty, churn {one.churn_probability:.3f}: {one.action}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "scorecard.json")
