"""State: which view the panel is at, in names; and the check of names that were asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .._levels import Level, is_one_of
from .._slice import Slice, others_of
from .._thresholds import GroupThresholds, Threshold
from ..exceptions import BadValue, LevelNotFound, MetricNotFound, WrongKind, listed
from ..metrics import Metric, get
from ._cuts import read_cuts, read_stop

if TYPE_CHECKING:
    from ._choices import Choices

Reference = str | tuple[Level, ...]
Compare = Literal["difference", "ratio"]
COMPARE: tuple[Compare, ...] = ("difference", "ratio")
WHOLE = ("largest", "rest", "overall")
Method = Literal["gap", "shap", "lime"]
METHODS: tuple[Method, ...] = ("gap", "shap", "lime")
MOST_ATTRIBUTES = 4
"""How many attributes may be crossed."""
Levels = tuple[tuple[str, tuple[Level, ...]], ...]


@dataclass(frozen=True, slots=True)
class State:
    """One view of an audit.

    `by` has one to four attributes; `where` some levels of some attributes; `reference` is a word of `WHOLE` or a group of `by`;
    `threshold` is None for the decision as it was taken; with thresholds by group, their column is the first of `by`. `compare` says
    what stands beside the rates, and `adjust` which attributes are held equal in one more column. `slice` is compared with everybody
    else in place of the groups of `by`; `slices` are the saved ones. `method` says how the view is explained, and `explained` of which
    group; None for the one that the explanation itself puts first. `view` is what is looked at, `costs` what the two errors cost.
    """

    metric: Metric
    by: tuple[str, ...]
    where: Levels
    reference: Reference
    threshold: Threshold
    compare: Compare = "difference"
    adjust: tuple[str, ...] = ()
    method: Method = "gap"
    explained: tuple[Level, ...] | None = None
    view: str = "disparities"
    slice: Slice | None = None
    slices: tuple[Slice, ...] = ()
    costs: tuple[float, float] | None = None

    @property
    def levels(self) -> dict[str, tuple[Level, ...]]:
        """The levels that are kept, by attribute."""
        return dict(self.where)

    @property
    def groups(self) -> Any:
        """What is compared, as `by` of an audit takes it: attributes, or a slice."""
        return list(self.by) if self.slice is None else self.slice


def read_state(
    choices: Choices, metric: Any, by: Any, where: Any, reference: Any, threshold: Any, compare: Any = "difference", adjust: Any = ()
) -> State:
    """Check names and make a state of them; "decided" is the decision as it was taken.

    Raises
    ------
    LevelNotFound, MetricNotFound, ThresholdNotHeld, BadValue, WrongKind
        Where the panel has no such view.
    """
    names = columns(choices, by)
    kept = read_where(choices, where, names)
    held = _adjust(choices, adjust, names, dict(kept))
    if not isinstance(compare, str) or compare not in COMPARE:
        raise BadValue(f"`compare` is {compare!r}.", f"There are: {listed(COMPARE)}.", hint='compare="ratio"', role="compare", value=compare)
    split = isinstance(threshold, Mapping | GroupThresholds)
    cut = read_cuts(choices, threshold, names) if split else read_stop(choices, threshold)
    kind: Compare = "ratio" if compare == "ratio" else "difference"
    return State(_metric(choices, metric), names, kept, read_reference(choices, reference, names, dict(kept)), cut, kind, held)


def columns(choices: Choices, by: Any) -> tuple[str, ...]:
    """Check the names of one to four group columns."""
    names = (by,) if isinstance(by, str) else tuple(by) if isinstance(by, list | tuple) else ()
    names = names if all(isinstance(name, str) for name in names) else ()
    if not 1 <= len(names) <= MOST_ATTRIBUTES or len(set(names)) != len(names) or any(name not in choices.axes for name in names):
        raise LevelNotFound(
            f"`by` is {by!r}.",
            f"It must be one to four of the group columns: {listed(choices.axes)}.",
            hint=f"by={list(choices.axes[:1])!r}",
            role="by",
            value=by,
        )
    return names


def read_where(choices: Choices, where: Any, names: Sequence[str]) -> Levels:
    """Check a filter: one level or several of some columns; at least two of a column that is grouped by."""
    if not isinstance(where, Mapping):
        raise WrongKind(
            f"`where` is {where!r}.",
            "It must name levels of some group columns.",
            hint=f"where={{{choices.axes[0]!r}: {choices.levels(choices.axes[0])[0]!r}}}",
            role="where",
            value=where,
        )
    found = {axis: _kept(choices, axis, where[axis], names) for axis in where}
    return tuple((axis, found[axis]) for axis in choices.axes if axis in found and len(found[axis]) < len(choices.levels(axis)))


def _kept(choices: Choices, axis: Any, wanted: Any, names: Sequence[str]) -> tuple[Level, ...]:
    have = choices.levels(axis) if axis in choices.axes else ()
    given = tuple(wanted) if isinstance(wanted, list | tuple) else (wanted,)
    plain = bool(given) and all(isinstance(level, str | int | float) and is_one_of(level, have) for level in given)
    if not plain or (axis in names and len(set(given)) < 2):
        free = [name for name in choices.axes if name not in names] or list(choices.axes)
        grouped = f" {axis} is grouped by, so that it takes two levels at least." if plain else ""
        first = choices.levels(free[0])
        raise LevelNotFound(
            f"`where` asks for {axis}={wanted!r}.",
            f"It may name levels of: {listed(free)}." + (f" {axis} has: {listed(have)}.{grouped}" if have else ""),
            hint=f"where={{{free[0]!r}: {first[0]!r}}}" if free[0] not in names else f"where={{{free[0]!r}: {list(first[:2])!r}}}",
            role="where",
            value=axis,
        )
    return tuple(level for level in have if level in given)


def _adjust(choices: Choices, adjust: Any, names: Sequence[str], where: Mapping[str, Any]) -> tuple[str, ...]:
    """Attributes held equal: none of those compared, and none of which one level only is kept."""
    given = () if adjust is None else (adjust,) if isinstance(adjust, str) else tuple(adjust) if isinstance(adjust, list | tuple) else (adjust,)
    free = [axis for axis in choices.axes if axis not in names and len(where.get(axis, "ab")) > 1]
    if any(not isinstance(name, str) or name not in free for name in given) or len(set(given)) < len(given):
        raise LevelNotFound(
            f"`adjust` is {adjust!r}.",
            f"It may be group columns that are neither compared nor filtered by: {listed(free) or 'there is none'}.",
            hint=f"adjust={free[0]!r}" if free else "adjust=None",
            role="adjust",
            value=adjust,
        )
    return tuple(axis for axis in free if axis in given)


def _metric(choices: Choices, metric: str | Metric) -> Metric:
    name = get(metric).name
    for one in choices.metrics:
        if one.name == name:
            return one
    raise MetricNotFound(
        f"`metric` is {name!r}, which this panel does not offer.",
        f"It offers: {listed([one.name for one in choices.metrics])}.",
        hint=f"fl.panel(audit, metrics=[..., {name!r}])",
        role="metric",
        value=name,
    )


def read_reference(choices: Choices, reference: Any, by: tuple[str, ...], where: Mapping[str, tuple[Level, ...]]) -> Reference:
    """Check a reference: a word, or a group of those that are compared."""
    if isinstance(reference, str) and reference in WHOLE:
        return reference
    group = tuple(reference) if isinstance(reference, list | tuple) else (reference,)
    groups = choices.audit.tables.view(by, {axis: levels for axis, levels in where.items() if axis in by}, choices.audit.own_threshold).groups
    if group not in groups:
        raise LevelNotFound(
            f"`reference` is {reference!r}, which is not a group of {', '.join(by)}.",
            f"There are: {listed(groups)}; and {listed(WHOLE)}.",
            hint="reference='largest'",
            role="reference",
            value=reference,
        )
    return group


def read_slice_reference(slice_: Slice, reference: Any) -> Reference:
    """Check what a slice, and everybody else, are compared with."""
    group = tuple(reference) if isinstance(reference, list | tuple) else (reference,)
    known = ((slice_.name,), (others_of(slice_),))
    if isinstance(reference, str) and reference in WHOLE:
        return reference
    if group not in known:
        raise LevelNotFound(
            f"`reference` is {reference!r}, and the slice {slice_.name!r} is compared with everybody else.",
            f"There are: {listed(one for (one,) in known)}; and {listed(WHOLE)}.",
            hint=f"reference={known[1][0]!r}",
            role="reference",
            value=reference,
        )
    return group
