"""Progress bars for long fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from loyalty.errors import LoyaltyTypeError

__all__ = ["Listener", "Progress", "listening"]

#: Called with the stage, the steps done, and the steps in all where they are known.
Listener = Callable[[str, int, "int | None"], None]

#: True for bars, False for silence, or who is told instead.
Progress = bool | Listener


@contextmanager
def listening(progress: Progress) -> Iterator[Listener | None]:
    """Whom a fit tells of its progress."""
    if progress is False:
        yield None
    elif callable(progress):
        yield progress
    elif progress is True:
        bars = _Bars()
        try:
            yield bars
        finally:
            bars.close()
    else:
        raise LoyaltyTypeError(f"progress is {progress!r}; it must be True, False or callable", argument="progress")


class _Bars:
    """A bar for each stage."""

    def __init__(self) -> None:
        try:
            from tqdm.auto import tqdm
        except ImportError as error:
            raise ImportError("progress bars need tqdm: pip install 'loyalty-py[progress]'") from error
        self._tqdm = tqdm
        self._bars: dict[str, Any] = {}

    def __call__(self, stage: str, iteration: int, total: int | None) -> None:
        bar = self._bars.get(stage)
        if bar is None:
            bar = self._bars[stage] = self._tqdm(desc=stage, total=total)
        # Every start begins to count anew.
        bar.n, bar.total = iteration, total
        bar.refresh()

    def close(self) -> None:
        for bar in self._bars.values():
            bar.close()
