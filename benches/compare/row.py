"""What a row of the comparison is. Each is declared once, in `rows/`, by a function that makes it ready."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Call = Callable[[], Any]


class Disagreement(Exception):
    """The results of ours and of a peer are not the same."""


class Tuned:
    """A peer's fit, with the loosest tolerance at which its result is good enough."""

    def __init__(self, fit: Callable[[float], Any], good: Callable[[Any], bool]) -> None:
        self.fit, self.good = fit, good
        self.tolerance = 1e-3

    def tune(self) -> None:
        """Goes down to 1e-11; what is not good by then is for the comparison to say."""
        while not self.good(self()) and self.tolerance > 1e-11:
            self.tolerance /= 10**0.5

    def __call__(self) -> Any:
        return self.fit(self.tolerance)


@dataclass(frozen=True)
class Scale:
    """How much of a row's full size is measured, and for how long."""

    name: str
    divisor: int
    seconds: float
    rounds: tuple[int, int]
    #: Whether each row has a process of its own, and its memory is measured in others.
    apart: bool
    #: By what share results that hang on random draws may be worse than a peer's: the fewer rows, the more luck.
    luck: float

    def rows(self, full: int, least: int = 500) -> int:
        """Rows at this scale of what has so many at full scale."""
        return max(full // self.divisor, min(full, least))


FULL = Scale("full", 1, 15.0, (3, 15), apart=True, luck=1e-3)
QUICK = Scale("quick", 20, 0.5, (3, 5), apart=False, luck=0.02)
SMOKE = Scale("smoke", 1000, 0.0, (1, 1), apart=False, luck=0.2)


@dataclass(frozen=True)
class Case:
    """A row with its data, ready to be measured."""

    #: What is measured, on so many threads.
    ours: Callable[[int], Any]
    #: Peers by name. Each is made ready, imported and given its own kind of frame, just before it is measured, and left
    #: out where it is not installed.
    peers: Mapping[str, Callable[[], Call]]
    #: Raises `Disagreement` if a peer's result, or ours on one thread, is not ours.
    agree: Callable[[Any, Any], None]
    #: Calls that are measured together, where one is too short for the clock.
    calls: int = 1
    #: Bytes of what the memory limit counts in.
    unit: int = 1


@dataclass(frozen=True)
class Row:
    """Its declaration; work and size are for the reader."""

    name: str
    work: str
    size: str
    prepare: Callable[[Scale], Case]
    #: How often faster than a peer ours is to be; `ANY` stands for every peer that is not named.
    required: Mapping[str, float] = field(default_factory=dict)
    #: How often faster on two threads than on one, where that is measured.
    threads: float | None = None
    #: At most so many units of memory beside the input, and what a unit is.
    memory: tuple[float, str] | None = None

    def required_of(self, peer: str) -> float | None:
        return self.required.get(peer, self.required.get(ANY))


ANY = "any peer"


def number(n: int) -> str:
    """1e6, 2e5: of which the sizes of rows are made."""
    return f"{n:.0e}".replace("e+0", "e")


def close(what: str, ours: Any, theirs: Any, rtol: float, atol: float = 0.0) -> None:
    """Refuses arrays or numbers that differ by more than the tolerance."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    if ours.shape != theirs.shape or not np.allclose(ours, theirs, rtol=rtol, atol=atol):
        worst = np.max(np.abs(ours - theirs)) if ours.shape == theirs.shape else f"{ours.shape}, {theirs.shape}"
        raise Disagreement(f"{what} differs by {worst}")


def same(what: str, ours: Any, theirs: Any, share: float = 0.0) -> None:
    """Refuses arrays of which more than a share differs: what is on an edge may be rounded to its other side."""
    if (different := np.count_nonzero(np.asarray(ours) != np.asarray(theirs))) > share * len(ours):
        raise Disagreement(f"{what} differs in {different} of {len(ours)} places")
