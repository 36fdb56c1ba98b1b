"""How our pictures look: colours, fonts, and a figure that pyplot does not know. No global state is left behind."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager

# The palette of M. Okabe and K. Ito (Color Universal Design, 2008): told apart with every common kind of colour vision.
BLUE, SKY, GREEN, YELLOW = "#0072B2", "#56B4E9", "#009E73", "#F0E442"
ORANGE, VERMILION, PURPLE, BLACK = "#E69F00", "#D55E00", "#CC79A7", "#000000"
INK, SOFT, FAINT, PAPER = "#1F2933", "#5B6670", "#E3E7EB", "#FFFFFF"
GREY_BLUE = "#8FA5BA"

BODY, SMALL, TITLE = 10.0, 9.0, 13.0
"""Sizes of text in points."""

DPI = 100
_FALLBACKS = (
    "Noto Sans", "Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans JP", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Zen Hei",
    "Microsoft YaHei", "SimHei", "PingFang SC", "Hiragino Sans", "Yu Gothic", "Malgun Gothic", "Apple SD Gothic Neo", "NanumGothic",
    "Noto Sans Arabic", "Noto Naskh Arabic", "Geeza Pro", "Noto Sans Hebrew", "Noto Sans Devanagari", "Nirmala UI", "Mangal",
    "Kohinoor Devanagari", "Lohit Devanagari", "Noto Sans Thai", "Noto Sans Bengali", "Noto Sans Tamil", "Noto Emoji",
    "Arial Unicode MS", "Unifont",
)  # fmt: skip
_UNDRAWABLE = r"(Glyph \d+ .* missing from|Matplotlib currently does not support .* natively)"


@cache
def fonts() -> list[str]:
    """List the families to draw with: DejaVu Sans, then those on this machine that know other scripts."""
    installed = {font.name for font in fontManager.ttflist}
    return ["DejaVu Sans", *(name for name in _FALLBACKS if name in installed)]


def theme() -> AbstractContextManager[None]:
    """Set our look inside a ``with`` block, and the user's again after it."""
    settings: Any = {
        "font.family": fonts(),
        "font.size": BODY,
        "text.usetex": False,
        "text.color": INK,
        "axes.facecolor": PAPER,
        "axes.edgecolor": SOFT,
        "axes.labelcolor": SOFT,
        "axes.labelsize": SMALL,
        "axes.grid": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.linewidth": 0.8,
        "xtick.color": SOFT,
        "xtick.labelsize": SMALL,
        "ytick.color": INK,
        "ytick.labelsize": BODY,
        "hatch.linewidth": 0.7,
        "path.effects": [],
        "path.sketch": None,
    }
    return mpl.rc_context(settings)


@contextmanager
def quiet() -> Iterator[None]:
    """Let a script that no installed font knows be drawn as boxes; the text alternative has the names in full."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", _UNDRAWABLE, UserWarning)
        yield


def new_figure(width: float, height: float) -> Figure:
    """Make a figure of that size in inches, unknown to pyplot."""
    return Figure(figsize=(width, height), dpi=DPI, facecolor=PAPER, edgecolor=PAPER)
