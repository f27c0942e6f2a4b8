"""The colours of the pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["AMOUNTS", "BLUE", "CYCLE", "DIFFERENCES", "ORANGE", "SKY", "ink"]

# Okabe and Ito's colours, which the colour-blind tell apart, without black and yellow, lost on dark and on light paper.
BLUE, ORANGE, SKY = "#0072B2", "#E69F00", "#56B4E9"
CYCLE = (BLUE, ORANGE, "#009E73", "#CC79A7", SKY, "#D55E00")
# Colour maps.
AMOUNTS = "YlGnBu"
DIFFERENCES = "RdBu_r"


def ink(ax: Axes) -> Any:
    """The colour of text on the paper of these Axes, whatever the style they were made with."""
    return ax.title.get_color()
