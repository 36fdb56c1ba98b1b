"""The kept evidence: an executed notebook as one file that stays live without a kernel and without the network."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._html import RecordExporter

__all__ = ["RecordExporter"]


def __getattr__(name: str) -> object:
    if name != "RecordExporter":
        raise AttributeError(f"module 'fairlens.records' has no attribute {name!r}")
    return getattr(import_module("._html", __name__), name)
