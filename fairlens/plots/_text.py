"""Text in pictures: shown literally, broken to fit, and measured in inches before anything is placed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from textwrap import wrap

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from ._theme import BODY, quiet, theme

NAME_WIDTH = 28
_NAME_LINES, _TRIALS = 2, 15
_DPI, _POINTS = 200.0, 72.0
_MARK = "\u200e"
_RTL = re.compile(
    r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]+(?:\s+[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]+)*"
)
_HARD = "\u00a0"
_WHOLE = re.compile(r"\([^()]{1,24}\)|\d %|\bn = \d")
"""What no line may end within: an interval, a number and its per cent sign, n and its number."""
_JOINERS = "\u200c\u200d"  # spelling in Persian and in Indic scripts


@cache
def _renderer() -> RendererAgg:
    return RendererAgg(10, 10, _DPI)


@cache
def extent(text: str, size: float = BODY, weight: str = "normal") -> tuple[float, float]:
    """Measure text: width and height in inches, by size in points."""
    with theme(), quiet():
        drawn = Text(0, 0, text, fontsize=size, fontweight=weight, parse_math=False, figure=Figure(dpi=_DPI))
        box = drawn.get_window_extent(_renderer())
    return box.width / _DPI, box.height / _DPI


def width_of(texts: Sequence[str], size: float = BODY, weight: str = "normal") -> float:
    """Give the width in inches of the widest text."""
    return max((extent(text, size, weight)[0] for text in texts), default=0.0)


def clean(text: object) -> str:
    """Write a name on one line, without characters that steer a terminal or a layout."""
    kept = (
        char if char.isprintable() or char in _JOINERS else " " if char.isspace() else ""
        for char in str(text)
    )
    return " ".join("".join(kept).split())


def short(name: object, width: int = NAME_WIDTH) -> str:
    """Break a name to two lines at most; from a longer one keep the start and the end."""
    text = clean(name)
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    room = width // 2 if 2 * wide > len(text) else width
    lines = wrap(text, room, break_on_hyphens=False) or [text]
    if len(lines) > _NAME_LINES:
        lines = [f"{lines[0][: room - 1]}…", f"…{text[-(room - 1) :].lstrip()}"]
    return "\n".join(lines)


def fit(text: str, inches: float, size: float, weight: str = "normal") -> str:
    """Break text into as few lines of at most that width as it takes, of about equal length."""
    lines = _broken(text, inches, size, weight)
    for _ in range(_TRIALS if len(lines) > 1 else 0):
        inches *= 0.95
        narrower = _broken(text, inches, size, weight)
        if len(narrower) > len(lines):
            break
        lines = narrower
    return "\n".join(_left_to_right(line.replace(_HARD, " ")) for line in lines)


def _broken(text: str, inches: float, size: float, weight: str) -> list[str]:
    lines: list[str] = []
    for word in _WHOLE.sub(lambda found: found[0].replace(" ", _HARD), clean(text)).split(" "):
        for k, piece in enumerate(_pieces(word, inches, size, weight)):
            longer = f"{lines[-1]} {piece}" if lines else piece
            if k == 0 and lines and extent(longer, size, weight)[0] <= inches:
                lines[-1] = longer
            else:
                lines.append(piece)
    return lines


def _pieces(word: str, inches: float, size: float, weight: str) -> list[str]:
    """Cut a word that is wider than a line."""
    width = extent(word, size, weight)[0]
    if width <= inches:
        return [word]
    count = max(int(0.9 * len(word) * inches / width), 1)
    return [word[start : start + count] for start in range(0, len(word), count)]


def _left_to_right(line: str) -> str:
    """Keep an English line in order around a name that is written from the right."""
    return _MARK + _RTL.sub(rf"\g<0>{_MARK}", line) if _RTL.search(line) else line


def height_of(text: str, size: float, spacing: float = 1.3) -> float:
    """Give the height in inches that lines of text need."""
    return (text.count("\n") + 1) * size * spacing / _POINTS
