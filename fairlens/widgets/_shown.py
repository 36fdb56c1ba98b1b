"""How a panel is shown: as a widget, with a line for where no widget appears, or as ordinary HTML."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from .._html import escape
from ..texts import Texts
from ._inline import inline
from ._payload import canonical
from ._static import static_html

SLOTS, OUTPUTS = 4, 3
"""How many views can be recorded from one showing of a panel, and how many outputs each may need."""

Slot = tuple[Any, ...]
"""The display handles of one view that is yet to be recorded."""

OFFER = '<p data-fairlens="offer"'
"""How the line under a widget begins."""

_HTML = "fl.panel(audit, as_html=True)"
_DOCTOR = "fairlens doctor"
_WITHOUT_WIDGETS = ("DATABRICKS_RUNTIME_VERSION",)
"""Environment variables that tell a front end which is known to fail with widgets of one's own.

Databricks sets this one in every notebook and job; pyspark, tqdm and plotly tell Databricks by it too. It documents the controls of
ipywidgets (docs.databricks.com/notebooks/ipywidgets.html); that other widgets end in "Error displaying widget" there is reported in
epic-open-source/seismometer issue 132. VS Code, Colab, Kaggle and hubs are not here: widgets work there, or it depends on how
the server was set up, which a kernel cannot see.
"""


class Showable(Protocol):
    """What `show_panel` needs of a panel."""

    as_html: bool
    _live: Any
    _text: str

    @property
    def view(self) -> Any:
        """The view that the panel is at."""

    @property
    def texts(self) -> Texts:
        """The texts of its language."""

    def _repr_mimebundle_(self) -> Any:
        """Give the widget as a notebook output."""


def wants_html(environ: Mapping[str, str]) -> bool:
    """Say whether the notebook is known to show no widgets, by the environment variables of its kernel.

    Examples
    --------
    >>> wants_html({"DATABRICKS_RUNTIME_VERSION": "16.4"}), wants_html({"HOME": "/home/me"})
    (True, False)
    """
    return any(environ.get(name) for name in _WITHOUT_WIDGETS)


def show_panel(panel: Showable, display: Callable[..., Any]) -> list[Slot]:
    """Show a panel, as a widget or as HTML.

    Parameters
    ----------
    panel
        The panel.
    display
        `IPython.display.display`.

    Returns
    -------
    list of tuple
        Display handles of empty outputs, into which views are recorded. None for a panel as HTML: it has no way back to the kernel.
    """
    sentence = panel.view.sentence
    if panel.as_html:
        display({"text/html": apart(panel), "text/plain": sentence}, raw=True)
        return []
    bundle = panel._repr_mimebundle_()
    data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
    display({**data, "text/plain": sentence}, metadata=metadata, raw=True)
    display({"text/html": offer(panel.texts, panel._live.model_id)}, raw=True)
    empty = {"text/html": ""}
    return [tuple(display(empty, raw=True, display_id=True) for _ in range(OUTPUTS)) for _ in range(SLOTS)]


def offer(texts: Texts, model_id: str) -> str:
    """Write the line under the widget. It goes away where a panel that is no recorded view is drawn in the same outputs."""
    words = escape(texts["shown"]["offer"])
    words = words.replace("{html}", f"<code>{escape(_HTML)}</code>").replace("{doctor}", f"<code>{escape(_DOCTOR)}</code>")
    mark = f'[data-fairlens="offer"][data-model="{escape(model_id)}"]'
    drawn = ".fl-panel:not(.fl-record .fl-panel)"
    return (
        f'{OFFER} data-model="{escape(model_id)}" lang="{texts.language}"><small>{words}</small></p>'
        f"<style>.jp-OutputArea:has({drawn}) {mark} {{ display: none; }}</style>"
    )


def apart(panel: Showable) -> str:
    """Write the panel as HTML that stays live in the page; where scripts may not run, it is the view it starts with."""
    texts, explained = panel.texts["shown"], panel._live.explained
    told = explained if json.loads(explained or "[]") else ""
    label = f"<strong>{escape(panel.texts['panel']['recorded'])}.</strong> "
    still = static_html(panel.view).replace(label, "", 1)  # nobody recorded it
    static = (
        f'<div class="fl-static" lang="{panel.texts.language}"><p>{escape(texts["apart"])}</p>'
        f'<div class="fl-until-live"><p>{escape(texts["still"])}</p>{still}</div>'
        '<style>[data-live="yes"] > .fl-static > .fl-until-live { display: none; }</style></div>'
    )
    data = json.loads(panel._text)
    data["ui"] |= {name: texts[name] for name in ("explore", "reset")}  # in place of those of a recorded view
    return inline(static, canonical(data), dict(panel._live.state), told)
