"""The program of the panel: plain JavaScript files joined in a fixed order to one module, and its style sheet."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

_HERE = Path(__file__).parent / "js"
_FILES = (
    "intervals.js",
    "measure.js",
    "sentence.js",
    "elements.js",
    "views.js",
    "filters.js",
    "controls.js",
    "criteria.js",
    "disparities.js",
    "data.js",
    "sweep.js",
    "lines.js",
    "costs.js",
    "thresholds.js",
    "why.js",
    "code.js",
    "looked.js",
    "kernel.js",
    "panel.js",
    "record.js",
)

_STYLES = ("panel.css", "data.css", "thresholds.css", "why.css", "looked.css")


@cache
def program() -> str:
    """Give the text of the one ECMAScript module."""
    return "\n".join((_HERE / name).read_text("utf-8") for name in _FILES)


@cache
def style() -> str:
    """Give the text of the style sheet."""
    return "".join((_HERE / name).read_text("utf-8") for name in _STYLES)


def digest(text: str) -> str:
    """Give the SHA-256 of a text, in hexadecimal."""
    return sha256(text.encode()).hexdigest()
