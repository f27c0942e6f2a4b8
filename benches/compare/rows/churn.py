"""Logistic regression, beside scikit-learn's solvers and oneDAL's, each to the same gradient."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import data
import loyalty
import numpy as np
import peers
from row import ANY, Call, Case, Disagreement, Row, Scale, Tuned, close, number

#: The largest element of the gradient, relative to Σ C·|y − p|, at which a peer is as good as ours is asked to be.
GRADIENT = 1e-6


def relative_gradient(x: np.ndarray, y: np.ndarray, model: Any, c: float, l1_ratio: float) -> float:
    """By ours' measure, at a peer's answer: the least subgradient of the objective, features standardised."""
    w, b = np.ravel(model.coef_), float(np.ravel(model.intercept_)[0])
    smooth, of_intercept, size = (1 - l1_ratio) * w, 0.0, 0.0
    # In parts, which take no memory beside the peer's.
    for start in range(0, len(x), 1 << 16):
        part = x[start : start + (1 << 16)]
        residual = c * (1.0 / (1.0 + np.exp(-(part @ w + b))) - y[start : start + (1 << 16)])
        smooth = smooth + residual @ part
        of_intercept += residual.sum()
        size += np.abs(residual).sum()
    of_weights = np.where(w == 0, np.maximum(np.abs(smooth) - l1_ratio, 0.0), np.abs(smooth + l1_ratio * np.sign(w)))
    return max(of_weights.max(), abs(of_intercept)) / size


def logistic(rows: int, columns: int, l1_ratio: float = 0.0, calls: int = 1) -> Callable[[Scale], Case]:
    def prepare(scale: Scale) -> Case:
        # An L1 penalty that leaves about as many features out at any number of rows.
        c = 2000.0 / scale.rows(rows) if l1_ratio else 1.0
        x, y = data.features(scale.rows(rows, 20 * columns), columns, columns // 2 if l1_ratio else None)

        def gradient(model: Any) -> float:
            return relative_gradient(x, y, model, c, l1_ratio)

        def tuned(estimator: Any, **params: Any) -> Tuned:
            fit = lambda tol: estimator(C=c, tol=tol, max_iter=10_000, **params).fit(x, y)
            return Tuned(fit, lambda model: gradient(model) <= GRADIENT)

        def sklearn(solver: str) -> Call:
            from sklearn.linear_model import LogisticRegression

            return tuned(LogisticRegression, solver=solver, l1_ratio=l1_ratio, random_state=7)

        def intelex() -> Call:
            return tuned(peers.intelex().linear_model.LogisticRegression, solver="lbfgs")

        def agree(ours: Any, theirs: Any) -> None:
            if (reached := gradient(theirs)) > GRADIENT:
                raise Disagreement(f"a relative gradient of {reached:.1e} at the peer's answer")
            close("coefficients", ours.coef_, theirs.coef_, 1e-4, 1e-5)

        solvers = ["saga"] if l1_ratio else ["lbfgs", "newton-cholesky"]
        forms = {f"scikit-learn {solver}": partial(sklearn, solver) for solver in solvers}
        if not l1_ratio:
            forms["scikit-learn-intelex"] = intelex
        return Case(
            ours=lambda n: loyalty.LogisticChurn(C=c, l1_ratio=l1_ratio, tol=GRADIENT, n_threads=n).fit(x, y),
            peers=forms,
            agree=agree,
            calls=calls,
            unit=x.nbytes,
        )

    return prepare


def predict(columns: int, calls: int) -> Callable[[Scale], Case]:
    """The probability of one customer."""

    def prepare(_: Scale) -> Case:
        from sklearn.linear_model import LogisticRegression

        x, y = data.features(1000, columns)
        one = x[:1]
        model = loyalty.LogisticChurn().fit(x, y)

        def sklearn() -> Call:
            fitted = LogisticRegression(solver="newton-cholesky", tol=1e-10).fit(x, y)
            return lambda: fitted.predict_proba(one)

        def agree(ours: Any, theirs: Any) -> None:
            close("probability", ours, theirs, 1e-6)

        return Case(lambda _: model.predict_proba(one), {"scikit-learn": sklearn}, agree, calls)

    return prepare


COPY = (1.0, "copies of the input")


def _row(rows: int, columns: int, intelex: float) -> Row:
    size = f"{number(rows)}×{columns}"
    return Row(f"churn/l2/{rows}x{columns}", "logistic L2 to the same gradient", size, logistic(rows, columns),
               {"scikit-learn-intelex": intelex, ANY: 6.0}, 1.7, COPY)  # fmt: skip


ROWS = [
    _row(1_000_000, 10, 2.5),
    _row(1_000_000, 30, 2.0),
    _row(100_000, 100, 1.5),
    Row("churn/elastic-net/200000x30", "elastic net, half L1, C = 0.01", "2e5×30",
        logistic(200_000, 30, 0.5), {ANY: 5.0}, 1.7, COPY),
    Row("churn/l2/1000x10", "logistic L2 to the same gradient", "1,000×10", logistic(1000, 10, calls=20),
        {"scikit-learn lbfgs": 20.0, "scikit-learn newton-cholesky": 20.0}),
    Row("churn/predict/1x10", "churn probability, one row", "1×10", predict(10, calls=200), {ANY: 20.0}),
]  # fmt: skip
