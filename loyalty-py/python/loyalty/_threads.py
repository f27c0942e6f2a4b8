"""How many threads calls use that do not say."""

from __future__ import annotations

import os

from loyalty._arguments import whole
from loyalty.errors import LoyaltyError

__all__ = ["get_num_threads", "resolve", "set_num_threads"]

_chosen: int | None = None


def set_num_threads(n_threads: int | None) -> None:
    """Set how many threads calls use whose ``n_threads`` is None.

    No result depends on it. The setting is that of the process.

    Parameters
    ----------
    n_threads : int or None
        At least 1. None goes back to the default: what ``OMP_NUM_THREADS`` says, as joblib sets it for its workers, and
        failing that one thread for each core that the process may use.

    Examples
    --------
    >>> import loyalty
    >>> loyalty.set_num_threads(1)
    >>> loyalty.get_num_threads()
    1
    >>> loyalty.set_num_threads(None)
    """
    global _chosen
    _chosen = None if n_threads is None else _checked(n_threads)


def get_num_threads() -> int:
    """How many threads calls use whose ``n_threads`` is None.

    Returns
    -------
    int
        At least 1.

    Examples
    --------
    >>> import loyalty
    >>> loyalty.get_num_threads() >= 1
    True
    """
    return resolve(None)


def resolve(n_threads: int | None) -> int:
    """The number of threads for one call."""
    if n_threads is not None:
        return _checked(n_threads)
    if _chosen is not None:
        return _chosen
    # A list is for nested regions; the first is for the outermost.
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _checked(n_threads: int) -> int:
    n_threads = whole("n_threads", n_threads)
    if not 1 <= n_threads < 2**32:
        raise LoyaltyError(f"n_threads is {n_threads}; it must be at least 1 and below 2^32", argument="n_threads")
    return n_threads
