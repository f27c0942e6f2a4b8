"""Scorecards on a part of CDNOW, computed step by step with pandas, scikit-learn and NumPy."""

import math

import cdnow
import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import StandardScaler

from vectors import Vectors

ORACLE = "pandas 3.1.1, scikit-learn 1.9.1 (StandardScaler, LogisticRegression, KMeans), NumPy 2.4.6"
DAY = 86_400_000_000
GRID = [
    ["Hibernating", "Hibernating", "At Risk", "At Risk", "Can't Lose"],
    ["Hibernating", "Hibernating", "At Risk", "At Risk", "Can't Lose"],
    ["About to Sleep", "About to Sleep", "Need Attention", "Loyal", "Loyal"],
    ["Promising", "Potential Loyalist", "Potential Loyalist", "Loyal", "Loyal"],
    ["New", "Potential Loyalist", "Potential Loyalist", "Champion", "Champion"],
]
ACTIONS = {"high": "VIP service, tailored offers", "medium": "trial offers, coupons",
           "low": "ask for feedback, improve service"}


def log(every):
    """The orders of every `every`-th customer of the sample, times in microseconds."""
    orders = pd.DataFrame(cdnow.orders(), columns=["customer", "date", "quantity", "amount"])
    chosen = orders["customer"].unique()[::every]
    orders = orders[orders["customer"].isin(chosen)].reset_index(drop=True)
    orders["time"] = pd.to_datetime(orders["date"]).astype("datetime64[us]").astype("int64")
    orders["amount"] = orders["amount"].astype(float)
    orders["quantity"] = orders["quantity"].astype(float)
    return orders


def customers(orders, as_of, period):
    """One row a customer: recency, number of purchases, total, tenure; usage summed and feedback averaged."""
    orders = orders[orders["time"] <= as_of]
    grouped = orders.groupby("customer", sort=True)
    rows = pd.DataFrame({
        "recency_days": (as_of - grouped["time"].max()) / DAY,
        "n_purchases": grouped["time"].nunique() if period == "day" else grouped.size(),
        "total_amount": grouped["amount"].agg(math.fsum),
        "tenure_days": (as_of - grouped["time"].min()) / DAY,
    })
    if "usage" in orders:
        rows["usage"] = grouped["usage"].agg(lambda v: math.fsum(v.dropna()) if v.notna().any() else math.nan)
        rows["feedback"] = grouped["feedback"].agg(lambda v: math.fsum(v.dropna()) / v.notna().sum() if v.notna().any() else math.nan)
    return rows


def rfm_scores(rows):
    cuts = {name: np.quantile(rows[name], [0.2, 0.4, 0.6, 0.8]) for name in ["recency_days", "n_purchases", "total_amount"]}
    below = {name: (rows[name].to_numpy()[:, None] > cut).sum(axis=1) for name, cut in cuts.items()}
    return 5 - below["recency_days"], 1 + below["n_purchases"], 1 + below["total_amount"]


def percentile(values):
    """Share below and half of those equal, from 101 quantiles, linear between them."""
    knots = np.quantile(values.dropna(), np.arange(101) / 100)
    places = np.arange(101.0)

    def one(value):
        if math.isnan(value):
            return math.nan
        equal = np.flatnonzero(knots == value)
        return (equal.mean() if len(equal) else np.interp(value, knots, places)) / 100

    return values.map(one)


def min_max(values):
    return (values - values.min()) / (values.max() - values.min())


def loyalty(rows, normaliser, weights):
    shares = rows[list(weights)].apply(normaliser)
    shares["recency_days"] = 1 - shares["recency_days"]
    weight = pd.DataFrame({name: np.where(shares[name].isna(), 0.0, w) for name, w in weights.items()}, index=rows.index)
    return 100 * (shares.fillna(0.0) * weight).sum(axis=1) / weight.sum(axis=1)


def churn_features(rows):
    mean = (rows["total_amount"] / rows["n_purchases"]).clip(lower=0)
    silence = np.where(rows["tenure_days"] > 0, rows["recency_days"] / rows["tenure_days"].where(rows["tenure_days"] > 0, 1), 1)
    return np.column_stack([np.log1p(rows["recency_days"]), np.log(rows["n_purchases"]), np.log1p(mean), silence])


def churn_probability(orders, rows, as_of, horizon, period):
    cutoff = as_of - horizon * DAY
    before = customers(orders, cutoff, period)
    active = set(orders.loc[(orders["time"] > cutoff) & (orders["time"] <= as_of), "customer"])
    churned = [customer not in active for customer in before.index]
    scaler = StandardScaler().fit(churn_features(before))
    model = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-14, max_iter=1000)
    model.fit(scaler.transform(churn_features(before)), churned)
    return model.predict_proba(scaler.transform(churn_features(rows)))[:, 1]


def clusters(rows, k):
    x = np.column_stack([np.log1p(rows["recency_days"]), np.log(rows["n_purchases"]),
                         np.log1p(rows["total_amount"].clip(lower=0))])
    x = StandardScaler().fit_transform(x)
    model = KMeans(k, n_init=1000, tol=0, random_state=0).fit(x)
    mean = rows["total_amount"].groupby(model.labels_).mean()
    place = mean.rank(ascending=False).astype(int)
    names = [f"value {place[label]} of {k}" for label in model.labels_]
    return names, model.inertia_, silhouette_score(x, model.labels_)


def value(rows, churned, horizon, annual_rate):
    months = max(1, round(horizon / (365.25 / 12)))
    days = horizon / months
    retention = (1 - churned) ** (1 / months)
    discount = (1 + annual_rate) ** (days / 365.25)
    earned = rows["total_amount"].clip(lower=0) * days / rows["tenure_days"].clip(lower=days)
    return earned * sum((retention / discount) ** t for t in range(1, months + 1))


def band(values, low, high):
    return ["low" if v < low else "medium" if v < high else "high" for v in values]


def scores(orders, as_of, horizon, period, normaliser, weights, k, annual_rate):
    rows = customers(orders, as_of, period)
    r, f, m = rfm_scores(rows)
    points = loyalty(rows, normaliser, weights)
    probability = churn_probability(orders, rows, as_of, horizon, period)
    names, _, _ = clusters(rows, k)
    tier, risk = band(points, 30, 60), band(probability, 1 / 3, 2 / 3)
    return {
        "customer": list(rows.index), "r": r, "f": f, "m": m, "rfm_score": (r + f + m) / 3,
        "segment": [GRID[i - 1][j - 1] for i, j in zip(r, f)], "loyalty": points, "tier": tier,
        "churn_probability": probability, "risk": risk, "cluster": names,
        "clv": value(rows, probability, horizon, annual_rate),
        "action": ["win back" if b == "high" else ACTIONS[a] for a, b in zip(tier, risk)],
    }


def clusters_of(least, most):
    """Restarts enough to find the best clusters there are, which one start in a hundred does."""
    return {"min_clusters": least, "max_clusters": most, "kmeans": {"n_init": 1000, "tol": 0}}


def lists(columns):
    return {name: list(column) for name, column in columns.items()}


def main():
    v = Vectors("scorecard")
    part = 0.4 / 3
    purchase = {"recency_days": part, "n_purchases": part, "total_amount": part}
    tolerances = {"loyalty": 1e-12, "churn_probability": 1e-9, "clv": 1e-9, "*": 1e-15}

    orders = log(5)
    columns = {name: v.share(name, orders[name].tolist()) for name in ["customer", "time", "amount"]}
    as_of = int(orders["time"].max())
    v.case("the default plan with three clusters", "score", params={"clusters": clusters_of(3, 3)}, input=columns,
           expected=lists(scores(orders, as_of, 180, "day", percentile, purchase, 3, 0.1)),
           rtol=tolerances, oracle=ORACLE)

    cutoff = int(pd.Timestamp("1998-03-31").timestamp()) * 1_000_000
    v.case("an earlier moment, a shorter horizon, no merging, min-max, another rate", "score",
           params={"as_of": cutoff, "horizon_days": 90, "period": "none", "normaliser": "min_max", "discount_rate": 0.25,
                   "clusters": clusters_of(2, 2)},
           input=columns, expected=lists(scores(orders, cutoff, 90, "none", min_max, purchase, 2, 0.25)),
           rtol=tolerances, oracle=ORACLE)

    rng = np.random.default_rng(11)
    orders["usage"] = np.where(rng.random(len(orders)) < 0.3, math.nan, rng.integers(1, 90, len(orders)))
    orders["feedback"] = np.where(rng.random(len(orders)) < 0.6, math.nan, rng.integers(1, 6, len(orders)))
    columns |= {name: v.share(name, orders[name].tolist()) for name in ["usage", "feedback"]}
    v.case("usage and feedback, unknown for many", "score", params={"clusters": clusters_of(4, 4)}, input=columns,
           expected=lists(scores(orders, as_of, 180, "day", percentile, purchase | {"usage": 0.4, "feedback": 0.2}, 4, 0.1)),
           rtol=tolerances, oracle=ORACLE)

    rows = customers(orders, as_of, "day")
    tried = {k: clusters(rows, k) for k in (2, 3, 4)}
    best = max(tried, key=lambda k: tried[k][2])
    v.case("choice among two to four clusters", "fit", params={"clusters": clusters_of(2, 4)},
           input={name: f"@{name}" for name in ["customer", "time", "amount"]},
           expected={"k": best, "inertia": [tried[k][1] for k in tried], "silhouette": [tried[k][2] for k in tried]},
           rtol={"k": 0, "*": 1e-10}, oracle=ORACLE)

    def refused(name, error, argument, params=None, input=None):
        v.case(name, "fit", params=params, input=input or {n: f"@{n}" for n in ["customer", "time", "amount"]},
               error=error, argument=argument, oracle="the definition")

    refused("horizon longer than the log", "DEGENERATE", "horizon_days", {"horizon_days": 900})
    refused("horizon of no length", "INVALID_PARAMETER", "horizon_days", {"horizon_days": 0})
    refused("discount rate of −1", "INVALID_PARAMETER", "discount_rate", {"discount_rate": -1})
    refused("negative weight", "INVALID_PARAMETER", "weights.usage", {"weights": {"usage": -0.1}})
    refused("rules that leave a pair out", "INVALID_PARAMETER", "actions",
            {"actions": [{"tier": "low", "risk": None, "action": "call"}]})
    refused("one customer", "TOO_FEW_ROWS", "customers",
            input={"customer": ["7", "7"], "time": [0, 40 * DAY], "amount": [1.0, 2.0]})
    refused("nobody comes back", "DEGENERATE", "horizon_days",
            input={"customer": list("abcd"), "time": [0, DAY, 2 * DAY, 400 * DAY], "amount": [1.0, 2.0, 3.0, 4.0]})
    refused("usage of another length", "SHAPE_MISMATCH", "usage",
            input={n: f"@{n}" for n in ["customer", "time", "amount"]} | {"usage": [1.0]})
    v.write()


if __name__ == "__main__":
    main()
