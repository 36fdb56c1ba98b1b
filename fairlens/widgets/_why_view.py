"""The view that says why: the explanation of the groups that are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._html import escape, running
from ._disparities_view import ROWS_AT_ONCE, rates
from ._disparities_view import picture as rates_picture
from ._state import METHODS
from ._why_asked import decomposable, no_gap_text

if TYPE_CHECKING:
    from ..plots import Picture
    from ._choices import Choices
    from ._view import View


def pack(choices: Choices) -> dict[str, Any]:
    """What the browser needs to ask for explanations and to show them."""
    return {
        "can": choices.raw is not None,
        "methods": list(METHODS),
        "gaps": decomposable(choices),
        "rows": ROWS_AT_ONCE,
        "ui": {**choices.texts["why"], "no_gap": no_gap_text(choices)},
    }


def static(view: View) -> str:
    """Write the sentence, the rates beside the explanation, and the explanation."""
    why = view.why.html(view.texts) if view.why else f"<p>{escape(view.texts['why']['none_frozen'])}</p>"
    return f'<p class="fl-sentence">{running(view.sentence)}</p>{rates(view)}{why}'


def picture(view: View) -> Picture | None:
    """The still picture of the rates; that of the explanation stands beside it in a record."""
    return rates_picture(view)
