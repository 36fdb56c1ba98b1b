"""The static part of a recorded view: complete without a program, and never changed by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._html import escape
from ._kinds import kind_of

if TYPE_CHECKING:
    from ._view import View


def static_html(view: View, looked: str = "") -> str:
    """Write the state in words, what its kind of view says, what was looked at before, and the remarks."""
    remarks = "".join(f"<p>{escape(remark)}</p>" for remark in view.choices.remarks)
    return (
        f'<div class="fl-static" lang="{view.texts.language}">'
        f'<p class="fl-state"><strong>{escape(view.labels["recorded"])}.</strong> {escape(view.words)}</p>'
        f'{kind_of(view.state.view).static(view)}{looked}<div class="fl-remarks">{remarks}</div></div>'
    )
