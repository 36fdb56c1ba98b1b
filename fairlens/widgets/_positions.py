"""States in positions, as the browser holds them: no name of a column or a level stands in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .._levels import Level
from .._slice import Slice, others_of
from .._thresholds import GroupThresholds, Threshold
from ._state import Levels, Reference, State

if TYPE_CHECKING:
    from ._choices import Choices


def encode(choices: Choices, state: State) -> dict[str, Any]:
    """Write a state in positions, as the browser holds it."""
    group = None if state.explained is None else choices.codes(state.by, state.explained)
    return {
        "metric": [one.name for one in choices.metrics].index(state.metric.name),
        "by": [choices.axes.index(axis) for axis in state.by],
        "at": _at(choices, state.where),
        "reference": _reference(choices, state),
        **_threshold(choices, state.threshold),
        "compare": state.compare,
        "adjust": [choices.axes.index(axis) for axis in state.adjust],
        "why": {"method": state.method, "group": group},
        "view": state.view,
        "slice": state.slice and _slice(choices, state.slice),
        "slices": [_slice(choices, one) for one in state.slices],
        "costs": state.costs and list(state.costs),
    }


def _at(choices: Choices, where: Levels) -> list[list[int]]:
    """For each column the levels that are kept; none where all are."""
    kept = dict(where)
    return [[choices.levels(axis).index(level) for level in kept.get(axis, ())] for axis in choices.axes]


def _slice(choices: Choices, slice_: Slice) -> dict[str, Any]:
    return {"name": slice_.name, "at": _at(choices, slice_.where)}


def _reference(choices: Choices, state: State) -> list[Any]:
    if isinstance(state.reference, str):
        return [state.reference]
    if state.slice is not None:
        return ["group", int(state.reference == (others_of(state.slice),))]
    return ["group", *choices.codes(state.by, state.reference)]


def _threshold(choices: Choices, threshold: Threshold) -> dict[str, Any]:
    if not isinstance(threshold, GroupThresholds):
        return {"stop": choices.stops.index(threshold), "cuts": None}
    stops = [choices.stops.index(threshold.of(level)) for level in choices.levels(threshold.axis)]
    return {"stop": choices.stops.index(choices.audit.own_threshold), "cuts": {"axis": choices.axes.index(threshold.axis), "stops": stops}}


def decode(choices: Choices, raw: Mapping[str, Any]) -> State:
    """Read a state as the browser holds it; what states of earlier versions lack is as it was then."""
    by = tuple(choices.axes[i] for i in raw["by"])
    found = raw.get("slice")
    slice_ = None if not found else _read_slice(choices, found)
    why = raw.get("why") or {"method": "gap", "group": None}
    adjust = raw.get("adjust") or []
    adjusted = [adjust] if isinstance(adjust, int) else adjust
    costs = raw.get("costs")
    return State(
        choices.metrics[raw["metric"]],
        by,
        _where(choices, raw["at"], by),
        _read_reference(choices, raw["reference"], by, slice_),
        _read_threshold(choices, raw),
        raw.get("compare", "difference"),
        tuple(choices.axes[i] for i in adjusted if i >= 0),
        why["method"],
        why["group"] and _levels(choices, by, why["group"]),
        raw.get("view", "disparities"),
        slice_,
        tuple(_read_slice(choices, one) for one in raw.get("slices") or []),
        costs and (float(costs[0]), float(costs[1])),
    )


def _levels(choices: Choices, by: Sequence[str], codes: Sequence[int]) -> tuple[Level, ...]:
    return tuple(choices.levels(axis)[code] for axis, code in zip(by, codes, strict=True))


def _where(choices: Choices, at: Sequence[Any], by: Sequence[str]) -> Levels:
    kept = []
    for axis, codes in zip(choices.axes, at, strict=True):
        if isinstance(codes, int):  # one level of a column that is not grouped by, in earlier versions
            codes = [codes] if codes >= 0 and axis not in by else []
        if codes:
            kept.append((axis, tuple(choices.levels(axis)[code] for code in sorted(codes))))
    return tuple(kept)


def _read_slice(choices: Choices, raw: Mapping[str, Any]) -> Slice:
    return Slice(raw["name"], dict(_where(choices, raw["at"], ())), choices.others(raw["name"]))


def _read_reference(choices: Choices, raw: Sequence[Any], by: Sequence[str], slice_: Slice | None) -> Reference:
    kind, *codes = raw
    if kind != "group":
        return str(kind)
    return _levels(choices, by, codes) if slice_ is None else ((slice_.name, others_of(slice_))[codes[0]],)


def _read_threshold(choices: Choices, raw: Mapping[str, Any]) -> Threshold:
    cuts = raw.get("cuts")
    if cuts is None:
        stop: float | None = choices.stops[raw["stop"]]
        return stop
    axis = choices.axes[cuts["axis"]]
    found = [(level, choices.stops[stop]) for level, stop in zip(choices.levels(axis), cuts["stops"], strict=True)]
    return GroupThresholds(axis, tuple((level, cut) for level, cut in found if cut is not None))
