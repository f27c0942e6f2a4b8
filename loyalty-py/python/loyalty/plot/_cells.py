"""Tables as coloured cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty.plot._axes import fit_ticks, settle, shrink
from loyalty.plot._numbers import tick

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.colorbar import Colorbar
    from numpy.typing import NDArray

__all__ = ["annotate", "color_bar", "mesh"]


def mesh(ax: Axes, table: NDArray[np.float64], cmap: str, low: float, high: float) -> QuadMesh:
    """Draw a table as coloured cells around whole numbers, the first row at the bottom."""
    rows, columns = table.shape
    # A grid of the user's style would lie over the cells.
    ax.grid(False)
    cells = ax.pcolormesh(
        np.arange(columns + 1) - 0.5, np.arange(rows + 1) - 0.5, np.ma.masked_invalid(table),
        cmap=cmap, vmin=low, vmax=high, edgecolors=[ax.get_facecolor()], linewidth=1.0 if table.size <= 400 else 0.0,
    )
    ax.set_xlim(-0.5, columns - 0.5)
    ax.set_ylim(-0.5, rows - 0.5)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return cells


def color_bar(ax: Axes, cells: QuadMesh, table: NDArray[np.float64], label: str) -> Colorbar:
    """Draw what the colours of cells mean, with a tip where values lie beyond the last colour."""
    low, high = cells.get_clim()
    below, above = bool(np.nanmin(table) < low), bool(np.nanmax(table) > high)
    beyond = {(0, 0): "neither", (1, 0): "min", (0, 1): "max", (1, 1): "both"}[below, above]
    bar = ax.figure.colorbar(cells, ax=ax, label=label, extend=beyond, extendfrac=0.03)
    bar.ax.yaxis.set_major_formatter(tick)
    bar.outline.set_visible(False)
    return bar


def annotate(ax: Axes, cells: QuadMesh, table: NDArray[np.float64], texts: list[list[str]]) -> None:
    """Write into the cells, light on dark and dark on light, as large as fits; nothing where nothing legible does."""
    fit_ticks(ax.xaxis)
    fit_ticks(ax.yaxis)
    settle(ax)
    rows, columns = table.shape
    colors = cells.to_rgba(table)
    written = [
        ax.text(column, row, texts[row][column], ha="center", va="center", color=_contrast(colors[row, column]))
        for row in range(rows)
        for column in range(columns)
        if texts[row][column]
    ]
    shrink(written, 0.9 * ax.bbox.width / columns, 0.9 * ax.bbox.height / rows)


def _contrast(cell: NDArray[Any]) -> str:
    """The colour of text on a cell by the cell's relative luminance (WCAG 2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in cell[:3].tolist()]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    # Where white and black contrast equally.
    return "white" if luminance < 0.179 else "#111111"
