"""Tables for Jupyter: plain HTML, without scripts or styles of their own."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Table", "of_fields", "page"]

#: Longer tables are cut there.
_ROWS = 50


@dataclass(frozen=True)
class Table:
    """Columns of equal length under their names."""

    caption: str
    columns: Mapping[str, Any]


def page(title: str, tables: Sequence[Table]) -> str:
    """A title and the tables below it."""
    return f"<div><p><code>{html.escape(title)}</code></p>{''.join(map(_table, tables))}</div>"


def of_fields(title: str, fields: Mapping[str, Any]) -> str:
    """Names and values, one a row."""
    return page(title, [Table("", {"": list(fields), "value": list(fields.values())})])


def _table(table: Table) -> str:
    columns = [list(column) for column in table.columns.values()]
    rows = list(zip(*columns, strict=True))
    head = "".join(f"<th>{html.escape(name)}</th>" for name in table.columns)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows[:_ROWS])
    caption = table.caption
    if len(rows) > _ROWS:
        caption += f" (the first {_ROWS} of {len(rows):,})"
    return (
        f"<table><caption>{html.escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _cell(value: Any) -> str:
    if isinstance(value, (float, np.floating)):
        number = float(value)
        text = f"{number:,.4f}" if 1e-3 <= abs(number) < 1e6 or number == 0 else f"{number:.4g}"
        return f'<td style="text-align: right">{text}</td>'
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return f'<td style="text-align: right">{int(value):,}</td>'
    return f'<td style="text-align: left">{html.escape(str(value))}</td>'
