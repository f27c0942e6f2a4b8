"""Churn: logistic regression against scikit-learn, statsmodels and Konis' linear programme for separation.

scikit-learn's solvers stop short of the last digits, so its answer is the start of a Newton iteration on the stationarity
equations in 50-digit arithmetic (mpmath), on the support that scikit-learn found where there is an L1 penalty. The iteration
must stay close to scikit-learn's answer and must end in a point that satisfies the optimality conditions.
"""

import math
import warnings

import mpmath as mp
import numpy as np
import scipy
import sklearn
import statsmodels
import statsmodels.api as sm
from scipy.optimize import linprog
from sklearn.linear_model import LogisticRegression
from vectors import Vectors

mp.mp.dps = 50
warnings.filterwarnings("ignore")
SKLEARN = f"scikit-learn {sklearn.__version__}"
STATSMODELS = f"statsmodels {statsmodels.__version__}"
POLISHED = f"polished by Newton's method in 50 digits, mpmath {mp.__version__}"
vectors = Vectors("churn")


def data(seed, rows, columns, noise=1.0):
    """Features and labels of a logistic model."""
    rng = np.random.default_rng(seed)
    x = np.round(rng.normal(size=(rows, columns)), 4)
    truth = np.linspace(1.5, -1.0, columns)
    y = x @ truth + noise * rng.logistic(size=rows) > 0.2
    return x, y


def class_factor(y, sample_weight, class_weight):
    if class_weight is None:
        return np.ones(len(y))
    if class_weight == "balanced":
        by_class = [sample_weight[~y].sum(), sample_weight[y].sum()]
        return np.where(y, sum(by_class) / (2 * by_class[1]), sum(by_class) / (2 * by_class[0]))
    return np.where(y, class_weight["churned"], class_weight["retained"])


def polish(x, y, weight, start, intercept, c, l1_ratio):
    """The exact optimum: coefficients, then the intercept if there is one, and the Hessian of the log loss there."""
    columns = x.shape[1]
    z = [[mp.mpf(float(v)) for v in row] + ([mp.mpf(1)] if intercept else []) for row in x]
    weight = [mp.mpf(float(w)) for w in weight]
    inverse_c = mp.mpf(0) if math.isinf(c) else 1 / mp.mpf(c)
    squared, absolute = (1 - mp.mpf(l1_ratio)) * inverse_c, mp.mpf(l1_ratio) * inverse_c
    theta = [mp.mpf(float(t)) for t in start]
    free = [j for j in range(len(theta)) if j >= columns or absolute == 0 or theta[j] != 0]
    for _ in range(60):
        gradient = [mp.mpf(0)] * len(theta)
        hessian = mp.zeros(len(theta))
        for row, label, w in zip(z, y, weight):
            p = 1 / (1 + mp.exp(-mp.fdot(row, theta)))
            for i, zi in enumerate(row):
                gradient[i] += w * (p - int(label)) * zi
                for j in range(i + 1):
                    hessian[i, j] += w * p * (1 - p) * zi * row[j]
        for i in range(len(theta)):
            for j in range(i):
                hessian[j, i] = hessian[i, j]
        of_log_loss = hessian.copy()
        for j in range(columns):
            gradient[j] += squared * theta[j]
            hessian[j, j] += squared
            if absolute and theta[j] != 0:
                gradient[j] += absolute * mp.sign(theta[j])
        step = mp.lu_solve(mp.matrix([[hessian[i, j] for j in free] for i in free]),
                           mp.matrix([-gradient[i] for i in free]))
        for k, j in enumerate(free):
            theta[j] += step[k]
        if all(abs(s) <= mp.mpf(10) ** -25 * abs(theta[j]) for s, j in zip(step, free)):
            break
    else:
        raise AssertionError("no convergence")
    theta = [mp.chop(t, 1000 * mp.eps) for t in theta]
    held = [j for j in range(len(theta)) if j not in free]
    assert all(abs(gradient[j]) < absolute for j in held), "a coefficient at zero should not be"
    for t, s in zip(theta, start):
        assert abs(t - s) <= 1e-4 * (1 + abs(t)) * max(1, np.abs(x).max()), (float(t), s)
    return theta, of_log_loss


def fit(name, x, y, *, c=1.0, l1_ratio=0.0, class_weight=None, sample_weight=None, intercept=True, x_new=None,
        references=("@", "@"), standardise=False, rtol=1e-8, start=None):
    """One case each for the fit, for predictions and for contributions."""
    s = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight, float)
    weight = s * class_factor(y, s, class_weight)
    if start is None:
        # On wildly scaled data scikit-learn starts from standardised columns, which only an unpenalised fit allows.
        centre = x.mean(axis=0) if standardise and intercept else np.zeros(x.shape[1])
        scale = x.std(axis=0) if standardise else np.ones(x.shape[1])
        assert not standardise or math.isinf(c)
        given = {False: class_weight["retained"], True: class_weight["churned"]} if isinstance(class_weight, dict) else class_weight
        model = LogisticRegression(C=c, l1_ratio=l1_ratio, solver="saga" if l1_ratio else "newton-cholesky",
                                   tol=1e-13 if l1_ratio else 1e-12, max_iter=200000, fit_intercept=intercept,
                                   class_weight=given, random_state=0)
        model.fit((x - centre) / scale, y, sample_weight=s)
        coefficients = model.coef_[0] / scale
        start = [*coefficients, *([model.intercept_[0] - coefficients @ centre] if intercept else [])]
    theta, hessian = polish(x, y, weight, start, intercept, c, l1_ratio)
    columns = x.shape[1]
    w, b = theta[:columns], theta[columns] if intercept else mp.mpf(0)
    predictor = lambda row: mp.fdot([mp.mpf(float(v)) for v in row], w) + b
    loss = sum(mp.mpf(float(wi)) * mp.log(1 + mp.exp(-(1 if label else -1) * predictor(row)))
               for row, label, wi in zip(x, y, weight))
    churned = weight[y].sum() / weight.sum()
    null = weight.sum() * (churned * math.log(churned) + (1 - churned) * math.log(1 - churned))
    expected = {"coefficients": [float(v) for v in w], "intercept": float(b), "log_likelihood": float(-loss),
                "null_log_likelihood": null, "odds_ratios": [float(mp.exp(v)) for v in w], "converged": True}

    oracle = f"{SKLEARN}, LogisticRegression, {POLISHED}"
    if math.isinf(c) and class_weight is None:
        inverse = hessian ** -1
        errors = [mp.sqrt(inverse[j, j]) for j in range(len(theta))]
        figures = lambda j: (errors[j], theta[j] / errors[j], mp.erfc(abs(theta[j] / errors[j]) / mp.sqrt(2)),
                             theta[j] - mp.mpf("1.959963984540054235524594430520551527956") * errors[j],
                             theta[j] + mp.mpf("1.959963984540054235524594430520551527956") * errors[j])
        expected |= inference([[float(f) for f in figures(j)] for j in range(columns)],
                              [float(f) for f in figures(columns)] if intercept else None)
        oracle += "; inference from the observed information there"

    params = {"c": "infinity" if math.isinf(c) else c, "l1_ratio": l1_ratio, "fit_intercept": intercept}
    if class_weight is not None:
        params["class_weight"] = {"given": class_weight} if isinstance(class_weight, dict) else class_weight
    inputs = {"x": vectors.share(f"x of {name}", x) if references[0] == "@" else references[0],
              "y": vectors.share(f"y of {name}", y) if references[1] == "@" else references[1]}
    if sample_weight is not None:
        inputs["sample_weight"] = s
    loose = 1e-6
    vectors.case(name, "fit", params=params, input=inputs, expected=expected,
                 rtol={"*": rtol, "standard_errors": loose, "z": loose, "p_values": loose, "confidence_low": loose,
                       "confidence_high": loose, "intercept_inference": loose}, oracle=oracle)
    if x_new is not None:
        x_new = np.asarray(x_new, float)
        vectors.case(f"{name}: probabilities", "predict_proba", params=params, input=inputs | {"x_new": x_new},
                     expected={"probabilities": [float(1 / (1 + mp.exp(-predictor(row)))) for row in x_new],
                               "predictions": [bool(predictor(row) > 0) for row in x_new],
                               "decision": [float(predictor(row)) for row in x_new]},
                     rtol={"*": 1e-8, "probabilities": 1e-10}, atol={"*": 1e-12}, oracle=oracle)
        means = [mp.fdot([mp.mpf(float(v)) for v in x[:, j]], [mp.mpf(float(v)) for v in s]) / mp.mpf(float(s.sum()))
                 for j in range(columns)]
        vectors.case(f"{name}: contributions", "contributions", params=params, input=inputs | {"x_new": x_new},
                     expected={"contributions": [[float(w[j] * (mp.mpf(float(row[j])) - means[j])) for j in range(columns)]
                                                 for row in x_new],
                               "base_value": float(mp.fdot(w, means) + b)},
                     rtol=1e-8, atol=1e-12, oracle=f"{oracle}; coefficient · (x − weighted mean)")
    return [float(v) for v in w], float(b)


def inference(features, intercept):
    names = ["standard_errors", "z", "p_values", "confidence_low", "confidence_high"]
    return {name: [row[k] for row in features] for k, name in enumerate(names)} | {"intercept_inference": intercept}


def refused(name, x, y, error, argument=None, *, oracle, sample_weight=None, call="fit", **params):
    inputs = {"x": x, "y": y} | ({} if sample_weight is None else {"sample_weight": sample_weight})
    vectors.case(name, call, params=params, input=inputs, error=error, argument=argument, oracle=oracle)


def separation(x, y, intercept=True):
    """Konis (2007): the largest Σ (2y − 1)·(x·d) over −1 ≤ d ≤ 1 that keeps every term at 0 or above; positive if separated."""
    z = np.column_stack([np.ones(len(x)), x]) if intercept else np.asarray(x, float)
    signed = np.where(y, 1.0, -1.0)[:, None] * z
    result = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(z)), bounds=[(-1, 1)] * z.shape[1], method="highs")
    return -result.fun > 1e-9


# Fits.
x4, y4 = data(1, 60, 4)
X4, Y4 = vectors.share("x4", x4), vectors.share("y4", y4)
base = {"references": (X4, Y4)}
rng = np.random.default_rng(7)
weights4 = np.round(rng.gamma(2.0, size=60), 3)
counts4 = rng.integers(0, 4, size=60).astype(float)
new4 = [[0, 0, 0, 0], [1.5, -0.3, 2.0, 0.1], [-9, 7, 3, 30], [400, -300, 0, 0], [-0.25, 0.5, -0.75, 1]]
fit("ridge, c = 1", x4, y4, x_new=new4, **base)
fit("ridge, c = 0.01", x4, y4, c=0.01, **base)
fit("ridge, c = 1e6", x4, y4, c=1e6, **base)
fit("ridge, no intercept", x4, y4, intercept=False, x_new=new4, **base)
fit("ridge, balanced", x4, y4, class_weight="balanced", **base)
fit("ridge, given class weights", x4, y4, class_weight={"retained": 0.5, "churned": 3.0}, **base)
fit("ridge, sample weights", x4, y4, sample_weight=weights4, x_new=new4, **base)
fit("ridge, sample weights and balanced", x4, y4, sample_weight=weights4, class_weight="balanced", x_new=new4, **base)
fit("ridge, weights of zero", x4, y4, sample_weight=counts4, **base)
fit("unpenalised", x4, y4, c=math.inf, x_new=new4, **base)
fit("unpenalised, no intercept", x4, y4, c=math.inf, intercept=False, **base)
fit("unpenalised, frequency weights", x4, y4, c=math.inf, sample_weight=counts4, **base)
fit("unpenalised, fractional weights", x4, y4, c=math.inf, sample_weight=weights4, **base)
fit("unpenalised, balanced", x4, y4, c=math.inf, class_weight="balanced", **base)
fit("lasso, c = 0.2", x4, y4, c=0.2, l1_ratio=1.0, x_new=new4, **base)
fit("elastic net, c = 0.1", x4, y4, c=0.1, l1_ratio=0.5, **base)
fit("elastic net, c = 10", x4, y4, c=10.0, l1_ratio=0.2, **base)
fit("lasso, no intercept, weights", x4, y4, c=0.3, l1_ratio=1.0, intercept=False, sample_weight=weights4, **base)
# So strong a penalty that only the intercept is left: the log odds of the labels.
fit("lasso, all coefficients zero", x4, y4, c=1e-3, l1_ratio=1.0,
    start=[0, 0, 0, 0, math.log(y4.sum() / (~y4).sum())], **base)

x1, y1 = data(2, 30, 1)
fit("one feature, ridge", x1, y1, x_new=[[0], [2]])
fit("one feature, unpenalised", x1, y1, c=math.inf, references=("@x of one feature, ridge", "@y of one feature, ridge"))

x12, y12 = data(3, 90, 12)
x12[:, 5] = np.round(x12[:, 4] + 0.05 * x12[:, 5], 4)
x12[:, 9] = np.round(x12[:, 0] - x12[:, 1] + 0.01 * x12[:, 9], 4)
fit("correlated features, ridge", x12, y12)
wide = ("@x of correlated features, ridge", "@y of correlated features, ridge")
fit("correlated features, unpenalised", x12, y12, c=math.inf, references=wide)
fit("correlated features, lasso", x12, y12, c=0.3, l1_ratio=1.0, references=wide)
fit("correlated features, elastic net", x12, y12, c=0.5, l1_ratio=0.7, references=wide)

scaled = x4 * np.array([1e-8, 1e8, 1.0, 1e3])
fit("scales from 1e-8 to 1e8, unpenalised", scaled, y4, c=math.inf, standardise=True)
far = np.round(x4 * [1, 10, 0.5, 2] + [1e6, -3e6, 2e6, 5e5], 6)
fit("offsets of 1e6, unpenalised", far, y4, c=math.inf, standardise=True, x_new=far[:3])
moderate = x4 * np.array([1e-2, 30, 1.0, 0.3]) + np.array([5, 100, -20, 0])
fit("units matter to a penalty", moderate, y4, c=0.5)
# The penalty all but fixes the tiny feature at 0, and does not touch the huge one.
tiny_huge = x4[:, :2] * np.array([1e-150, 1e150])
alone = LogisticRegression(C=math.inf, tol=1e-12).fit(x4[:, 1:2], y4)
with mp.workdps(800):
    fit("units of 1e-150 and 1e150", tiny_huge, y4, start=[0, alone.coef_[0, 0] / 1e150, alone.intercept_[0]])
# One cell far out: its row is certain, and the others decide as if it were not there; or, with the other label, it alone does.
for size in (1e6, 1e9, 1e12):
    outlier = x4[:30, :2].copy()
    outlier[7, 0] = size if y4[7] else -size
    others = np.arange(30) != 7
    alone = LogisticRegression(tol=1e-12).fit(outlier[others], y4[:30][others])
    fit(f"an outlier of {size:g}, ridge", outlier, y4[:30], x_new=[*outlier[[7, 8]], [0.5, -1.0]],
        start=[*alone.coef_[0], *alone.intercept_])
    outlier[7, 0] *= -1
    alone = LogisticRegression(tol=1e-12).fit(outlier[:, 1:], y4[:30])
    fit(f"an outlier of {size:g} against its label, ridge", outlier, y4[:30],
        start=[0, *alone.coef_[0], *alone.intercept_])
# Duplicates share a ridge coefficient evenly; a constant one gets none.
twice = np.column_stack([x4[:, 0], x4[:, 1], x4[:, 0], np.full(60, 7.25)])
fit("ridge, duplicate and constant columns", twice, y4)
apart = np.array([[-2.0], [-1.0], [-0.5], [0.75], [1.0], [3.0]])
fit("ridge, separated", apart, apart[:, 0] > 0)

# Classic data with printed figures.
spector = sm.datasets.spector.load_pandas()
xs, ys = spector.exog.to_numpy(), spector.endog.to_numpy() == 1
XS, YS = vectors.share("spector x", xs), vectors.share("spector y", ys)
logit = sm.Logit(ys.astype(float), sm.add_constant(xs)).fit(method="newton", tol=1e-14, maxiter=100, disp=0)
table = np.column_stack([logit.bse, logit.tvalues, logit.pvalues, logit.conf_int()])
vectors.case("Spector and Mazzeo, statsmodels", "fit", params={"c": "infinity"}, input={"x": XS, "y": YS},
             expected={"coefficients": logit.params[1:], "intercept": logit.params[0], "log_likelihood": logit.llf,
                       "null_log_likelihood": logit.llnull} | inference(table[1:], table[0]),
             rtol={"*": 1e-8}, oracle=f"{STATSMODELS}, Logit(method='newton')")
vectors.case("Spector and Mazzeo, as printed", "fit", params={"c": "infinity"}, input={"x": XS, "y": YS},
             expected={"coefficients": [2.826, 0.095, 2.379], "intercept": -13.021, "standard_errors": [1.263, 0.142, 1.065]},
             atol=5.1e-4, oracle="Greene, Econometric Analysis (2003, 5th ed.), table 21.1, logit")
for name, weight in [("frequency weights", counts4), ("fractional weights", weights4)]:
    glm = sm.GLM(y4.astype(float), sm.add_constant(x4), family=sm.families.Binomial(), freq_weights=weight)
    glm = glm.fit(tol=1e-14, maxiter=100)
    table = np.column_stack([glm.bse, glm.tvalues, glm.pvalues, glm.conf_int(alpha=0.1)])
    vectors.case(f"inference with {name}, statsmodels", "fit", params={"c": "infinity", "confidence_level": 0.9},
                 input={"x": X4, "y": Y4, "sample_weight": weight},
                 expected={"coefficients": glm.params[1:], "intercept": glm.params[0], "log_likelihood": glm.llf}
                 | inference(table[1:], table[0]),
                 rtol={"*": 1e-6, "coefficients": 1e-8, "intercept": 1e-8, "log_likelihood": 1e-8}, oracle=f"{STATSMODELS}, GLM(Binomial, freq_weights)")

# No estimate, and other refusals.
LP = f"Konis' linear programme for separation, scipy {scipy.__version__} linprog"
free = {"c": "infinity"}
rng = np.random.default_rng(11)
found = {"separated": 0, "overlapping": 0}
for seed in range(400):
    local = np.random.default_rng(seed)
    columns = int(local.integers(2, 4))
    x = local.integers(0, 4, size=(int(local.integers(8, 25)), columns)).astype(float)
    y = x @ local.normal(size=columns) + local.logistic(size=len(x)) > local.normal() + 1
    z = np.column_stack([np.ones(len(x)), x])
    if y.all() or not y.any() or np.linalg.matrix_rank(z) < columns + 1:
        continue
    alone = any(separation(x[:, [j]], y) for j in range(columns))
    if separation(x, y):
        if not alone and found["separated"] < 12:
            found["separated"] += 1
            refused(f"separated by a combination, {found['separated']}", x, y, "NO_ESTIMATE", oracle=LP, **free)
    elif found["overlapping"] < 12:
        found["overlapping"] += 1
        logit = sm.Logit(y.astype(float), z).fit(method="newton", tol=1e-14, maxiter=100, disp=0)
        vectors.case(f"overlapping, {found['overlapping']}", "fit", params=free, input={"x": x, "y": y},
                     expected={"coefficients": logit.params[1:], "intercept": logit.params[0], "standard_errors": logit.bse[1:]},
                     rtol=1e-8, atol=1e-12, oracle=f"{LP} finds none; {STATSMODELS}, Logit")
assert found == {"separated": 12, "overlapping": 12}

x, y = x4[:24].copy(), y4[:24]
x[:, 2] = y
assert separation(x, y) and not separation(np.delete(x, 2, 1), y)
refused("one feature separates", x, y, "NO_ESTIMATE", "x2", oracle=LP, **free)
x[:, 2] = y & (np.arange(24) % 3 == 0)
assert separation(x, y) and not separation(np.delete(x, 2, 1), y)
refused("one feature separates quasi-completely", x, y, "NO_ESTIMATE", "x2", oracle=LP, **free)
x = np.column_stack([x4[:24, 0], x4[:24, 1], np.where(y, 1.0, -1.0) - 3 * x4[:24, 1]])
assert separation(x, y) and not any(separation(x[:, [j]], y) for j in range(3))
refused("two features separate together", x, y, "NO_ESTIMATE", oracle=LP, **free)
refused("separated through the origin", [[1.0, 2.0], [2.0, -3.0], [-1.0, 1.0], [-2.0, -4.0]], [True, True, False, False],
        "NO_ESTIMATE", "x0", oracle=LP, fit_intercept=False, **free)
RANK = f"rank of the design matrix, numpy {np.__version__} linalg.matrix_rank"
x = np.column_stack([x4[:24, :2], 2 * x4[:24, 0] - x4[:24, 1]])
assert np.linalg.matrix_rank(x) == 2
refused("collinear", x, y, "NO_ESTIMATE", "x0", oracle=RANK, **free)
refused("duplicate columns", x4[:24][:, [1, 0, 1]], y, "NO_ESTIMATE", "x0", oracle=RANK, **free)
refused("constant column", np.column_stack([x4[:24, 0], np.full(24, 0.1)]), y, "NO_ESTIMATE", "x1", oracle=RANK, **free)
refused("more features than rows", x12[:8], y12[:8], "NO_ESTIMATE", oracle=RANK, **free)
DOMAIN = "the definition of the argument"
refused("one class", x4[:5], [True] * 5, "DEGENERATE", "y", oracle=DOMAIN)
refused("one class after weights of zero", x4[:4], [True, True, False, True], "DEGENERATE", "y", oracle=DOMAIN,
        sample_weight=[1, 2, 0, 1])
refused("c of 0", x4[:5], y4[:5], "INVALID_PARAMETER", "c", oracle=DOMAIN, c=0.0)
refused("l1_ratio above 1", x4[:5], y4[:5], "INVALID_PARAMETER", "l1_ratio", oracle=DOMAIN, l1_ratio=1.5)
refused("confidence level of 1", x4[:5], y4[:5], "INVALID_PARAMETER", "confidence_level", oracle=DOMAIN, confidence_level=1.0)
refused("too few labels", x4[:5], y4[:4], "SHAPE_MISMATCH", "y", oracle=DOMAIN)
refused("NaN among the features", [[1.0], [math.nan], [0.0]], [True, False, True], "NON_FINITE", "x", oracle=DOMAIN)
refused("a negative weight", [[1.0], [0.0]], [True, False], "INVALID_VALUE", "sample_weight", oracle=DOMAIN,
        sample_weight=[1.0, -1.0])

# Labels.
DAY = 86_400_000_000
vectors.case("labels", "labels", input={"next_purchase": [1000 * DAY + 1, 1030 * DAY, 1030 * DAY + 1, None, 2000 * DAY],
                                        "cutoff": 1000 * DAY, "horizon_days": 30},
             expected={"labels": [False, False, True, True, True]}, oracle="integer arithmetic: (time − cutoff) > horizon")
vectors.case("a purchase before the cutoff", "labels", input={"next_purchase": [None, 9], "cutoff": 10, "horizon_days": 1},
             error="INVALID_VALUE", argument="next_purchase", oracle=DOMAIN)
vectors.case("no horizon", "labels", input={"next_purchase": [], "cutoff": 10, "horizon_days": 0},
             error="INVALID_PARAMETER", argument="horizon_days", oracle=DOMAIN)
vectors.write()
