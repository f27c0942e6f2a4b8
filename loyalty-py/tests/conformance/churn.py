"""`churn`: features and labels in, a logistic model out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import loyalty
import loyalty.churn

from .cases import Case


def logistic_churn(params: dict[str, Any]) -> loyalty.LogisticChurn:
    """The estimator with the core's parameters."""
    params = dict(params)
    if "c" in params:
        c = params.pop("c")
        params["C"] = math.inf if c == "infinity" else c
    weight = params.get("class_weight")
    if isinstance(weight, dict):
        params["class_weight"] = {False: weight["given"]["retained"], True: weight["given"]["churned"]}
    elif weight == "none":
        params["class_weight"] = None
    return loyalty.LogisticChurn(**params)


def call(function: str, case: Case) -> dict[str, Any]:
    if function == "labels":
        # The least integer is the null of the core, as NumPy's.
        times = [np.iinfo(np.int64).min if time is None else time for time in case.input["next_purchase"]]
        cutoff, horizon = case.input["cutoff"], case.input["horizon_days"]
        return {"labels": loyalty.churn.labels(np.array(times, dtype=np.int64), cutoff, horizon)}

    model = logistic_churn(case.params)
    model.fit(case.matrix("x"), case.input["y"], sample_weight=case.vector("sample_weight"))
    if function == "predict_proba":
        rows = case.matrix("x_new")
        return {
            "probabilities": model.predict_proba(rows)[:, 1],
            "predictions": model.predict(rows),
            "decision": model.decision_function(rows),
        }
    if function == "contributions":
        return {"contributions": model.contributions(case.matrix("x_new")), "base_value": model.base_value_}
    assert function == "fit"
    results = {
        "coefficients": model.coef_[0],
        "intercept": model.intercept_[0],
        "odds_ratios": model.odds_ratios_,
        "log_likelihood": model.log_likelihood_,
        "null_log_likelihood": model.null_log_likelihood_,
        "converged": model.converged_,
        "separation_risk": model.separation_risk_,
    }
    if model.inference_ is not None:
        results |= model.inference_._asdict()
        results["intercept_inference"] = results.pop("intercept")
        results["intercept"] = model.intercept_[0]
    return results
