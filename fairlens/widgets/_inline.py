"""The recorded view: ordinary notebook outputs that need no kernel and no widget manager.

A picture with alt text; and HTML with the state in words, the sentence and the table, followed by the counts and the program, which
add a live part below. The static part is complete without JavaScript and never changes.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._html import escape
from ._payload import canonical
from ._program import digest, program, style

BOOT = """(async () => {
  for (const host of document.querySelectorAll('[data-fairlens="view"]:not([data-live])')) {
    const holder = host.querySelector('script[data-fairlens="module"]');
    if (!holder) continue;
    const url = URL.createObjectURL(new Blob([JSON.parse(holder.textContent)], { type: "text/javascript" }));
    try {
      (await import(url)).mount(host);
    } catch (error) {
      host.dataset.live = "no";
      host.querySelector(".fl-live").textContent = String(error.message);
    } finally {
      URL.revokeObjectURL(url);
    }
  }
})();"""
"""Each view is mounted by the program inside it, so that views recorded with different versions can stand on one page."""


@dataclass(frozen=True, slots=True)
class Still:
    """A picture as a notebook shows it: PNG, the picture in words, width and height in CSS pixels."""

    png: bytes
    alt: str
    size: tuple[int, int]

    @classmethod
    def of(cls, picture: Any) -> Still:
        """Freeze a picture that was drawn."""
        _, metadata = picture._repr_mimebundle_()
        return cls(picture.png(), picture.alt, (metadata["image/png"]["width"], metadata["image/png"]["height"]))

    @property
    def output(self) -> tuple[dict[str, str], dict[str, Any]]:
        """A notebook output, as (data, metadata)."""
        data = {"image/png": base64.b64encode(self.png).decode(), "text/plain": self.alt}
        return data, {"image/png": {"alt": self.alt, "width": self.size[0], "height": self.size[1]}}


@dataclass(frozen=True, slots=True)
class RecordedView:
    """A view of an audit, frozen: its picture, that of its explanation, static HTML with the live part behind it.

    Attributes
    ----------
    html : str
        Static tables and live part, complete in one text.
    still : Still
        The picture of the groups.
    state : dict
        The state as the browser holds it.
    why : Still or None
        The picture of the explanation, where the view has one.
    """

    html: str
    still: Still
    state: Mapping[str, Any]
    why: Still | None = None

    @property
    def png(self) -> bytes:
        """The picture of the groups."""
        return self.still.png

    @property
    def alt(self) -> str:
        """The picture of the groups in words."""
        return self.still.alt

    @property
    def size(self) -> tuple[int, int]:
        """Width and height at which the picture of the groups is shown, in CSS pixels."""
        return self.still.size

    @property
    def outputs(self) -> tuple[tuple[dict[str, str], dict[str, Any]], ...]:
        """Notebook outputs, as (data, metadata): the pictures, then the HTML."""
        pictures = [self.still.output, *([self.why.output] if self.why else [])]
        return (*pictures, ({"text/html": self.html, "text/plain": self.alt}, {}))


def inline(static: str, payload: str, state: Mapping[str, Any], explained: str = "") -> str:
    """Write the HTML of a recorded view; `explained` are its explanations, if it has any."""
    told, block = (f' data-explained="{digest(explained)}"', data_block("explained", explained)) if explained else ("", "")
    return (
        f'<div class="fl-record" data-fairlens="view" data-payload="{digest(payload)}"{told}>'
        f'<style data-fairlens="style">{style()}</style>{static}<div class="fl-live"></div>'
        f'{data_block("state", canonical(state))}{data_block("payload", payload)}{block}'
        f'{data_block("module", json.dumps(program()))}<script data-fairlens="boot">{BOOT}</script></div>'
    )


def data_block(kind: str, text: str) -> str:
    """Write JSON text into a page as a block that is never run and cannot end early."""
    safe = text.replace("<", "\\u003c")
    return f'<script type="application/json" data-fairlens="{escape(kind)}" data-digest="{digest(text)}">{safe}</script>'
