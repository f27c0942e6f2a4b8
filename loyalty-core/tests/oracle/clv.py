"""Lifetime values by mpmath, term by term, at 50 digits."""

import mpmath
import numpy as np
from mpmath import mpf

from vectors import Vectors

mpmath.mp.dps = 50
EXACT = f"mpmath {mpmath.__version__}, 50 digits, term by term"
CLOSED = f"mpmath {mpmath.__version__}, 50 digits, closed form"
RTOL = 5e-16
TIMING = {"end": mpf(1), "mid": mpf(1) / 2, "start": mpf(0)}

vectors = Vectors("clv")


def per_customer(given, row):
    return mpf(given[row] if isinstance(given, (list, np.ndarray)) else given)


def value(revenue, rate, first, cost=0.0, acquisition_cost=0.0):
    answer = []
    for row, flows in enumerate(revenue):
        total = -per_customer(acquisition_cost, row)
        for period, flow in enumerate(flows):
            spent = cost[row][period] if isinstance(cost, (list, np.ndarray)) else cost
            total += (mpf(flow) - mpf(spent)) * (1 + mpf(rate)) ** -(first + period)
        answer.append(float(total))
    return answer


def discounted(name, revenue, rate, timing=None, rtol=RTOL, oracle=EXACT, **costs):
    first = TIMING[timing or "end"] if not isinstance(timing, dict) else mpf(timing["offset"])
    params = {"discount_rate": rate} | ({} if timing is None else {"timing": timing})
    vectors.case(name, "discounted", params=params, input={"revenue": revenue} | costs,
                 expected={"values": value(revenue, rate, first, **costs)}, rtol=rtol, oracle=oracle)


def undiscounted(name, revenue, **costs):
    vectors.case(name, "undiscounted", input={"revenue": revenue} | costs,
                 expected={"values": value(revenue, 0.0, mpf(1), **costs)}, rtol=RTOL, oracle=EXACT)


rng = np.random.default_rng(5)
revenue = rng.lognormal(4, 1, (6, 12)).round(2)
cost = (revenue * rng.uniform(0.2, 1.3, revenue.shape)).round(2)
acquisition_cost = rng.uniform(10, 200, 6).round(2)

# The worked figures of the sources, put right. To their printed digits, by hand:
# 1000/1.1 + 800/1.21 + 600/1.331 and 1000·(1.1^−2 + … + 1.1^−6) − 50.
vectors.case("1000, 800, 600 at 10 %", "discounted", params={"discount_rate": 0.1},
             input={"revenue": [[1000, 800, 600]]},
             expected={"values": [2021.0368]}, atol=5e-5, oracle="worked by hand: 1000/1.1 + 800/1.21 + 600/1.331")
vectors.case("five times 1000 at 10 %, divided once more, less 50", "discounted",
             params={"discount_rate": 0.1, "timing": {"offset": 2}},
             input={"revenue": [[1000] * 5], "acquisition_cost": 50},
             expected={"values": [3396.17]}, atol=5e-3, oracle="worked by hand: 1000·(1.1^-2 + … + 1.1^-6) − 50")

for timing in (None, "end", "mid", "start", {"offset": 2.0}, {"offset": 0.25}, {"offset": -1.5}, {"offset": 40.75}):
    # A fractional power is good to about one unit in the last place, whole ones are rounded once.
    discounted(f"six customers, timing {timing}", revenue, 0.013, timing, rtol=1e-15, cost=cost,
               acquisition_cost=acquisition_cost)
discounted("one cost for all", revenue, 0.1, cost=12.5, acquisition_cost=80.0)
discounted("each its acquisition cost", revenue, 0.1, acquisition_cost=acquisition_cost)
discounted("a rate of 0", revenue, 0.0, cost=cost)
discounted("a negative rate", revenue, -0.2, cost=cost)
discounted("a rate near -1", [[1.0, 2.0, 3.0]], -1 + 2**-40)
discounted("a tiny rate", revenue, 1e-17)
discounted("a huge rate", [[1e6, 1e12, 1e18]], 1e9)
discounted("a thousand periods", [list(rng.uniform(-50, 100, 1000).round(2))], 0.0037)
discounted("three hundred periods that grow", [list(rng.uniform(0, 1, 300).round(3))], -0.3)
discounted("flows that cancel", [[1e15, -1.05e15, 1.0]], 0.05, timing="start")
discounted("revenue near its cost", [[0.3, 0.7]], 0.07, cost=[[0.1 + 0.2, 0.7 - 1e-16]])
discounted("negative and zero flows", [[0.0, -100.0, 0.0], [0.0, 0.0, 0.0]], 0.1)
discounted("subnormal flows", [[1e-310, 1e-310]], 0.0)
discounted("the greatest flows", [[1.7e308, 1e308]], 1.5)
discounted("zeros long after, at a falling worth of money", [[1.0] + [0.0] * 1500], -0.75)
undiscounted("at face value", revenue, cost=cost)
undiscounted("at face value with acquisition costs", revenue, cost=3.0, acquisition_cost=acquisition_cost)
undiscounted("1 beside 1e16", [[1e16, 1.0, -1e16]])
vectors.case("no period", "discounted", params={"discount_rate": 0.1},
             input={"revenue": [[], []], "acquisition_cost": [5, 0]},
             expected={"values": [-5, 0]}, oracle="definition")
vectors.case("no customer", "undiscounted", input={"revenue": []}, expected={"values": []}, oracle="definition")


def historic(name, *columns):
    keys = ("average_order_value", "purchases_per_period", "lifespan_periods")
    exact = [float(mpf(a) * mpf(b) * mpf(c)) for a, b, c in zip(*columns)]
    vectors.case(name, "historic", input=dict(zip(keys, columns)), expected={"values": exact}, rtol=RTOL,
                 oracle=EXACT)


historic("50 × 4 × 3", [50.0], [4.0], [3.0])
historic("habits of six customers", *[list(rng.lognormal(1, 1, 6).round(3)) for _ in range(3)])
historic("no purchases, no lifespan, a refund", [9.5, 9.5, -9.5], [0.0, 2.0, 2.0], [3.0, 0.0, 3.0])
historic("beyond the range on the way", [1e200, 1e-200, 1e-300], [1e200, 1e-200, 1e300], [1e-200, 1e300, 1e5])
vectors.case("lifespans", "lifespan", input={"churn_rate": [0.25, 0.3, 1.0, 1e-300]},
             expected={"values": [float(1 / mpf(v)) for v in (0.25, 0.3, 1.0, 1e-300)]}, rtol=RTOL, oracle=EXACT)


def closed(margin, rate, discount, horizon, now, paid):
    q = mpf(rate) / (1 + mpf(discount))
    total = mpf(horizon) if q == 1 else (1 - (0 if horizon is None else q**horizon)) / (1 - q)
    return float(mpf(margin) * total * (1 if now else q) - mpf(paid))


def retention(name, margin, rate, discount, horizon=None, now=False, acquisition_cost=0.0, rtol=RTOL):
    expected = [closed(m, per_customer(rate, row), discount, horizon, now, per_customer(acquisition_cost, row))
                for row, m in enumerate(margin)]
    params = {"discount_rate": discount}
    if horizon is not None:
        params["horizon"] = {"finite": horizon}
    if now:
        params["first_margin"] = "now"
    vectors.case(name, "retention", params=params,
                 input={"margin": margin, "retention_rate": rate, "acquisition_cost": acquisition_cost},
                 expected={"values": expected}, rtol=rtol, oracle=CLOSED)


# The margin multiple r/(1 + i − r) of Gupta and Lehmann, worked by hand to two digits.
for discount, rate, worked in ((0.10, 0.6, 1.20), (0.10, 0.7, 1.75), (0.10, 0.8, 2.67), (0.10, 0.9, 4.50),
                                (0.12, 0.6, 1.15), (0.12, 0.9, 4.09), (0.16, 0.8, 2.22)):
    vectors.case(f"margin multiple of {rate} at {discount}", "retention", params={"discount_rate": discount},
                 input={"margin": [1.0], "retention_rate": rate}, expected={"values": [worked]}, atol=5e-3,
                 oracle="worked by hand: r/(1 + i − r), Gupta and Lehmann 2003, Journal of Interactive Marketing 17")

margins = list(rng.uniform(-20, 200, 5).round(2))
rates = [0.0, 0.35, 0.8, 0.97, 1.0]
for now in (False, True):
    when = "now" if now else "after a period"
    retention(f"without limit, first {when}", margins, 0.8, 0.1, now=now, acquisition_cost=75.0)
    retention(f"without limit, each its rate, first {when}", margins, rates, 0.1, now=now,
              acquisition_cost=[5.0, 0.0, 1.5, 9.0, 2.0])
    for horizon in (1, 2, 7, 120, 10**6):
        retention(f"{horizon} margins, first {when}", margins, rates, 0.1, horizon=horizon, now=now)
retention("everybody stays at no discount", margins, 1.0, 0.0, horizon=48)
retention("money loses less than customers leave", margins, rates, -0.05, horizon=60)
retention("a ratio of 1 less a hair", [100.0], 1 - 2**-53, 0.0, horizon=1000)
retention("a ratio of 1 less a hair, without limit", [1.0], 1 - 2**-53, 0.0)
retention("a ratio of 1 and a hair", [100.0], 1.0, -(2**-50), horizon=4000)
retention("convergence by a hair", [1.0], 0.3, -0.7 + 2**-50)
retention("nobody stays", [100.0, 50.0], 0.0, 0.1, now=True)


def rate(name, start, end, new, expected, oracle="definition"):
    vectors.case(name, "retention_rate",
                 input={"customers_at_start": start, "customers_at_end": end, "new_customers": new},
                 expected={"value": expected}, rtol=RTOL, oracle=oracle)


rate("200 of 1000 lost, 100 won", 1000, 900, 100, 0.8, "worked by hand: (900 − 100)/1000")
rate("all stay", 7, 7, 0, 1.0)
rate("all leave", 7, 3, 3, 0.0)
rate("a third", 3, 5, 4, float(mpf(1) / 3), EXACT)


def refused(name, call, error, argument, params=None, **input):
    vectors.case(name, call, params=params, input=input, error=error, argument=argument, oracle="definition")


nan, inf = float("nan"), float("inf")
flows = [[1.0, 2.0], [3.0, 4.0]]
terms = {"discount_rate": 0.1}
refused("a rate of -1", "discounted", "INVALID_PARAMETER", "discount_rate", {"discount_rate": -1}, revenue=flows)
refused("a rate of -2", "retention", "INVALID_PARAMETER", "discount_rate", {"discount_rate": -2}, margin=[1.0],
        retention_rate=0.5)
refused("an endless offset", "discounted", "INVALID_PARAMETER", "timing", terms | {"timing": {"offset": 1e7}},
        revenue=flows)
refused("revenue that is NaN", "discounted", "NON_FINITE", "revenue", terms, revenue=[[1.0, nan]])
refused("an infinite cost", "discounted", "NON_FINITE", "cost", terms, revenue=flows, cost=[[1.0, 2.0], [inf, 4.0]])
refused("costs of another number of periods", "discounted", "SHAPE_MISMATCH", "cost", terms, revenue=flows,
        cost=[[1.0], [2.0]])
refused("costs of another number of customers", "undiscounted", "SHAPE_MISMATCH", "cost", revenue=flows,
        cost=[[1.0, 2.0]])
refused("an acquisition cost too many", "discounted", "SHAPE_MISMATCH", "acquisition_cost", terms, revenue=flows,
        acquisition_cost=[1.0, 2.0, 3.0])
refused("a sum beyond the range", "undiscounted", "INVALID_VALUE", "revenue", revenue=[[1.7e308, 1.7e308]])
refused("growth beyond the range", "discounted", "INVALID_VALUE", "revenue", {"discount_rate": -0.999999},
        revenue=[[1.0] * 60])
refused("a retention rate above 1", "retention", "INVALID_PARAMETER", "retention_rate", terms, margin=[1.0],
        retention_rate=1.01)
refused("one retention rate below 0", "retention", "INVALID_VALUE", "retention_rate", terms, margin=[1.0, 1.0],
        retention_rate=[0.5, -0.1])
refused("an endless sum that does not converge", "retention", "INVALID_PARAMETER", "retention_rate",
        {"discount_rate": 0}, margin=[1.0], retention_rate=1)
refused("one endless sum that does not converge", "retention", "INVALID_VALUE", "retention_rate",
        {"discount_rate": -0.1}, margin=[1.0, 1.0], retention_rate=[0.5, 0.95])
refused("a horizon of 0", "retention", "INVALID_PARAMETER", "horizon", terms | {"horizon": {"finite": 0}},
        margin=[1.0], retention_rate=0.5)
refused("a retention rate too few", "retention", "SHAPE_MISMATCH", "retention_rate", terms, margin=[1.0, 1.0],
        retention_rate=[0.5])
refused("a negative number of purchases", "historic", "INVALID_VALUE", "purchases_per_period",
        average_order_value=[1.0], purchases_per_period=[-1.0], lifespan_periods=[1.0])
refused("a habit beyond the range", "historic", "INVALID_VALUE", "average_order_value", average_order_value=[1e200],
        purchases_per_period=[1e200], lifespan_periods=[1.0])
refused("no churn", "lifespan", "INVALID_VALUE", "churn_rate", churn_rate=[0.5, 0.0])
refused("nobody at the start", "retention_rate", "INVALID_PARAMETER", "customers_at_start", customers_at_start=0,
        customers_at_end=0, new_customers=0)
refused("more new customers than customers", "retention_rate", "INVALID_PARAMETER", "new_customers",
        customers_at_start=5, customers_at_end=3, new_customers=4)
refused("more kept than there were", "retention_rate", "INVALID_PARAMETER", "customers_at_end",
        customers_at_start=800, customers_at_end=1000, new_customers=100)

vectors.write()
