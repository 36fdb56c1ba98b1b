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
class RecordedView:
    """A view of an audit, frozen: picture, alt text, static HTML with the live part behind it.

    Attributes
    ----------
    html : str
        Static table and live part, complete in one text.
    png : bytes
        The picture.
    alt : str
        The picture in words.
    state : dict
        The state as the browser holds it.
    size : tuple of int
        Width and height at which the picture is shown, in CSS pixels.
    """

    html: str
    png: bytes
    alt: str
    state: Mapping[str, Any]
    size: tuple[int, int]

    @property
    def outputs(self) -> tuple[tuple[dict[str, str], dict[str, Any]], ...]:
        """Two notebook outputs, as (data, metadata): the picture and the HTML."""
        picture = {"image/png": base64.b64encode(self.png).decode(), "text/plain": self.alt}
        metadata = {"image/png": {"alt": self.alt, "width": self.size[0], "height": self.size[1]}}
        return (picture, metadata), ({"text/html": self.html, "text/plain": self.alt}, {})


def inline(static: str, payload: str, state: Mapping[str, Any]) -> str:
    """Write the HTML of a recorded view."""
    return (
        f'<div class="fl-record" data-fairlens="view" data-payload="{digest(payload)}">'
        f'<style data-fairlens="style">{style()}</style>{static}<div class="fl-live"></div>'
        f'{data_block("state", canonical(state))}{data_block("payload", payload)}'
        f'{data_block("module", json.dumps(program()))}<script data-fairlens="boot">{BOOT}</script></div>'
    )


def data_block(kind: str, text: str) -> str:
    """Write JSON text into a page as a block that is never run and cannot end early."""
    safe = text.replace("<", "\\u003c")
    return f'<script type="application/json" data-fairlens="{escape(kind)}" data-digest="{digest(text)}">{safe}</script>'
