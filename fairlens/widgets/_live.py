"""LivePanel: what is shared with the front end. Plain data only, so that it can be saved with a notebook."""

from __future__ import annotations

import logging
from typing import Any

import anywidget
import traitlets

from ._program import program, style

_log = logging.getLogger("fairlens")


class LivePanel(anywidget.AnyWidget):
    """The front end: draws `payload` at `state`. Both are plain data, so the widget can be saved with a notebook."""

    _esm = traitlets.Unicode(program()).tag(sync=True)
    _css = traitlets.Unicode(style()).tag(sync=True)
    payload = traitlets.Unicode().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    explained = traitlets.Unicode("[]").tag(sync=True)
    looked = traitlets.Unicode("").tag(sync=True)
    working = traitlets.Dict()  # told by message and not saved, since nobody works on a saved page
    frozen = traitlets.Bool(False).tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)

    @traitlets.observe("error")
    def _log_error(self, change: Any) -> None:
        if change["new"]:
            _log.error("The panel could not draw: %s", change["new"])
