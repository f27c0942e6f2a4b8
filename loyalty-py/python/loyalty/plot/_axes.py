"""Axes to draw into, and texts around a picture that keep clear of it and of each other."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from loyalty.errors import LoyaltyTypeError
from loyalty.plot._colors import ink
from loyalty.plot._numbers import percent_tick

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.text import Text

__all__ = ["axes_or_new", "diagonal", "fit_ticks", "head", "settle", "shrink", "unit_square", "wrapped"]

# Points: text below this is not read.
_MIN_FONT = 5.5


def axes_or_new(ax: Axes | None, *, rows: int = 0) -> Axes:
    """The Axes to draw into: those given, or those of a new figure that is high enough for so many rows of text."""
    try:
        from matplotlib import axes
    except ImportError as error:
        raise ImportError("loyalty.plot needs matplotlib: pip install loyalty-py[plot]") from error
    if ax is not None:
        if not isinstance(ax, axes.Axes):
            raise LoyaltyTypeError(f"ax is of type {type(ax).__name__}; it must be a matplotlib Axes", argument="ax")
        return ax
    from matplotlib import pyplot, rcParams

    width, height = rcParams["figure.figsize"]
    needed = (1.4 * rows * rcParams["font.size"] + 90) / 72
    _, ax = pyplot.subplots(figsize=(width, min(max(height, needed), 2.5 * height)), layout="constrained")
    return ax


def unit_square(ax: Axes) -> None:
    """Set up shares of 0 to 100 % on both axes."""
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.02)
    ax.xaxis.set_major_formatter(percent_tick)
    ax.yaxis.set_major_formatter(percent_tick)


def diagonal(ax: Axes, label: str) -> None:
    """Draw the line to compare a curve in the unit square with."""
    ax.plot([0, 1], [0, 1], color=ink(ax), linestyle="--", linewidth=1, alpha=0.6, label=label)


def settle(ax: Axes) -> None:
    """Lay out the figure if it does so itself, so that sizes on paper can be measured."""
    figure = ax.figure.figure
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)


def head(ax: Axes, title: str, handles: Sequence[Artist] | None = None) -> None:
    """Set the title above a legend that lies above the picture, where it hides no data."""
    shown = ax.get_legend_handles_labels()[0] if handles is None else handles
    settle(ax)
    for columns in range(len(shown), 0, -1):
        legend = ax.legend(
            handles=shown, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=columns, frameon=False,
            borderaxespad=0.2, columnspacing=1.4, handlelength=1.7,
        )
        box = legend.get_window_extent()
        if box.width <= ax.bbox.width:
            break
    ax.set_title(title, pad=box.height * 72 / ax.figure.dpi + 4)


def wrapped(name: str, width: int = 24) -> str:
    """A name in at most two lines."""
    return "\n".join(textwrap.wrap(name, width, max_lines=2, placeholder=" …")) or name


def shrink(texts: Sequence[Text], width: float, height: float) -> None:
    """Make all texts equally small, so that each takes no more than so many pixels; hide what could not be read."""
    boxes = [text.get_window_extent() for text in texts]
    factor = min([1.0, *(width / box.width for box in boxes), *(height / box.height for box in boxes)])
    for text in texts:
        size = factor * float(text.get_fontsize())
        text.set_fontsize(max(_MIN_FONT, size))
        text.set_visible(size >= _MIN_FONT)


def fit_ticks(axis: Axis) -> None:
    """Turn, shrink and, where that is not enough, thin out the labels of named ticks so that none touches the next."""
    ax = axis.axes
    settle(ax)
    ticks, labels = list(axis.get_ticklocs()), axis.get_ticklabels()
    if len(ticks) < 2:
        return
    horizontal = axis is ax.xaxis
    first, last = ax.transData.transform([(t, t) for t in (ticks[0], ticks[-1])])[:, 0 if horizontal else 1]
    room = 0.92 * abs(float(last - first)) / (len(ticks) - 1)
    normal = float(labels[0].get_fontsize())
    if horizontal and max(label.get_window_extent().width for label in labels) > room:
        for label in labels:
            label.set(rotation=40, ha="right", rotation_mode="anchor")
        axis.set_ticks(ticks, [label.get_text().replace("\n", " ") for label in labels])
        needed = 1.4 * normal * ax.figure.dpi / 72
    else:
        boxes = [label.get_window_extent() for label in labels]
        needed = max(box.width if horizontal else box.height for box in boxes)
    if needed <= room:
        return
    size = max(_MIN_FONT, normal * room / needed)
    step = math.ceil(needed * size / normal / room - 1e-6)
    axis.set_tick_params(labelsize=size)
    if step > 1:
        axis.set_ticks(ticks[::step], [label.get_text() for label in labels[::step]])
