"""How numbers are written."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["percent", "percent_tick", "tick", "written"]

_UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"))


def percent(share: float) -> str:
    """A share, with one decimal."""
    if 0 < abs(share) < 0.0005:
        return "<0.1 %" if share > 0 else "−<0.1 %"
    return f"{100 * share:z,.1f} %".replace("-", "−")


def percent_tick(share: float, _: object = None) -> str:
    """A share at a tick, with as many decimals as it has."""
    return f"{100 * share:,.10g} %".replace("-", "−")


def tick(value: float, _: object = None) -> str:
    """A number at a tick, with as many decimals as it has."""
    size = abs(value)
    if size >= 1e15 or 0 < size < 1e-4:
        text = f"{value:.4g}"
    else:
        unit, letter = next((known for known in _UNITS if size >= known[0]), (1, ""))
        text = f"{value / unit:,.10g}{letter}"
    return text.replace("-", "−")


def written(values: NDArray[np.float64]) -> Callable[[float], str]:
    """The way to write numbers like these: three digits or so, all with the same number of decimals."""
    sizes = np.abs(values[values != 0])
    typical = float(np.median(sizes)) if len(sizes) else 1.0
    whole = not np.any(values % 1)
    decimals = 0 if whole else min(max(2 - math.floor(math.log10(typical)), 0), 4)

    def write(value: float) -> str:
        size = abs(value)
        if size >= 1e15 or (value and typical < 1e-3):
            text = f"{value:.1e}"
        elif not value:
            text = "0"
        elif size >= 1e6:
            unit, letter = next(known for known in _UNITS if size >= 0.9995 * known[0])
            text = f"{value / unit:.{max(2 - int(math.log10(size / unit)), 0)}f}{letter}"
        else:
            # No more digits than five.
            text = f"{value:z,.{min(decimals, max(4 - int(math.log10(max(size, 1))), 0))}f}"
        return text.replace("-", "−")

    return write
