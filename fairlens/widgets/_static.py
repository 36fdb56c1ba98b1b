"""The static part of a recorded view: complete without a program, and never changed by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._html import escape, running
from ._kinds import kind_of

if TYPE_CHECKING:
    from ._view import View


def static_html(view: View, looked: str = "") -> str:
    """Write the state in words, what its kind of view says, what was looked at before, and the remarks."""
    remarks = "".join(f"<p>{running(remark)}</p>" for remark in view.choices.remarks) + _notes(view)
    return (
        f'<div class="fl-static" lang="{view.texts.language}">'
        f'<p class="fl-state"><strong>{escape(view.labels["recorded"])}.</strong> {running(view.words)}</p>'
        f'{_scrolling(kind_of(view.state.view).static(view) + looked)}<div class="fl-remarks">{remarks}</div></div>'
    )


def _notes(view: View) -> str:
    """How the data were read: noted in English, which a view in another language says."""
    said, notes = view.labels["notes"], view.choices.notes
    if not said or not notes:
        return "".join(f"<p>{escape(note)}</p>" for note in notes)
    return f"<p>{escape(said)}</p>" + "".join(f'<p lang="en">{escape(note)}</p>' for note in notes)


def _scrolling(written: str) -> str:
    """Put each table into a place of its own, in which it scrolls where the page is too narrow; names are escaped, so only tables match."""
    return written.replace("<table", '<div class="fl-scroll"><table').replace("</table>", "</table></div>")
