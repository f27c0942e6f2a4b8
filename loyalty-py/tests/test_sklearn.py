"""scikit-learn's contract: its own checks without exception, its tools around our estimators, and life without it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from typing import Any

import joblib  # type: ignore[import-untyped]
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone, is_classifier, is_clusterer
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.datasets import make_blobs, make_classification
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score, cross_validate
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

import loyalty

# RFM is not among them: it needs its three named columns, and the checks feed arbitrary ones. Its tag `no_validation`
# says so.
ESTIMATORS = [
    loyalty.KMeans(),
    loyalty.KMeans(n_clusters=3, n_init=2, init="random"),
    loyalty.ChooseK(),
    loyalty.LogisticChurn(),
    loyalty.LogisticChurn(C=0.1, l1_ratio=0.5, class_weight="balanced"),
    loyalty.LoyaltyScore(),
    loyalty.LoyaltyScore(missing="renormalise"),
    loyalty.StandardScaler(),
    loyalty.MinMaxScaler(clip=True),
]

X, Y = make_classification(300, 6, n_informative=4, flip_y=0.2, random_state=0)
BLOBS = make_blobs(200, 3, centers=4, random_state=0)[0]
NAMES = [f"behaviour {i}" for i in range(6)]
WEIGHTS = np.random.default_rng(0).uniform(0.5, 2.0, len(X))


# The checks feed tables that separate the classes, and fewer distinct rows than clusters: what we warn of.
@pytest.mark.filterwarnings("ignore::loyalty.SeparationWarning", "ignore::loyalty.ConvergenceWarning")
# Without the array API switched on, which is a matter of the whole process, that check skips itself; see below.
@parametrize_with_checks(ESTIMATORS)  # type: ignore[untyped-decorator]
def test_contract(estimator: Any, check: Any) -> None:
    check(estimator)


def run(code: str, *arguments: str, **environment: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        capture_output=True, text=True, timeout=300, env=os.environ | environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_array_api_input() -> None:
    """The one check that the others' process skips."""
    printed = run(
        """
        import warnings
        from sklearn.utils.estimator_checks import estimator_checks_generator
        import loyalty

        warnings.simplefilter("ignore")
        for kind in (loyalty.KMeans, loyalty.LogisticChurn, loyalty.StandardScaler, loyalty.MinMaxScaler):
            for estimator, check in estimator_checks_generator(kind()):
                if "array_api" in str(check):
                    check(estimator)
                    print("checked")
        """,
        SCIPY_ARRAY_API="1",
    )
    assert printed.count("checked") == 4


# --- Tools around them -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=repr)
def test_clone_and_parameters(estimator: Any) -> None:
    copied = clone(estimator)
    assert type(copied) is type(estimator)
    assert copied.get_params() == estimator.get_params()
    assert copied.set_params(**estimator.get_params()) is copied
    with pytest.raises(ValueError, match="Invalid parameter 'colour'"):
        copied.set_params(colour=1)


def test_tags() -> None:
    assert is_classifier(loyalty.LogisticChurn()) and is_clusterer(loyalty.KMeans())
    assert get_tags(loyalty.LogisticChurn()).classifier_tags.multi_class is False
    assert get_tags(loyalty.KMeans()).input_tags.sparse
    assert get_tags(loyalty.StandardScaler()).transformer_tags.preserves_dtype == ["float64", "float32"]
    assert get_tags(loyalty.RFM()).no_validation


def churn_pipeline() -> Pipeline:
    return make_pipeline(loyalty.StandardScaler(), loyalty.LogisticChurn())


def test_pipeline() -> None:
    model = churn_pipeline().fit(X, Y)
    by_hand = loyalty.LogisticChurn().fit(loyalty.StandardScaler().fit_transform(X), Y)
    assert_array_equal(model.predict_proba(X), by_hand.predict_proba(loyalty.StandardScaler().fit(X).transform(X)))
    distances = make_pipeline(loyalty.MinMaxScaler(), loyalty.KMeans(3, random_state=0), loyalty.LogisticChurn())
    assert distances.fit(X, Y).score(X, Y) > 0.5
    assert distances[:-1].get_feature_names_out().tolist() == ["kmeans0", "kmeans1", "kmeans2"]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_grid_search(n_jobs: int) -> None:
    grid = {"logisticchurn__C": [1e-4, 1.0], "standardscaler__with_mean": [True, False]}
    search = GridSearchCV(churn_pipeline(), grid, scoring="neg_log_loss", cv=3, n_jobs=n_jobs).fit(X, Y)
    assert search.best_params_["logisticchurn__C"] == 1.0
    clusters = GridSearchCV(loyalty.KMeans(random_state=0), {"n_clusters": [2, 4]}, cv=3, n_jobs=n_jobs).fit(BLOBS)
    assert clusters.best_params_ == {"n_clusters": 4}


def test_cross_validation() -> None:
    assert cross_val_score(loyalty.LogisticChurn(), X, Y, scoring="roc_auc").mean() > 0.7
    probabilities = cross_val_predict(loyalty.LogisticChurn(), X, np.where(Y, "left", "here"), method="predict_proba")
    assert probabilities.shape == (300, 2)
    assert set(cross_val_predict(loyalty.LogisticChurn(), X, Y == 1)) == {False, True}


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibration(method: str) -> None:
    model = CalibratedClassifierCV(loyalty.LogisticChurn(), method=method, cv=3).fit(X, Y)
    assert model.score(X, Y) > 0.6
    frozen = FrozenEstimator(loyalty.LogisticChurn().fit(X, Y))
    assert CalibratedClassifierCV(frozen, method=method).fit(X, Y).score(X, Y) > 0.6


def test_frozen() -> None:
    model = loyalty.LogisticChurn().fit(X, Y)
    frozen = FrozenEstimator(model)
    assert clone(frozen).fit(X[:2], Y[:2]) is not None
    assert_array_equal(clone(frozen).predict(X), model.predict(X))


def test_columns_of_different_kinds() -> None:
    frame = pd.DataFrame(X[:, :2], columns=["visits", "amount"]).assign(
        shop=np.array(["north", "south", "web"])[np.arange(300) % 3]
    )
    prepared = make_column_transformer(
        (OneHotEncoder(), ["shop"]), (loyalty.StandardScaler(), ["visits", "amount"]), sparse_threshold=1.0
    )
    model = make_pipeline(prepared, loyalty.LogisticChurn()).fit(frame, Y)
    assert model[-1].n_features_in_ == 5
    assert prepared.get_feature_names_out().tolist()[-2:] == ["standardscaler__visits", "standardscaler__amount"]
    only_sparse = ColumnTransformer([("shop", OneHotEncoder(), ["shop"])], sparse_threshold=1.0)
    shops = make_pipeline(only_sparse, loyalty.KMeans(3, random_state=0)).fit(frame)
    assert shops[-1].inertia_ == 0


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_output_in_frames(kind: str) -> None:
    frames: dict[str, Any] = {"pandas": pd.DataFrame(X, columns=NAMES), "polars": pl.DataFrame(X, schema=NAMES)}
    frame = frames[kind]
    for estimator, names in [
        (loyalty.StandardScaler(), NAMES),
        (loyalty.MinMaxScaler(), NAMES),
        (loyalty.KMeans(3, random_state=0), ["kmeans0", "kmeans1", "kmeans2"]),
    ]:
        plain = estimator.fit(frame).transform(frame)
        assert isinstance(plain, np.ndarray)
        framed = estimator.set_output(transform=kind).fit_transform(frame)
        assert type(framed) is type(frame)
        assert list(framed.columns) == names
        assert_array_equal(framed.to_numpy(), plain)


@pytest.mark.parametrize("estimator", [loyalty.KMeans(2), loyalty.LogisticChurn(), loyalty.StandardScaler()], ids=repr)
def test_feature_names(estimator: Any) -> None:
    frame = pl.DataFrame(X, schema=NAMES)
    answer = "transform" if hasattr(estimator, "transform") else "predict"
    named = clone(estimator).fit(frame, Y)
    assert named.feature_names_in_.tolist() == NAMES
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        getattr(named, answer)(X)
    with pytest.raises(ValueError, match="seen at fit time, yet now missing:\n- behaviour 5"):
        getattr(named, answer)(frame.drop("behaviour 5"))
    plain = clone(estimator).fit(X, Y)
    assert not hasattr(plain, "feature_names_in_")
    with pytest.warns(UserWarning, match="fitted without feature names"):
        getattr(plain, answer)(frame)
    # Fitted anew without names, it forgets them.
    assert not hasattr(named.fit(X, Y), "feature_names_in_")


def test_weights_are_routed() -> None:
    def fitted(weights: Any) -> Any:
        return loyalty.LogisticChurn().fit(X, Y, sample_weight=weights)

    with sklearn.config_context(enable_metadata_routing=True):
        model = make_pipeline(
            loyalty.StandardScaler().set_fit_request(sample_weight=False),
            loyalty.LogisticChurn().set_fit_request(sample_weight=True),
        ).fit(X, Y, sample_weight=WEIGHTS)
        scaled = loyalty.StandardScaler().fit_transform(X)
        assert_array_equal(model[-1].coef_, loyalty.LogisticChurn().fit(scaled, Y, sample_weight=WEIGHTS).coef_)
        routed = loyalty.LogisticChurn().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        found = cross_validate(routed, X, Y, params={"sample_weight": WEIGHTS}, return_estimator=True)
    folds = [model.coef_ for model in found["estimator"]]
    unweighted = cross_validate(loyalty.LogisticChurn(), X, Y, return_estimator=True)["estimator"]
    assert not np.allclose(folds[0], unweighted[0].coef_)
    plain = make_pipeline(loyalty.MinMaxScaler(), loyalty.KMeans(3, random_state=0))
    assert_allclose(
        plain.fit(X, kmeans__sample_weight=WEIGHTS)[-1].cluster_weights_.sum(), WEIGHTS.sum(), rtol=1e-12
    )
    assert not np.allclose(fitted(WEIGHTS).coef_, fitted(None).coef_)


def test_parallel_fits_and_predictions_are_the_same() -> None:
    model = loyalty.KMeans(4, random_state=0).fit(BLOBS)
    expected = model.predict(BLOBS)
    for prefer in ("threads", "processes"):
        answers = joblib.Parallel(n_jobs=2, prefer=prefer)(joblib.delayed(model.predict)(BLOBS) for _ in range(4))
        assert all((labels == expected).all() for labels in answers)
        fits = joblib.Parallel(n_jobs=2, prefer=prefer)(
            joblib.delayed(clone(model).fit)(BLOBS) for _ in range(4)
        )
        assert {fit.to_json() for fit in fits} == {model.to_json()}


def test_diagrams_show_our_estimators() -> None:
    page = churn_pipeline().fit(X, Y)._repr_html_()
    assert "LogisticChurn" in page and "StandardScaler" in page
    shown = sklearn.utils.estimator_html_repr(churn_pipeline())
    assert "LogisticChurn" in shown


# --- In the place of scikit-learn's ----------------------------------------------------------------------------------

#: What of scikit-learn's K-means tests is not for us, and why.
NOT_OURS = {
    "MiniBatch": "another estimator",
    "minibatch": "another estimator",
    "init_auto_with_initial_centroids": "reads the private _n_init",
    "n_init_auto": "reads the private _n_init",
    "sample_weight_init": "calls the private _init_centroids",
    "sample_weight_zero": "calls the private _init_centroids",
    "kmeans_verbose": "verbose shows progress bars here, and prints nothing",
    "warning_elkan_1_cluster": "both algorithms are one here, which one cluster suits",
}


def test_scikit_learn_s_own_tests_of_k_means_pass() -> None:
    pytest.importorskip("sklearn.cluster.tests.test_k_means")
    printed = run(
        """
        import os
        import sys
        import pytest
        import sklearn.cluster.tests.test_k_means as module
        import loyalty

        class InPlace:
            def pytest_collection_modifyitems(self, items):
                for item in items:
                    params = getattr(item, "callspec", None) and item.callspec.params or {}
                    for name, value in params.items():
                        if value is theirs:
                            params[name] = loyalty.KMeans

        theirs, module.KMeans = module.KMeans, loyalty.KMeans
        # Without our own configuration, in which warnings are errors.
        options = ["-q", "-c", os.devnull, "-p", "no:cacheprovider", "-W", "ignore", "-k", sys.argv[1]]
        sys.exit(pytest.main([*options, "--pyargs", module.__name__], plugins=[InPlace()]))
        """,
        " and ".join(f"not {name}" for name in NOT_OURS),
        SKLEARN_RUN_FLOAT32_TESTS="1",
    )
    passed = int(printed.rsplit(" passed", 1)[0].rsplit(maxsplit=1)[-1])
    assert passed > 150
    assert "skipped" not in printed.splitlines()[-1]


# --- Without it ------------------------------------------------------------------------------------------------------

WITHOUT = """
    import importlib.abc
    import sys

    class Block(importlib.abc.MetaPathFinder):
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] in ("sklearn", "scipy", "joblib", "matplotlib", "tqdm"):
                raise ImportError(f"{name} is blocked")
            return None

    sys.meta_path.insert(0, Block())

    import copy
    import pickle
    import numpy as np
    import loyalty

    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3))
    y = np.where(X[:, 0] + rng.normal(size=80) > 0, "left", "here")

    model = loyalty.KMeans(n_clusters=3, random_state=1)
    assert repr(model) == "KMeans(n_clusters=3, random_state=1)", repr(model)
    assert model.get_params()["n_clusters"] == 3
    assert model.set_params(n_clusters=2) is model
    try:
        model.predict(X)
    except ValueError as error:
        assert "not fitted yet" in str(error)
    assert (model.fit_predict(X) == model.predict(X)).all()
    assert model.fit_transform(X).shape == (80, 2)
    assert model.get_feature_names_out().tolist() == ["kmeans0", "kmeans1"]
    assert "<table>" in model._repr_html_()

    churn = loyalty.LogisticChurn().fit(X, y)
    assert set(churn.predict(X)) == {"here", "left"}
    assert churn.score(X, y) > 0.6
    assert churn.predict_proba(X).shape == (80, 2)

    for scaler in (loyalty.StandardScaler(), loyalty.MinMaxScaler()):
        assert abs(scaler.inverse_transform(scaler.fit_transform(X)) - X).max() < 1e-12
        assert scaler.get_feature_names_out().tolist() == ["x0", "x1", "x2"]

    choice = loyalty.ChooseK(2, 4, kmeans=loyalty.KMeans(random_state=1))
    assert choice.get_params()["kmeans__random_state"] == 1
    assert choice.set_params(kmeans__random_state=2).fit(X).k_ in (2, 3, 4)

    score = loyalty.LoyaltyScore().fit(X)
    for fitted in (model, churn, choice, score):
        for copied in (pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted)):
            assert copied.to_json() == fitted.to_json()
            assert copied.get_params().keys() == fitted.get_params().keys()
    loaded = loyalty.loads(churn.to_json())
    assert (loaded.predict_proba(X) == churn.predict_proba(X)).all()
    try:
        loyalty.KMeans(2).set_params(colour=1)
    except ValueError as error:
        assert "colour" in str(error)
    assert not any(name.startswith(("sklearn", "scipy")) for name in sys.modules)
    print("done")
"""


def test_all_works_without_scikit_learn() -> None:
    assert run(WITHOUT) == "done\n"


@pytest.mark.parametrize("wanted", ["KMeans", "LogisticChurn", "StandardScaler", "MinMaxScaler", "ChooseK"])
def test_signatures_are_the_same_without_it(wanted: str) -> None:
    """The methods that scikit-learn's mixins add have stand-ins."""
    public = {name for name in dir(getattr(loyalty, wanted)) if not name.startswith("_")}
    printed = run(WITHOUT.split("    import copy")[0] + f"    import loyalty\n    print(*dir(loyalty.{wanted}))\n")
    # Output containers and the routing of weights are scikit-learn's own.
    missing = {n for n in public - set(printed.split()) if not n.startswith(("set_", "get_metadata"))}
    assert not missing
