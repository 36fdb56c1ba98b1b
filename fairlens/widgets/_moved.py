"""From one state of a panel to the next: what is not asked for stays, as far as it can."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .._slice import Slice, others_of
from .._thresholds import GroupThresholds
from ..exceptions import BadValue, LevelNotFound, listed
from ._kinds import KINDS
from ._state import State, columns, read_slice_reference, read_where

if TYPE_CHECKING:
    from ._choices import Choices


@dataclass(frozen=True, slots=True)
class Asked:
    """The arguments of `Panel.show`; None for what is to stay."""

    metric: Any = None
    by: Any = None
    where: Any = None
    reference: Any = None
    threshold: Any = None
    compare: Any = None
    adjust: Any = None
    view: Any = None
    slice: Any = None


def moved(choices: Choices, now: State, asked: Asked) -> State:
    """Give the state that is asked for.

    Raises
    ------
    LevelNotFound, MetricNotFound, ThresholdNotHeld, BadValue
        If the panel has no such view.
    """
    chosen = read_slice(choices, now, asked.slice) if asked.by is None or asked.slice is not None else None
    names = now.by if asked.by is None else asked.by
    by = columns(choices, names)
    same = by == now.by and chosen == now.slice
    kept = {axis: levels for axis, levels in now.where if axis not in by or (by == now.by and len(levels) > 1)}
    reference = asked.reference
    if reference is None:
        reference = now.reference if same or isinstance(now.reference, str) else "largest"
    wanted = choices.state(
        now.metric if asked.metric is None else asked.metric,
        names,
        kept if asked.where is None else asked.where,
        "largest" if chosen is not None else reference,
        _threshold(choices, now, by) if asked.threshold is None else asked.threshold,
        now.compare if asked.compare is None else asked.compare,
        _adjust(now, by, asked.where) if asked.adjust is None else () if asked.adjust is False else asked.adjust,
    )
    if chosen is not None:
        fresh = now.slice is None and asked.reference is None
        wanted = replace(wanted, slice=chosen, reference=read_slice_reference(chosen, others_of(chosen) if fresh else reference))
    told = now.explained if same else None
    return replace(wanted, method=now.method, explained=told, view=read_view(choices, now, asked.view), slices=now.slices, costs=now.costs)


def read_slice(choices: Choices, now: State, wanted: Any) -> Slice | None:
    """Check a slice to compare with everybody else, by itself or by its name."""
    if wanted is None:
        return now.slice
    if wanted is False:
        return None
    found = wanted if isinstance(wanted, Slice) else next((one for one in now.slices if one.name == wanted), None)
    if found is None:
        names = [one.name for one in now.slices]
        raise LevelNotFound(
            f"`slice` is {wanted!r}.",
            f"This panel has saved: {listed(names)}." if names else "This panel has saved no slice.",
            hint='panel.show(slice=fl.Slice("young women", {"sex": "f", "age": "<25"}))',
            role="slice",
            value=wanted,
        )
    return known_slice(choices, found)


def known_slice(choices: Choices, found: Slice) -> Slice:
    """Check that a panel has the levels of a slice, and somebody else to compare it with."""
    kept = read_where(choices, found.levels, ())
    if not kept:
        raise BadValue(
            f"The slice {found.name!r} was asked for.",
            "It keeps every level, so that nobody else is there to compare with.",
            hint=f"fl.Slice({found.name!r}, {{{choices.axes[0]!r}: {choices.levels(choices.axes[0])[0]!r}}})",
            role="slice",
            value=found.name,
        )
    return Slice(found.name, dict(kept), choices.others(found.name))


def read_view(choices: Choices, now: State, wanted: Any) -> str:
    """Check what is to be looked at."""
    if wanted is None:
        return now.view
    names = [kind.name for kind in KINDS if kind.pack(choices) is not None]
    if wanted not in names:
        raise BadValue(f"`view` is {wanted!r}.", f"This panel has: {listed(names)}.", hint='view="disparities"', role="view", value=wanted)
    return str(wanted)


def _adjust(now: State, by: tuple[str, ...], where: Any) -> tuple[str, ...]:
    """An attribute that is now grouped or filtered by is not held equal any more."""
    taken = {*by, *(where if isinstance(where, Mapping) else ())}
    return tuple(axis for axis in now.adjust if axis not in taken)


def _threshold(choices: Choices, now: State, by: tuple[str, ...]) -> Any:
    """Thresholds by group go with the column they are for."""
    split = isinstance(now.threshold, GroupThresholds) and by != now.by
    kept = choices.audit.own_threshold if split else now.threshold
    return "decided" if kept is None else kept
