"""Show, live: the panel in the notebook, and the recorded view that stays live without a kernel."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._inline import RecordedView
    from ._open import panel
    from ._panel import Panel

__all__ = ["Panel", "RecordedView", "panel"]
_WHERE = {"Panel": "_panel", "RecordedView": "_inline", "panel": "_open"}


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module 'fairlens.widgets' has no attribute {name!r}")
    return getattr(import_module(f".{_WHERE[name]}", __name__), name)
