"""The defaults that signatures show are those of the core."""

import inspect
import json
from collections.abc import Callable
from typing import Any

import pytest

import loyalty
from loyalty import _loyalty


def shown(function: Callable[..., Any]) -> dict[str, Any]:
    """The defaults in a signature."""
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not p.empty}


def core(specification: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_loyalty.default_params(specification))
    return found


# None stands for the core's default, where that is no plain number or text.
CASES: list[tuple[Callable[..., Any], str, dict[str, str], set[str]]] = [
    (loyalty.summarize, "customers", {}, set()),
    (loyalty.Accumulator, "customers", {}, {"as_of"}),
    (loyalty.RFM, "rfm", {}, {"weights", "segments"}),
    (loyalty.LogisticChurn, "churn", {"c": "C"}, {"class_weight"}),
    (loyalty.KMeans, "kmeans", {"seed": "random_state"}, {"n_init", "seed"}),
    (loyalty.ChooseK, "choose_k", {}, {"kmeans"}),
    (loyalty.StandardScaler, "standard_scaler", {}, set()),
    (loyalty.MinMaxScaler, "min_max_scaler", {}, set()),
    (
        loyalty.Scorecard,
        "scorecard",
        {"seed": "random_state"},
        {"rfm", "weights", "tiers", "churn", "risks", "clusters", "actions", "seed"},
    ),
]


@pytest.mark.parametrize(("function", "specification", "renamed", "special"), CASES)
def test_defaults(
    function: Callable[..., Any], specification: str, renamed: dict[str, str], special: set[str]
) -> None:
    signature = shown(function)
    for name, default in core(specification).items():
        if name not in special:
            here = signature[renamed.get(name, name)]
            assert (list(here) if isinstance(here, tuple) else here) == default, name


def test_what_none_and_auto_stand_for() -> None:
    assert core("kmeans")["n_init"] == 1
    assert core("kmeans")["seed"] == core("scorecard")["seed"] == 0
    assert core("churn")["class_weight"] == "none"
    assert loyalty.KMeans()._specifications([[0.0]])[0]["n_init"] == 1  # type: ignore[arg-type]


def test_loyalty_score() -> None:
    defaults = core("score")
    assert shown(loyalty.LoyaltyScore)["missing"] == defaults["missing"]
    score = loyalty.LoyaltyScore().fit([[1.0], [2.0]])
    params = json.loads(str(score.to_json()))["params"]
    assert params["tiers"] == defaults["tiers"]


def test_nested_specifications_are_the_core_s_where_nothing_is_given() -> None:
    """A scorecard with default parts is the default scorecard."""
    log: dict[str, list[Any]] = {"customer": [], "time": [], "amount": []}
    for customer in range(60):
        for order in range((1, 4, 12)[customer % 3]):
            log["customer"].append(customer)
            log["time"].append((customer + 30 * order) * 86_400_000_000)
            log["amount"].append(20.0 + customer)
    plain = loyalty.Scorecard(horizon_days=90).fit(log)
    spelled = loyalty.Scorecard(
        horizon_days=90,
        rfm=loyalty.RFM(),
        churn=loyalty.LogisticChurn(),
        clusters=loyalty.ChooseK(kmeans=loyalty.KMeans(n_init=10)),
    ).fit(log)
    assert plain.to_json() == spelled.to_json()
    assert json.loads(str(plain.to_json()))["params"] | {"horizon_days": 180.0} == core("scorecard")
