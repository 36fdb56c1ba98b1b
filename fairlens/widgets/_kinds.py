"""The views of a panel, in the order of their tabs. A new view is a module with the same functions, and a line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import _data_view, _disparities_view, _thresholds_view, _why_view
from ._comparisons import Look, looks_once

if TYPE_CHECKING:
    from ..plots import Picture
    from ._choices import Choices
    from ._view import View


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of view.

    `pack` gives what the browser needs, None where an audit cannot have this view; `static` writes the part of a recorded view that
    is complete without a program; `picture` draws its still picture, None where there is nothing to draw; `looks` says which rates
    somebody who looks at it compares, for the log; `judges` whether the rulings of criteria stand beside it.
    """

    name: str
    pack: Callable[[Choices], dict[str, Any] | None]
    static: Callable[[View], str]
    picture: Callable[[View], Picture | None]
    looks: Callable[[View], tuple[Look, ...]] = looks_once
    judges: bool = False


KINDS = (
    Kind("data", _data_view.pack, _data_view.static, _data_view.picture, _data_view.looks),
    Kind("disparities", _disparities_view.pack, _disparities_view.static, _disparities_view.picture, judges=True),
    Kind("thresholds", _thresholds_view.pack, _thresholds_view.static, _thresholds_view.picture, _thresholds_view.looks),
    Kind("why", _why_view.pack, _why_view.static, _why_view.picture),
)
FIRST = next(kind for kind in KINDS if kind.name == "disparities")
"""What is looked at where nothing else is said."""


def kind_of(name: str) -> Kind:
    """Find a kind of view; a state of a later version may name one that is not known here."""
    return next((kind for kind in KINDS if kind.name == name), FIRST)


def packed_views(choices: Choices) -> list[dict[str, Any]]:
    """What the browser needs of each view that this audit can have."""
    packed = ((kind, kind.pack(choices)) for kind in KINDS)
    return [{"name": kind.name, "label": choices.labels[f"view_{kind.name}"], **section} for kind, section in packed if section is not None]
