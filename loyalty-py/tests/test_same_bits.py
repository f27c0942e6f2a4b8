"""A model fitted here and used in Rust answers with the same bits, and the other way round.

The examples of the core are the Rust programs. They are taken from the folder that ``LOYALTY_EXAMPLES`` names, or else
built, where there is a cargo.
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import fitted
import numpy as np
import orders
import pytest

import loyalty

REPOSITORY = Path(__file__).parents[2]
LOG = orders.cdnow() | {"customer": np.loadtxt(orders.CDNOW, delimiter=",", skiprows=1, dtype=str)[:, 0].astype(object)}
ROWS = fitted.customers(LOG)
FEATURES = {name: np.asarray(values, dtype=np.float64) for name, values in ROWS.items()}
# Every fifth is the other way round, so that no feature knows the answer.
LEFT = (FEATURES["recency_days"] > 180.0) != (np.arange(len(FEATURES["recency_days"])) % 5 == 0)


@pytest.fixture(scope="session")
def examples() -> Path:
    """The folder of the core's examples."""
    if folder := os.environ.get("LOYALTY_EXAMPLES"):
        return Path(folder)
    if (cargo := shutil.which("cargo")) is None:
        pytest.skip("no cargo to build the Rust examples with; LOYALTY_EXAMPLES may name a folder that has them")
    build = [cargo, "build", "--locked", "-p", "loyalty-core", "--examples", "--message-format=json"]
    messages = subprocess.run(build, cwd=REPOSITORY, stdout=subprocess.PIPE, check=True).stdout.splitlines()
    programs = (json.loads(message).get("executable") for message in messages)
    return next(Path(program).parent for program in programs if program is not None)


def run(program: Path, *arguments: Any) -> str:
    found = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    return found.stdout


def write_csv(path: Path, columns: dict[str, Any]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        # A float's repr is the shortest that means the same float.
        writer.writerows(zip(*(np.asarray(column).tolist() for column in columns.values()), strict=True))
    return path


def same(ours: Any, rust: Any) -> None:
    np.testing.assert_array_equal(np.asarray(ours, dtype=np.float64).view(np.int64), np.asarray(rust).view(np.int64))


# ---------------------------------------------------------------------------------------------------------- scorecard


@pytest.fixture(scope="session")
def rust_card(examples: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[dict[str, str]]]:
    """The model file and the scores of the example."""
    folder = tmp_path_factory.mktemp("card")
    model, scores = folder / "scorecard.json", folder / "scores.csv"
    run(
        examples / "score_customers",
        orders.CDNOW, "--seed", 7, "--horizon-days", 150, "--model-out", model, "--scores-out", scores,
    )  # fmt: skip
    return model.read_text(), list(csv.DictReader(io.StringIO(scores.read_text())))


def card() -> loyalty.Scorecard:
    return loyalty.Scorecard(horizon_days=150, random_state=7).fit(LOG)


def test_a_scorecard_fitted_here_is_the_one_fitted_in_rust(rust_card: Any) -> None:
    assert card().to_json() == rust_card[0]


@pytest.mark.parametrize("fitted_in", ["Rust", "Python"])
def test_a_scorecard_scores_as_in_rust(fitted_in: str, rust_card: Any) -> None:
    text, rows = rust_card
    scores = (loyalty.loads(text) if fitted_in == "Rust" else card()).score(LOG)
    assert len(rows) == len(scores["customer"]) == 2_357
    for name, values in scores.items():
        theirs = [row["customer_id" if name == "customer" else name] for row in rows]
        values = np.asarray(values)
        if values.dtype == object:
            assert values.tolist() == theirs, name
        else:
            same(values, [float(value) for value in theirs])


def test_the_parts_of_a_scorecard_of_rust_are_those_fitted_here(rust_card: Any) -> None:
    theirs, ours = loyalty.loads(rust_card[0]), card()
    for part in ("rfm_", "loyalty_", "churn_", "clusters_"):
        assert getattr(theirs, part).to_json() == getattr(ours, part).to_json(), part


# --------------------------------------------------------------------------------------------------------- every kind


def estimators() -> dict[str, Any]:
    """What the example fits, fitted here."""
    return {
        "rfm": loyalty.RFM(recency="recency_days", frequency="n_purchases", monetary="total_amount").fit(FEATURES),
        "loyalty_score": loyalty.LoyaltyScore({name: 1.0 for name in FEATURES}).fit(FEATURES),
        "logistic_churn": loyalty.LogisticChurn().fit(FEATURES, LEFT),
        "kmeans": loyalty.KMeans(4, random_state=7).fit(FEATURES),
        "standard_scaler": loyalty.StandardScaler().fit(FEATURES),
        "min_max_scaler": loyalty.MinMaxScaler().fit(FEATURES),
    }


KINDS = list(estimators())


def answers(kind: str, model: Any) -> np.ndarray:
    """What the example prints, by the estimator here."""
    if kind == "rfm":
        scores = model.transform(FEATURES)
        return np.column_stack([np.asarray(scores[name], dtype=float) for name in ("r", "f", "m", "rfm_score")])
    if kind == "loyalty_score":
        return np.asarray(model.score(FEATURES))[:, np.newaxis]
    if kind == "logistic_churn":
        return np.column_stack([model.decision_function(FEATURES), model.predict_proba(FEATURES)[:, 1]])
    return np.asarray(model.transform(FEATURES))


@pytest.fixture(scope="session")
def rust_models(examples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of models fitted in Rust."""
    folder = tmp_path_factory.mktemp("models")
    table = write_csv(folder / "features.csv", FEATURES | {"left": LEFT.astype(int)})
    run(examples / "model_files", "fit", table, folder)
    return folder


def rust_answers(examples: Path, kind: str, model: Path) -> np.ndarray:
    names = list(FEATURES)[:3] if kind == "rfm" else list(FEATURES)
    table = write_csv(model.with_suffix(".csv"), {name: FEATURES[name] for name in names})
    printed = run(examples / "model_files", "answer", model, table)
    return np.array([[float(field) for field in line.split(",")] for line in printed.splitlines()])


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_fitted_here_answers_in_rust(kind: str, examples: Path, tmp_path: Path) -> None:
    model = estimators()[kind]
    model.to_json(tmp_path / "model.json")
    same(answers(kind, model), rust_answers(examples, kind, tmp_path / "model.json"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_fitted_in_rust_answers_here(kind: str, examples: Path, rust_models: Path) -> None:
    model = loyalty.load(rust_models / f"{kind}.json")
    same(answers(kind, model), rust_answers(examples, kind, rust_models / f"{kind}.json"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_fit_here_is_the_fit_in_rust(kind: str, rust_models: Path) -> None:
    text = (rust_models / f"{kind}.json").read_text()
    ours, theirs = json.loads(estimators()[kind].to_json()), json.loads(text)
    assert ours["fitted"] == theirs["fitted"]
    assert ours["kind"] == theirs["kind"] == kind
    # Written again it is the same text.
    assert loyalty.loads(text).to_json() == text
