"""Rows to learn from and rows to judge by."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, overload

import numpy as np

from loyalty import _loyalty
from loyalty._arguments import count, seed_of
from loyalty.errors import LoyaltyError, LoyaltyTypeError
from loyalty.metrics._classes import encoded

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Folds", "Split", "k_folds", "train_test_split"]


class Split(NamedTuple):
    """Row numbers to train on and to test on, each ascending; every row is in one of the two.

    Attributes
    ----------
    train : array of int
        The rows to fit to.
    test : array of int
        The rows to judge by.
    """

    train: NDArray[np.intp]
    test: NDArray[np.intp]


class Folds(Sequence[Split]):
    """Folds of rows: for each the split that tests on it and trains on the others.

    scikit-learn takes them as ``cv=``.

    Parameters
    ----------
    fold_of_row : array of int of shape (n_rows,)
        The fold of each row, below `n_splits`.
    n_splits : int
        How many folds there are.

    Attributes
    ----------
    fold_of_row : array of int of shape (n_rows,)
        The fold of each row: the one split whose test part it is in.
    n_splits : int
        How many folds there are.
    """

    def __init__(self, fold_of_row: NDArray[np.uint32], n_splits: int) -> None:
        self.fold_of_row = fold_of_row
        self.n_splits = n_splits

    def __len__(self) -> int:
        return self.n_splits

    @overload
    def __getitem__(self, index: int) -> Split: ...
    @overload
    def __getitem__(self, index: slice) -> list[Split]: ...
    def __getitem__(self, index: int | slice) -> Split | list[Split]:
        folds = range(self.n_splits)[index]
        return self._split(folds) if isinstance(folds, int) else [self._split(fold) for fold in folds]

    def _split(self, fold: int) -> Split:
        is_test = self.fold_of_row == fold
        return Split(np.flatnonzero(~is_test), np.flatnonzero(is_test))

    def __repr__(self) -> str:
        return f"Folds(n_rows={len(self.fold_of_row)}, n_splits={self.n_splits})"


def train_test_split(n_rows: int, test_share: float, *, stratify: Any = None, random_state: Any = None) -> Split:
    """Split rows at random into a training and a test part.

    The test part has ⌈test_share · n_rows⌉ rows. With `stratify` each class is split in the same proportion: the parts
    of a row that the classes are owed go to those with the largest remainders (ties to the lower label). The same seed
    gives the same split on every machine, in Rust and in Node.

    Parameters
    ----------
    n_rows : int
        The number of rows, 2 to 10⁹.
    test_share : float
        The share of the test part, above 0 and below 1.
    stratify : array of shape (n_rows,), optional
        The class of each row, of any kind.
    random_state : int, RandomState or Generator, optional
        The seed. None is 0, so that two runs agree.

    Returns
    -------
    Split
        ``train, test``: row numbers.

    Raises
    ------
    LoyaltyError
        Fewer than 2 rows, or more than there is memory for; a share that is out of range or leaves no row to train;
        with `stratify`: a length other than `n_rows`, ``DEGENERATE`` for a class of a single row, or fewer rows in a
        part than there are classes.

    Examples
    --------
    >>> import loyalty
    >>> churned = [True, False, False, False, True, False, False, False]
    >>> train, test = loyalty.metrics.train_test_split(8, 0.25, stratify=churned, random_state=7)
    >>> len(train), len(test)
    (6, 2)
    """
    rows, seed = count("n_rows", n_rows), seed_of(random_state)
    try:
        share = float(test_share)
    except (TypeError, ValueError):
        raise LoyaltyTypeError(f"test_share is {test_share!r}; it must be a number", argument="test_share") from None
    with _classes(stratify) as codes:
        train, test = _loyalty.train_test_split(rows, share, codes, seed)
    return Split(train.astype(np.intp), test.astype(np.intp))


def k_folds(n_rows: int, n_splits: int, *, stratify: Any = None, random_state: Any = None) -> Folds:
    """Split rows at random into `n_splits` folds, to test on each in turn and train on the others.

    The folds' sizes differ by one at most. With `stratify` so do the numbers of each class in the folds; a class with
    fewer rows than folds is missing from some. The same seed gives the same folds on every machine, in Rust and in
    Node.

    Parameters
    ----------
    n_rows : int
        The number of rows, 2 to 10⁹.
    n_splits : int
        The number of folds, at least 2 and at most `n_rows`.
    stratify : array of shape (n_rows,), optional
        The class of each row, of any kind.
    random_state : int, RandomState or Generator, optional
        The seed. None is 0, so that two runs agree.

    Returns
    -------
    Folds
        A sequence of ``(train, test)``, each made when it is asked for.

    Raises
    ------
    LoyaltyError
        Fewer than 2 rows, or more than there is memory for; `n_splits` out of range; with `stratify`: a length other
        than `n_rows`, or ``DEGENERATE`` if every class has fewer than `n_splits` rows, as in scikit-learn.

    Examples
    --------
    >>> import loyalty
    >>> folds = loyalty.metrics.k_folds(10, 3, random_state=7)
    >>> [(len(train), len(test)) for train, test in folds]
    [(6, 4), (7, 3), (7, 3)]
    """
    rows, splits, seed = count("n_rows", n_rows), count("n_splits", n_splits), seed_of(random_state)
    with _classes(stratify) as codes:
        return Folds(_loyalty.k_folds(rows, splits, codes, seed), splits)


@contextmanager
def _classes(stratify: Any) -> Iterator[NDArray[np.uint32] | None]:
    """The classes as the core takes them; errors name them as the caller has them."""
    if stratify is None:
        yield None
        return
    classes, (codes,) = encoded(stratify=stratify)
    try:
        yield codes
    except LoyaltyError as error:
        message = re.sub(r"\bclass (\d+)\b", lambda found: f"class {classes.tolist()[int(found[1])]!r}", str(error))
        raise LoyaltyError(message, error.code, error.argument, error.row, error.column) from None
