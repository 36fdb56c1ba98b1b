"""fairlens: audit machine-learning models for unfair treatment of groups of people, in a notebook.

This file is the index: each public name and the module that holds it. Nothing is loaded until it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_WHERE = {
    "ALL": "_levels",
    "Audit": "_audit",
    "Cube": "_cube",
    "GapDecomposition": "explanations",
    "MISSING": "_levels",
    "Metric": "metrics",
    "Panel": "widgets",
    "Spec": "_spec",
    "UNLABELLED": "_levels",
    "audit": "_audit",
    "datasets": "datasets",
    "decompose_gap": "explanations",
    "exceptions": "exceptions",
    "metrics": "metrics",
    "panel": "widgets",
    "tally": "_tally",
}
__all__ = [
    "ALL",
    "MISSING",
    "UNLABELLED",
    "Audit",
    "Cube",
    "GapDecomposition",
    "Metric",
    "Panel",
    "Spec",
    "audit",
    "datasets",
    "decompose_gap",
    "exceptions",
    "metrics",
    "panel",
    "tally",
]

if TYPE_CHECKING:
    from . import datasets, exceptions, metrics
    from ._audit import Audit, audit
    from ._cube import Cube
    from ._levels import ALL, MISSING, UNLABELLED
    from ._spec import Spec
    from ._tally import tally
    from .explanations import GapDecomposition, decompose_gap
    from .metrics import Metric
    from .widgets import Panel, panel


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module 'fairlens' has no attribute {name!r}")
    home = import_module(f".{_WHERE[name]}", __name__)
    return home if _WHERE[name] == name else getattr(home, name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
