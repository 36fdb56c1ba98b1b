"""RecordExporter: an executed notebook -> one HTML file. Live, offline, under a policy that runs our script and nothing else.

``jupyter nbconvert --to fairlens-record notebook.ipynb``
"""

from __future__ import annotations

import base64
import json
import re
from copy import deepcopy
from hashlib import sha256
from pathlib import Path
from typing import Any

from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from traitlets import default

from .._html import escape
from ..widgets._inline import data_block
from ..widgets._payload import canonical
from ..widgets._program import digest, program, style
from ..widgets._shown import OFFER

_HERE = Path(__file__).parent
_VIEW = "application/vnd.jupyter.widget-view+json"
_STATE = "application/vnd.jupyter.widget-state+json"
_BLOCK = re.compile(
    r'<(script|style)(?P<attributes>[^>]*\bdata-fairlens="(?P<kind>program|module|payload|explained|boot|style)"[^>]*)>.*?</\1>', re.S
)
_DIGEST = re.compile(r'data-digest="([0-9a-f]{64})"')
_SHARED = ("payload", "explained")
"""Texts that stand once on a page, in the first view that needs them."""
_START = "\nmountAll();\n"
_LIVE_NOTE = (
    "Live panel. It starts where the notebook left it; what is picked here is not part of the record, recorded views are."
)
_NO_WIDGET = "A widget was here. It needs a running kernel; this file has none."


class RecordExporter(HTMLExporter):
    """Write an executed notebook as one file.

    Panels and recorded views stay live: one copy of the program, and one of the counts of each audit, for the whole page. The
    content-security-policy names the hash of the one script and allows no other, no connection and no outside picture.

    Examples
    --------
    >>> from nbformat.v4 import new_notebook, new_markdown_cell
    >>> from fairlens.records import RecordExporter
    >>> page, _ = RecordExporter().from_notebook_node(new_notebook(cells=[new_markdown_cell("An audit")]))
    >>> "default-src 'none'" in page
    True
    """

    export_from_notebook = "Fairness record (one offline HTML file)"

    @default("template_name")
    def _template_name_default(self) -> str:
        return "fairlens_record"

    @default("extra_template_basedirs")
    def _extra_template_basedirs_default(self) -> list[str]:
        return [str(_HERE / "templates")]

    def from_notebook_node(  # type: ignore[override]  # as in HTMLExporter itself, which gives text
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[str, dict[str, Any]]:
        """Convert a notebook; the notebook given is not changed."""
        own = deepcopy(nb)
        _Sharing(own).run()
        resources = dict(resources or {})
        script = f"\n{program()}{_START}"
        resources["fairlens"] = {
            "script": script,
            "script_hash": base64.b64encode(sha256(script.encode()).digest()).decode(),
            "style": style(),
            "highlight": _highlight(),
        }
        page, resources = super().from_notebook_node(own, resources, **options)
        return page, resources


def _highlight() -> str:
    from pygments.formatters import HtmlFormatter

    light, dark = (HtmlFormatter(style=name).get_style_defs(".highlight") for name in ("default", "github-dark"))
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}"


class _Sharing:
    """Rewrites outputs so that the page holds the program once and each text of counts once."""

    def __init__(self, notebook: NotebookNode) -> None:
        self.notebook = notebook
        self.seen: set[str] = set()
        saved = notebook.metadata.get("widgets", {}).get(_STATE, {})
        self.widgets: dict[str, Any] = saved.get("state", {})

    def run(self) -> None:
        for cell in self.notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = [self._rewrite(output) for output in cell.outputs if not _is_empty(output)]
        self.notebook.metadata.pop("widgets", None)

    def _rewrite(self, output: NotebookNode) -> NotebookNode:
        data = output.get("data")
        if data is None:
            return output
        if _VIEW in data:
            data["text/html"] = self._panel(data)
            del data[_VIEW]
        elif "text/html" in data:
            data["text/html"] = _BLOCK.sub(self._keep_first, data["text/html"])
        data.pop("application/javascript", None)
        return output

    def _keep_first(self, match: re.Match[str]) -> str:
        if match["kind"] not in _SHARED:
            return ""
        found = _DIGEST.search(match["attributes"])
        if found is None or found[1] in self.seen:
            return ""
        self.seen.add(found[1])
        return match[0]

    def _panel(self, data: Any) -> str:
        said = f"<pre>{escape(''.join(data.get('text/plain', '')))}</pre>"
        front = self._front_end(data[_VIEW].get("model_id", ""))
        if front is None:
            return f"<p>{_NO_WIDGET}</p>{said}"
        texts = {"payload": front["payload"]}
        if json.loads(front.get("explained") or "[]"):
            texts["explained"] = front["explained"]
        marks = "".join(f' data-{kind}="{digest(text)}"' for kind, text in texts.items())
        counts = "".join(data_block(kind, text) for kind, text in texts.items() if digest(text) not in self.seen)
        self.seen.update(map(digest, texts.values()))
        return (
            f'<div class="fl-record" data-fairlens="view"{marks}>'
            f'<div class="fl-static"><p>{_LIVE_NOTE}</p><noscript>{said}</noscript></div><div class="fl-live"></div>'
            f"{data_block('state', canonical(front['state']))}{counts}</div>"
        )

    def _front_end(self, model_id: str) -> Any:
        """The saved state of a panel's front end, or None where the view is none of ours or was not saved."""
        box = self.widgets.get(model_id, {}).get("state", {})
        first = next(iter(box.get("children", [])), "").removeprefix("IPY_MODEL_")
        state = self.widgets.get(first, {}).get("state", {})
        try:
            json.loads(state["payload"])
            json.loads(state.get("explained") or "[]")
        except (KeyError, TypeError, ValueError):
            return None
        return state if isinstance(state.get("state"), dict) else None


def _is_empty(output: NotebookNode) -> bool:
    """Say whether an output is a place kept for a view that was never recorded, or the line under a widget, in whose place something stands here."""
    data = output.get("data")
    if data is None or not set(data) <= {"text/html", "text/plain"}:
        return False
    return OFFER in "".join(data.get("text/html", "")) or not any("".join(text).strip() for text in data.values())
