"""HTML of a table of numbers: escaped, with the full value behind each shown one."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ROUNDING = 1e-9
_LETTER = "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]"
_FROM_RIGHT = re.compile(f"{_LETTER}+(?:[ '’-]+{_LETTER}+)*")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: what is shown, and the full value behind it."""

    text: str
    value: float | int | None = None


def escape(text: object) -> str:
    """Escape text for HTML, quotes too."""
    return html.escape(str(text), quote=True)


def running(text: object) -> str:
    """Escape a sentence, and set names that read from the right apart, so that numbers beside them stay where they stand."""
    return _FROM_RIGHT.sub(r"<bdi>\g<0></bdi>", html.escape(str(text), quote=False))


def table(headers: Sequence[str], rows: Iterable[Sequence[object]], row_headers: int, caption: str = "") -> str:
    """Write a table; the first `row_headers` cells of each row are headers of the row."""
    head = "".join(f'<th scope="col" dir="auto">{escape(name)}</th>' for name in headers)
    body = "".join(
        "<tr>" + "".join(_cell(cell, j < row_headers) for j, cell in enumerate(row)) + "</tr>" for row in rows
    )
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f'<table class="fl-table">{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _cell(cell: object, header: bool) -> str:
    if not isinstance(cell, Cell):
        cell = Cell(str(cell))
    tag = 'th scope="row" dir="auto"' if header else "td"
    full = "" if cell.value is None else f' data-value="{cell.value!r}"'
    return f"<{tag}{full}>{escape(cell.text)}</{tag[:2]}>"


def fixed(value: float, digits: int) -> str:
    """Write a number with a fixed number of decimals, halves away from zero, as the browser does it too.

    What is a half but for the rounding error of a sum is one, so that the order of a sum is not seen.
    """
    scale = 10**digits
    size = math.floor(abs(value) * scale + 0.5 + ROUNDING) / scale
    return f"{-size if value < 0 and size else size:.{digits}f}"


def number(value: float) -> str:
    """Write a threshold in as few digits as name it and no other."""
    if float(value).is_integer() and abs(value) < 1e15:
        return str(int(value))
    short = f"{value:g}"
    return short if float(short) == value else repr(float(value))


def percent(value: float, lower: float | None = None, upper: float | None = None) -> str:
    """Write a share in per cent with one decimal, with its interval."""
    if math.isnan(value):
        return "–"
    shown = f"{fixed(100 * value, 1)} %"
    return shown if lower is None or upper is None else f"{shown} ({fixed(100 * lower, 1)} to {fixed(100 * upper, 1)})"


def points(value: float) -> str:
    """Write a difference of shares in points, with its sign."""
    if math.isnan(value):
        return "–"
    shown = fixed(100 * value, 1)
    return shown if shown.startswith("-") else "+" + shown
