"""Copies of fitted models, by every road, answer with the same bits."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import fitted
import numpy as np
import orders
import pytest

import loyalty
from loyalty import _loyalty

LOG = orders.cdnow()
ROWS = fitted.customers(LOG)
ESTIMATORS = fitted.estimators(ROWS, LOG)
PROTOCOLS = range(2, pickle.HIGHEST_PROTOCOL + 1)

each = pytest.mark.parametrize("kind", ESTIMATORS)


def same(copied: Any, original: Any) -> None:
    assert type(copied) is type(original)
    assert fitted.answers(copied, ROWS, LOG) == fitted.answers(original, ROWS, LOG)


@each
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_pickle_keeps_the_bits(kind: str, protocol: int) -> None:
    same(pickle.loads(pickle.dumps(ESTIMATORS[kind], protocol)), ESTIMATORS[kind])


@each
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_copy_keeps_the_bits(kind: str, copied: Any) -> None:
    same(copied(ESTIMATORS[kind]), ESTIMATORS[kind])


@each
def test_joblib_keeps_the_bits(kind: str, tmp_path: Path) -> None:
    joblib = pytest.importorskip("joblib")
    joblib.dump(ESTIMATORS[kind], tmp_path / "model", compress=3)
    same(joblib.load(tmp_path / "model"), ESTIMATORS[kind])


@each
def test_cloudpickle_keeps_the_bits(kind: str) -> None:
    cloudpickle = pytest.importorskip("cloudpickle")
    same(pickle.loads(cloudpickle.dumps(ESTIMATORS[kind])), ESTIMATORS[kind])


@each
def test_a_pickle_of_another_process_keeps_the_bits(kind: str, tmp_path: Path) -> None:
    program = (
        "import pathlib, pickle, sys, fitted, orders\n"
        "log = orders.cdnow()\n"
        "model = fitted.estimators(fitted.customers(log), log)[sys.argv[1]]\n"
        "pathlib.Path(sys.argv[2]).write_bytes(pickle.dumps(model))\n"
    )
    path = tmp_path / "model.pickle"
    subprocess.run([sys.executable, "-c", program, kind, path], cwd=Path(__file__).parent, check=True)
    same(pickle.loads(path.read_bytes()), ESTIMATORS[kind])


@each
def test_learnt_attributes_survive(kind: str) -> None:
    original, copied = ESTIMATORS[kind], pickle.loads(pickle.dumps(ESTIMATORS[kind]))
    if kind == "ChooseK":
        original, copied = original.best_estimator_, copied.best_estimator_
    learnt = [name for name in vars(original) if name.endswith("_")]
    assert learnt == [name for name in vars(copied) if name.endswith("_")]
    for name in learnt:
        np.testing.assert_equal(getattr(copied, name), getattr(original, name), err_msg=name)


@each
def test_a_refit_of_a_copy_is_the_same(kind: str) -> None:
    # The parameters come along too, not the answers alone.
    assert repr(copy.deepcopy(ESTIMATORS[kind])) == repr(ESTIMATORS[kind])
    assert ESTIMATORS[kind]._params_json() == pickle.loads(pickle.dumps(ESTIMATORS[kind]))._params_json()


@pytest.mark.parametrize("estimator", [loyalty.KMeans(3), loyalty.RFM(), loyalty.Scorecard(90)], ids=repr)
def test_an_estimator_without_a_fit_is_copied(estimator: Any) -> None:
    for copied in (pickle.loads(pickle.dumps(estimator)), copy.deepcopy(estimator)):
        assert repr(copied) == repr(estimator)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_native_models_are_pickled(protocol: int) -> None:
    for estimator in ESTIMATORS.values():
        model = estimator._fitted
        copied = pickle.loads(pickle.dumps(model, protocol))
        assert type(copied) is type(model)
        assert copied.to_json() == model.to_json()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_one_customers_scores_are_pickled(protocol: int) -> None:
    one = ESTIMATORS["Scorecard"].score_one(**fitted.ONE)
    copied = pickle.loads(pickle.dumps(one, protocol))
    assert copied == one
    assert hash(copied) == hash(one)
    assert repr(copied) == repr(one)
    assert copied.to_dict() == one.to_dict()


@pytest.mark.parametrize("error", [loyalty.LoyaltyError, loyalty.LoyaltyTypeError])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_errors_are_pickled_whole(error: type[loyalty.LoyaltyError], protocol: int) -> None:
    raised = error("X in row 3, column 1 is NaN", "NON_FINITE", "X", 3, 1)
    copied = pickle.loads(pickle.dumps(raised, protocol))
    assert type(copied) is error
    assert str(copied) == str(raised)
    assert vars(copied) == vars(raised)


def test_a_damaged_pickle_is_refused() -> None:
    call, (text,) = ESTIMATORS["KMeans"]._fitted.__reduce__()
    with pytest.raises(loyalty.LoyaltyError) as refused:
        call(text[:-40])
    assert refused.value.code == "BAD_MODEL"
    assert call(text) == _loyalty.load_model(text)
