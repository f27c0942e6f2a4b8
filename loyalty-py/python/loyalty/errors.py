"""Errors and warnings."""

from __future__ import annotations

from loyalty._compat import SklearnConvergenceWarning

__all__ = [
    "ConvergenceWarning",
    "FewDistinctPointsWarning",
    "LoyaltyError",
    "LoyaltyTypeError",
    "LoyaltyWarning",
    "SeparationWarning",
]


class LoyaltyError(ValueError):
    """A call that cannot be answered, with what a program needs to react to it.

    Parameters
    ----------
    message : str
        A sentence that names the argument, the value, the row, and what would be right.
    code : str
        A stable code, the same in Rust, Python and Node: ``INVALID_PARAMETER``, ``INVALID_TYPE``, ``INVALID_VALUE``,
        ``SHAPE_MISMATCH``, ``NON_FINITE``, ``TOO_FEW_ROWS``, ``DEGENERATE``, ``NO_ESTIMATE``, ``BAD_MODEL``, ``INTERNAL``.
    argument : str, optional
        The argument at fault.
    row, column : int, optional
        Where in it, counted from 0.

    Examples
    --------
    >>> import loyalty
    >>> try:
    ...     loyalty.clv.discounted([[1000.0, 800.0]], discount_rate=-2)
    ... except loyalty.LoyaltyError as error:
    ...     print(error.code, error.argument)
    INVALID_PARAMETER discount_rate
    """

    def __init__(
        self,
        message: str,
        code: str = "INVALID_PARAMETER",
        argument: str | None = None,
        row: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.argument = argument
        self.row = row
        self.column = column

    def __reduce__(self) -> tuple[type[LoyaltyError], tuple[object, ...]]:
        return type(self), (str(self), self.code, self.argument, self.row, self.column)


class LoyaltyTypeError(LoyaltyError, TypeError):
    """An argument of the wrong type; also a :class:`TypeError`.

    Parameters
    ----------
    message : str
        A sentence that names the argument, the value, and what would be right.
    code : str
        ``INVALID_TYPE``.
    argument : str, optional
        The argument at fault.
    row, column : int, optional
        Where in it, counted from 0.
    """

    def __init__(
        self,
        message: str,
        code: str = "INVALID_TYPE",
        argument: str | None = None,
        row: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(message, code, argument, row, column)


class LoyaltyWarning(UserWarning):
    """A result that can be used, but about which the caller should know something."""


class ConvergenceWarning(LoyaltyWarning, SklearnConvergenceWarning):  # type: ignore[misc]
    """A fit that ended before it converged; also scikit-learn's warning of that name, where it is installed."""


class FewDistinctPointsWarning(ConvergenceWarning):
    """Fewer distinct points than clusters, so that some clusters are empty."""


class SeparationWarning(LoyaltyWarning):
    """Classes told apart without an error, so that only the penalty keeps the coefficients finite."""
