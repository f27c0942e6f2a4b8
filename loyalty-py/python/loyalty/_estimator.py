"""What all estimators share: parameters for the core, matrices with their names, model files, tables in Jupyter."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from loyalty import _html, _matrix, _threads
from loyalty._arguments import params_json
from loyalty._compat import BaseEstimator, NotFittedError
from loyalty.errors import LoyaltyError

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import NDArray

__all__ = ["Estimator", "write_or_return"]


def write_or_return(text: str, path: str | os.PathLike[str] | None) -> str | None:
    """The text, or None after writing it."""
    if path is None:
        return text
    Path(path).write_text(text, encoding="utf-8")
    return None


class Estimator(BaseEstimator):  # type: ignore[misc]
    """An estimator whose model, `_fitted`, is one of the core's."""

    #: The parameters that the core writes otherwise, as `c` for `C`.
    _core_names: ClassVar[dict[str, str]] = {}

    #: The parameters that are no part of the core's specification.
    _not_core: ClassVar[frozenset[str]] = frozenset()

    #: Whether sparse matrices are taken (and made dense).
    _sparse: ClassVar[bool] = False

    #: Rows that no second thread helps with.
    _FEW_ROWS: ClassVar[int] = 500

    # The core's model, and the threads that predictions use.
    _fitted: Any

    @classmethod
    @cache
    def _get_param_names(cls) -> list[str]:
        # To read a signature takes longer than to fit some hundred rows.
        names: list[str] = super()._get_param_names()
        return names

    def _core_params(self) -> dict[str, Any]:
        """The parameters of the core's specification by the core's names."""
        params = self.get_params(deep=False)
        return {self._core_names.get(name, name): v for name, v in params.items() if name not in self._not_core}

    def _params_json(self) -> str:
        with self._naming():
            return params_json(self._core_params())

    @classmethod
    def _own_params(cls, core: dict[str, Any]) -> dict[str, Any]:
        """The constructor's arguments from the parameters of a model file."""
        ours = {theirs: own for own, theirs in cls._core_names.items()}
        return {ours.get(name, name): value for name, value in core.items()}

    def _learn(self) -> None:
        """Sets the learnt attributes from `_fitted`."""
        raise NotImplementedError

    @classmethod
    def _of_model(cls, fitted: Any) -> Self:
        """The estimator of a model that was read from a file."""
        estimator = cls(**cls._own_params(json.loads(fitted.to_json())["params"]))
        names = fitted.feature_names
        given = names != [f"x{i}" for i in range(len(names))]
        _matrix.remember_features(estimator, len(names), names if given else None)
        estimator._fitted = fitted
        estimator._learn()
        return estimator

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a fitted estimator from the text of a model file.

        Parameters
        ----------
        text : str
            What :meth:`to_json` gave, here, in Rust or in Node.

        Returns
        -------
        estimator
            Fitted; it answers with the same bits as the one that was written.

        Raises
        ------
        LoyaltyError
            ``BAD_MODEL`` for a text that is damaged, of another kind or from a later version.
        """
        return cls._of_model(cls._model_class().from_json(text))

    @classmethod
    def _model_class(cls) -> Any:
        raise NotImplementedError

    def to_json(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """Write the fitted estimator as a model file.

        Parameters
        ----------
        path : str or path-like, optional
            The file to write; None returns the text.

        Returns
        -------
        str or None
            The text, unless it went to a file. It holds parameters and no customer.
        """
        self._check_fitted()
        return write_or_return(self._fitted.to_json(), path)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_fitted")

    def _check_fitted(self) -> None:
        if not self.__sklearn_is_fitted__():
            raise NotFittedError(
                f"This {type(self).__name__} instance is not fitted yet. Call 'fit' with appropriate arguments before "
                "using this estimator."
            )

    def _threads(self, rows: int | None = None) -> int:
        """The threads of a call, or of one over so many rows: few are done before the machine has been asked."""
        n_threads = getattr(self, "n_threads", None)
        if n_threads is None and rows is not None and rows <= self._FEW_ROWS:
            return 1
        return _threads.resolve(n_threads)

    def _matrix(self, X: Any) -> NDArray[np.float64]:
        """The values of later data, with the columns of the fit."""
        self._check_fitted()
        values, names = _matrix.as_matrix(X, sparse=self._sparse)
        _matrix.checked_names(self, values.shape[1], names)
        return values

    @contextmanager
    def _fitting(self, columns: int, names: list[str] | None) -> Iterator[None]:
        """A fit to these columns, which are remembered once it has succeeded."""
        with self._naming(names):
            yield
        _matrix.remember_features(self, columns, names)

    @contextmanager
    def _naming(self, names: Sequence[str] | None = None) -> Iterator[None]:
        """Errors of the core in terms of the caller's parameters and columns: these, or those of the fit."""
        try:
            yield
        except LoyaltyError as error:
            if names is None:
                names = getattr(self, "feature_names_in_", None)
            message, argument = str(error), error.argument
            for own, theirs in self._core_names.items():
                if argument == theirs:
                    message, argument = message.replace(theirs, own, 1), own
            if names is not None and argument == "X" and error.column is not None and error.column < len(names):
                message = message.replace(f"column {error.column} is", f"column {names[error.column]!r} is", 1)
            if message == str(error):
                raise
            raise type(error)(message, error.code, argument, error.row, error.column) from None

    def _tables(self) -> list[_html.Table]:
        """What Jupyter shows of a fitted estimator."""
        return []

    def _repr_html_(self) -> str:
        return _html.page(repr(self), self._tables() if self.__sklearn_is_fitted__() else [])

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}
