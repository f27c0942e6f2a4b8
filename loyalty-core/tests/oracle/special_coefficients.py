"""Prints the Chebyshev coefficients of src/numeric/special.rs.

(1 + 2x)·e^(x²)·erfc(x) from x = 0.45 to infinity, as a series in y = (x − 4.4)/(x + 3.5), which takes x to [−1, 1]. The
factor 1 + 2x makes it nearly flat, as in Shepherd and Laframboise (1981, Mathematics of Computation 36).
"""

from mpmath import chebyt, cos, erfc, exp, mp, mpf, nstr, pi, sqrt

mp.dps = 60
COEFFICIENTS, NODES = 23, 48


def scaled(x):
    if x < 1000:
        return (1 + 2 * x) * exp(x * x) * erfc(x)
    # The asymptotic series (DLMF 7.12.1); its first terms are far below 1e-30 here.
    term = total = mpf(1)
    for k in range(1, 9):
        term *= -(2 * k - 1) / (2 * x * x)
        total += term
    return (1 + 2 * x) * total / (x * sqrt(pi))


def coefficients():
    nodes = [cos(pi * (j + mpf(1) / 2) / NODES) for j in range(NODES)]
    values = [scaled((mpf("4.4") + mpf("3.5") * y) / (1 - y)) for y in nodes]
    all_of_them = [2 * sum(v * chebyt(k, y) for v, y in zip(values, nodes)) / NODES for k in range(NODES)]
    all_of_them[0] /= 2
    assert sum(map(abs, all_of_them[COEFFICIENTS:])) < 5e-17
    return all_of_them[:COEFFICIENTS]


if __name__ == "__main__":
    for c in coefficients():
        print(f"{nstr(c, 17)},")
