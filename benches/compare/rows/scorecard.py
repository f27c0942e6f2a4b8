"""The whole plan beside the same steps in pandas and scikit-learn, and one customer of it beside their pipeline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import data
import loyalty
import numpy as np
from row import ANY, Call, Case, Disagreement, Row, Scale, close, same

HORIZON_DAYS, HOLDOUT, SEED = 180.0, 0.25, 7
SAMPLE = 10_000
SEGMENTS = np.array([
    ["Hibernating", "Hibernating", "At Risk", "At Risk", "Can't Lose"],
    ["Hibernating", "Hibernating", "At Risk", "At Risk", "Can't Lose"],
    ["About to Sleep", "About to Sleep", "Need Attention", "Loyal", "Loyal"],
    ["Promising", "Potential Loyalist", "Potential Loyalist", "Loyal", "Loyal"],
    ["New", "Potential Loyalist", "Potential Loyalist", "Champion", "Champion"],
])  # fmt: skip
LEVELS = np.array(["low", "medium", "high"])
ACTIONS = np.array(["ask for feedback, improve service", "trial offers, coupons", "VIP service, tailored offers"])


class Notebook:
    """The steps of a scorecard as a data scientist writes them, each without a loop over customers."""

    def __init__(self, orders: Any) -> None:
        self.orders = orders

    def run(self) -> dict[str, Any]:
        as_of = self.orders["time"].max()
        rows = self.customers(as_of)
        r, f, m = self.rfm(rows)
        loyalty_score = self.loyalty(rows)
        probability = self.churn(rows, as_of)
        inertia, cluster = self.clusters(rows)
        risk = np.digitize(probability, [1 / 3, 2 / 3])
        tier = np.digitize(loyalty_score, [30.0, 60.0])
        return {
            "customer": rows.index.to_numpy(), "r": r, "f": f, "m": m, "segment": SEGMENTS[r - 1, f - 1],
            "loyalty": loyalty_score, "tier": LEVELS[tier], "churn_probability": probability, "risk": LEVELS[risk],
            "cluster": cluster, "clv": self.value(rows, probability),
            "action": np.where(risk == 2, "win back", ACTIONS[tier]), "inertia": inertia,
        }  # fmt: skip

    def customers(self, as_of: Any) -> Any:
        known = self.orders[self.orders["time"] <= as_of]
        grouped = known.assign(day=known["time"].dt.floor("D")).groupby("customer", sort=True)
        figures = {"n_purchases": ("day", "nunique"), "total_amount": ("amount", "sum")}
        rows = grouped.agg(first=("time", "min"), last=("time", "max"), **figures)
        day = np.timedelta64(1, "D")
        return rows.assign(recency_days=(as_of - rows["last"]) / day, tenure_days=(as_of - rows["first"]) / day)

    def rfm(self, rows: Any) -> list[Any]:
        below = [
            np.searchsorted(np.quantile(rows[name], [0.2, 0.4, 0.6, 0.8]), rows[name])
            for name in ("recency_days", "n_purchases", "total_amount")
        ]
        return [5 - below[0], 1 + below[1], 1 + below[2]]

    def loyalty(self, rows: Any) -> Any:
        """The mean percentile of the three, recency turned round; of equal quantiles the middle one counts."""
        shares = []
        for name in ("recency_days", "n_purchases", "total_amount"):
            values, knots = rows[name].to_numpy(), np.quantile(rows[name], np.linspace(0.0, 1.0, 101))
            low, high = np.searchsorted(knots, values), np.searchsorted(knots, values, "right")
            shares.append(np.where(high > low, (low + high - 1) / 2, np.interp(values, knots, np.arange(101))) / 100)
        return 100 * (1 - shares[0] + shares[1] + shares[2]) / 3

    def churn_features(self, rows: Any) -> Any:
        recency, tenure = rows["recency_days"].to_numpy(), rows["tenure_days"].to_numpy()
        mean = rows["total_amount"] / rows["n_purchases"]
        silence = np.divide(recency, tenure, out=np.ones_like(recency), where=tenure > 0)
        return np.column_stack([np.log1p(recency), np.log(rows["n_purchases"]), np.log1p(mean), silence])

    def churn_pipeline(self, x: Any, churned: Any) -> Any:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        return make_pipeline(StandardScaler(), LogisticRegression(solver="newton-cholesky", tol=1e-8)).fit(x, churned)

    def churn_training(self, as_of: Any) -> tuple[Any, Any]:
        cutoff = as_of - np.timedelta64(int(HORIZON_DAYS), "D")
        before = self.customers(cutoff)
        active = self.orders.loc[self.orders["time"] > cutoff, "customer"]
        return self.churn_features(before), ~before.index.isin(active)

    def churn(self, rows: Any, as_of: Any) -> Any:
        from sklearn.calibration import calibration_curve
        from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
        from sklearn.model_selection import train_test_split

        x, churned = self.churn_training(as_of)
        parts = train_test_split(x, churned, test_size=HOLDOUT, stratify=churned, random_state=SEED)
        held_out = self.churn_pipeline(parts[0], parts[2]).predict_proba(parts[1])[:, 1]
        for measure in (roc_auc_score, log_loss, brier_score_loss):
            measure(parts[3], held_out)
        calibration_curve(parts[3], held_out, n_bins=5, strategy="quantile")
        return self.churn_pipeline(x, churned).predict_proba(self.churn_features(rows))[:, 1]

    def clusters(self, rows: Any) -> tuple[Any, Any]:
        from sklearn.cluster import KMeans
        from sklearn.metrics import silhouette_score
        from sklearn.preprocessing import StandardScaler

        logarithms = [np.log1p(rows["recency_days"]), np.log(rows["n_purchases"]), np.log1p(rows["total_amount"])]
        x = StandardScaler().fit_transform(np.column_stack(logarithms))
        fits = [KMeans(k, n_init=10, random_state=SEED).fit(x) for k in range(2, 9)]
        sample = min(SAMPLE, len(x))
        best = max(fits, key=lambda fit: silhouette_score(x, fit.labels_, sample_size=sample, random_state=SEED))
        place = rows["total_amount"].groupby(best.labels_).mean().rank(ascending=False).astype(int).to_numpy()
        names = np.array([f"value {p} of {len(place)}" for p in place])
        return np.array([fit.inertia_ for fit in fits]), names[best.labels_]

    def value(self, rows: Any, churned: Any) -> Any:
        months = round(HORIZON_DAYS / (365.25 / 12))
        days = HORIZON_DAYS / months
        kept = (1 - churned) ** (1 / months) / 1.1 ** (days / 365.25)
        earned = rows["total_amount"].to_numpy() * days / np.maximum(rows["tenure_days"].to_numpy(), days)
        return earned * sum(kept**t for t in range(1, months + 1))


def shop(customers: int) -> Any:
    import pandas as pd

    return pd.DataFrame(data.music_shop(customers))


def end_to_end(customers: int) -> Callable[[Scale], Case]:
    def prepare(scale: Scale) -> Case:
        orders = shop(scale.rows(customers, 1000))

        def ours(n_threads: int) -> Any:
            card = loyalty.Scorecard(HORIZON_DAYS, holdout_share=HOLDOUT, random_state=SEED, n_threads=n_threads)
            scores = card.fit(orders).score(orders)
            return {name: scores[name].to_numpy() for name in scores} | {"inertia": card.candidates_.inertia}

        def agree(ours: Any, theirs: Any) -> None:
            same("customer", ours["customer"], theirs["customer"])
            for name in ("r", "f", "m", "segment", "tier", "risk", "action"):
                same(name, ours[name], theirs[name], 1e-3)
            # The percentile of what lies between equal quantiles jumps.
            same("loyalty", ours["loyalty"].round(6), theirs["loyalty"].round(6), 1e-3)
            close("churn probability", ours["churn_probability"], theirs["churn_probability"], 1e-6)
            close("value", ours["clv"], theirs["clv"], 1e-5)
            # Which k has the best silhouette depends on the sample; the clusterings must be as good.
            if np.any(ours["inertia"] > theirs["inertia"] * (1 + scale.luck)):
                raise Disagreement(f"inertia {ours['inertia']}, the peer's {theirs['inertia']}")

        return Case(ours, {"pandas + scikit-learn": lambda: Notebook(orders).run}, agree)

    return prepare


def one_by_one(customers: int, calls: int) -> Callable[[Scale], Case]:
    """Customers that come one after the other, as requests do."""

    def prepare(scale: Scale) -> Case:
        orders = shop(max(scale.rows(customers), 1000))
        notebook = Notebook(orders)
        as_of = orders["time"].max()
        rows = notebook.customers(as_of)[: scale.rows(calls, 100)]
        figures = rows[["recency_days", "n_purchases", "total_amount", "tenure_days"]].to_dict("records")
        features = notebook.churn_features(rows)
        card = loyalty.loads(loyalty.Scorecard(HORIZON_DAYS, random_state=SEED).fit(orders).to_json())

        def sklearn() -> Call:
            pipeline = notebook.churn_pipeline(*notebook.churn_training(as_of))
            predict = pipeline.predict_proba
            return lambda: [predict(row)[0, 1] for row in features[:, np.newaxis]]

        def agree(ours: Any, theirs: Any) -> None:
            close("churn probability", [score.churn_probability for score in ours], theirs, 1e-6)

        score_one = card.score_one
        return Case(lambda _: [score_one(**figure) for figure in figures], {"scikit-learn pipeline": sklearn}, agree)

    return prepare


ROWS = [
    Row("scorecard/23570", "scorecard end to end: fit and scores", "69,659 orders of 23,570 customers",
        end_to_end(23_570), {ANY: 20.0}, 1.7),
    Row("scorecard/one-by-one", "all twelve scores of a customer at a time; the peer: its churn probability",
        "10,000 customers", one_by_one(23_570, 10_000), {ANY: 50.0}),
]  # fmt: skip
