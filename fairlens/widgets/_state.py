"""State: which view the panel is at, in names for Python and in positions for the browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from .._levels import Level
from .._protected import ProtectedAudit
from .._thresholds import GroupThresholds, Threshold
from ..exceptions import (
    BadValue,
    LevelNotFound,
    MetricNotFound,
    RoleNeeded,
    ThresholdNotHeld,
    WrongKind,
    listed,
)
from ..metrics import Metric, get

Reference = str | tuple[Level, ...]
Compare = Literal["difference", "ratio"]
COMPARE: tuple[Compare, ...] = ("difference", "ratio")
_REAL = (int, float, np.integer, np.floating)
WHOLE = ("largest", "rest", "overall")
Method = Literal["gap", "shap", "lime"]
METHODS: tuple[Method, ...] = ("gap", "shap", "lime")
MOST_SLIDERS = 8
"""How many groups may have a threshold each."""


@dataclass(frozen=True, slots=True)
class State:
    """One view of an audit.

    `by` has one or two attributes, `where` one level for some of the others; `reference` is a word of `WHOLE` or a group of `by`;
    `threshold` is None for the decision as it was taken; with thresholds by group, their column is the first of `by`.
    `compare` says what stands beside the rates, and `adjust` which attribute is held equal in one more column. `method` says how the
    view is explained, and `explained` of which group; None for the one that the explanation itself puts first.
    """

    metric: Metric
    by: tuple[str, ...]
    where: tuple[tuple[str, Level], ...]
    reference: Reference
    threshold: Threshold
    compare: Compare = "difference"
    adjust: str | None = None
    method: Method = "gap"
    explained: tuple[Level, ...] | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """What a panel offers: the published audit, the metrics, and the stops of the threshold slider."""

    audit: ProtectedAudit
    metrics: tuple[Metric, ...]

    @property
    def axes(self) -> tuple[str, ...]:
        """The group columns."""
        return self.audit.groups

    @property
    def cut_stop(self) -> int:
        """Where sliders per group start when the slider for everybody stands at the decision as it was taken."""
        own = self.audit.spec.threshold
        known = [i for i, stop in enumerate(self.stops) if stop is not None]
        return self.stops.index(own) if own in self.stops and own is not None else known[len(known) // 2] if known else 0

    @property
    def stops(self) -> tuple[float | None, ...]:
        """Thresholds in order; None, first, is the decision as it was taken."""
        tables = self.audit.tables
        edges = tables.published_edges
        if edges is None:
            edges = tuple(sorted({*(tables.steps or ()), *self.audit.spec.declared}))
        return (None, *edges) if tables.decided else edges

    def state(
        self,
        metric: str | Metric,
        by: str | Sequence[str],
        where: Mapping[str, Level],
        reference: Level | Sequence[Level],
        threshold: Any,
        compare: Any = "difference",
        adjust: Any = None,
    ) -> State:
        """Check names and make a state of them; "decided" is the decision as it was taken."""
        names = self.columns(by)
        self._check_where(where, names)
        chosen = tuple((axis, where[axis]) for axis in self.axes if axis in where)
        self._check_compared(compare, adjust, names, where)
        cut = self._cuts(threshold, names) if isinstance(threshold, Mapping | GroupThresholds) else self._threshold(threshold)
        return State(self._metric(metric), names, chosen, self._reference(reference, names), cut, compare, adjust)

    def _check_compared(self, compare: Any, adjust: Any, names: tuple[str, ...], where: Mapping[str, Level]) -> None:
        if not isinstance(compare, str) or compare not in COMPARE:
            raise BadValue(
                f"`compare` is {compare!r}.", f"There are: {listed(COMPARE)}.", hint='compare="ratio"', role="compare", value=compare
            )
        free = [axis for axis in self.axes if axis not in names and axis not in where]
        if adjust is not None and not (isinstance(adjust, str) and adjust in free):
            raise LevelNotFound(
                f"`adjust` is {adjust!r}.",
                f"It may be a group column that is neither compared nor filtered by: {listed(free) or 'there is none'}.",
                hint=f"adjust={free[0]!r}" if free else "adjust=None",
                role="adjust",
                value=adjust,
            )

    def _cuts(self, threshold: Any, names: tuple[str, ...]) -> GroupThresholds:
        """Thresholds of the levels of the one column that is grouped by; levels that are not named keep the audit's own."""
        axis, given, other = names[0], threshold, self.audit.spec.threshold
        if isinstance(threshold, GroupThresholds):
            axis, given, other = threshold.axis, dict(threshold.cuts), threshold.other
        levels = self.audit.tables.levels(names[0])
        self._check_splittable(names[0], levels, given)
        unknown = [level for level in given if level not in levels]
        if len(names) > 1 or unknown or axis != names[0]:
            raise LevelNotFound(
                f"`threshold` is {given!r}, and the panel groups by {', '.join(names)}.",
                f"Thresholds by group name levels of the one column that is grouped by: {listed(levels)}.",
                hint=f"show(by={names[0]!r}, threshold={{{levels[0]!r}: 0.5}})",
                role="threshold",
                value=given,
            )
        rest = next(iter(given.values())) if other is None else other
        return GroupThresholds(axis, tuple((level, self._cut(given.get(level, rest))) for level in levels))

    def _cut(self, threshold: Any) -> float:
        """One of several thresholds: a stop with a number."""
        cut = self._threshold(threshold)
        if cut is None:
            raise WrongKind(
                f"`threshold` of a group is {threshold!r}.",
                "Thresholds by group are numbers; decisions as they were taken are for everybody.",
                hint='threshold="decided", or a number for each group',
                role="threshold",
                value=threshold,
            )
        return cut

    def _check_splittable(self, axis: str, levels: Sequence[Level], given: Mapping[Level, Any]) -> None:
        """One slider per level needs scores, something to set, and a number of levels that a person can look at."""
        if self.audit.tables.steps is None:
            raise RoleNeeded(
                f"Thresholds by {axis} were asked for.",
                "This audit has decisions and no scores.",
                hint="fl.audit(..., y_score=..., threshold=...)",
                role="y_score",
            )
        if not given or len(levels) > MOST_SLIDERS:
            raise BadValue(
                f"Thresholds by {axis} were asked for: {given!r}.",
                f"{axis} has {len(levels):,} levels; a panel has one slider for each of {MOST_SLIDERS} at most."
                if given
                else "They name no level.",
                hint=f"audit.at({{{levels[0]!r}: 0.5}}, by={axis!r}).by_group(...)" if given else f"threshold={{{levels[0]!r}: 0.5}}",
                role="threshold",
                value=dict(given),
            )

    def columns(self, by: str | Sequence[str]) -> tuple[str, ...]:
        """Check the names of one or two group columns."""
        names = (by,) if isinstance(by, str) else tuple(by) if isinstance(by, list | tuple) else ()
        names = names if all(isinstance(name, str) for name in names) else ()
        if not 1 <= len(names) <= 2 or len(set(names)) != len(names) or any(name not in self.axes for name in names):
            raise LevelNotFound(
                f"`by` is {by!r}.",
                f"It must be one or two of the group columns: {listed(self.axes)}.",
                hint=f"by={list(self.axes[:1])!r}",
                role="by",
                value=by,
            )
        return names

    def _check_where(self, where: Mapping[str, Level], names: tuple[str, ...]) -> None:
        if not isinstance(where, Mapping):
            raise WrongKind(
                f"`where` is {where!r}.",
                "It must name one level of some group columns.",
                hint=f"where={{{self.axes[0]!r}: {self.audit.tables.levels(self.axes[0])[0]!r}}}",
                role="where",
                value=where,
            )
        for axis in where:
            known = axis in self.axes and isinstance(where[axis], str | int | float)
            if not known or axis in names or where[axis] not in self.audit.tables.levels(axis):
                have = [name for name in self.axes if name not in names]
                raise LevelNotFound(
                    f"`where` asks for {axis}={where[axis]!r}.",
                    f"It may name one level of each of: {listed(have)}."
                    + (f" {axis} has: {listed(self.audit.tables.levels(axis))}." if axis in have else ""),
                    hint=f"where={{{have[0]!r}: {self.audit.tables.levels(have[0])[0]!r}}}" if have else "where={}",
                    role="where",
                    value=axis,
                )

    def encode(self, state: State) -> dict[str, Any]:
        """Write a state in positions, as the browser holds it."""
        levels = {axis: self.audit.tables.levels(axis) for axis in self.axes}
        at = dict(state.where)
        if isinstance(state.reference, str):
            reference: list[Any] = [state.reference]
        else:
            reference = ["group", *self.codes(state.by, state.reference)]
        return {
            "metric": [one.name for one in self.metrics].index(state.metric.name),
            "by": [self.axes.index(axis) for axis in state.by],
            "at": [levels[axis].index(at[axis]) if axis in at else -1 for axis in self.axes],
            "reference": reference,
            **self._encode_threshold(state.threshold),
            "compare": state.compare,
            "adjust": -1 if state.adjust is None else self.axes.index(state.adjust),
            "why": {"method": state.method, "group": None if state.explained is None else self.codes(state.by, state.explained)},
        }

    def codes(self, by: Sequence[str], group: Sequence[Level]) -> list[int]:
        """The positions of the levels of a group."""
        return [self.audit.tables.levels(axis).index(level) for axis, level in zip(by, group, strict=True)]

    def _encode_threshold(self, threshold: Threshold) -> dict[str, Any]:
        if not isinstance(threshold, GroupThresholds):
            return {"stop": self.stops.index(threshold), "cuts": None}
        stops = [self.stops.index(threshold.of(level)) for level in self.audit.tables.levels(threshold.axis)]
        return {"stop": self.stops.index(self.audit.own_threshold), "cuts": {"axis": self.axes.index(threshold.axis), "stops": stops}}

    def _decode_threshold(self, raw: Mapping[str, Any]) -> Threshold:
        cuts = raw["cuts"]
        if cuts is None:
            stop: float | None = self.stops[raw["stop"]]
            return stop
        axis = self.axes[cuts["axis"]]
        found = [(level, self.stops[stop]) for level, stop in zip(self.audit.tables.levels(axis), cuts["stops"], strict=True)]
        return GroupThresholds(axis, tuple((level, cut) for level, cut in found if cut is not None))

    def decode(self, raw: Mapping[str, Any]) -> State:
        """Read a state as the browser holds it."""
        by = tuple(self.axes[i] for i in raw["by"])
        levels = {axis: self.audit.tables.levels(axis) for axis in self.axes}
        where = {
            axis: levels[axis][code] for axis, code in zip(self.axes, raw["at"], strict=True) if code >= 0 and axis not in by
        }
        kind, *codes = raw["reference"]
        reference = kind if kind != "group" else tuple(levels[axis][code] for axis, code in zip(by, codes, strict=True))
        why = raw.get("why") or {"method": "gap", "group": None}  # views of before explanations have none
        group = why["group"] and tuple(levels[axis][code] for axis, code in zip(by, why["group"], strict=True))
        return State(
            self.metrics[raw["metric"]],
            by,
            tuple((axis, where[axis]) for axis in self.axes if axis in where),
            reference,
            self._decode_threshold(raw),
            raw["compare"],
            None if raw["adjust"] < 0 else self.axes[raw["adjust"]],
            why["method"],
            group,
        )

    def _metric(self, metric: str | Metric) -> Metric:
        name = get(metric).name
        for one in self.metrics:
            if one.name == name:
                return one
        raise MetricNotFound(
            f"`metric` is {name!r}, which this panel does not offer.",
            f"It offers: {listed([one.name for one in self.metrics])}.",
            hint=f"fl.panel(audit, metrics=[..., {name!r}])",
            role="metric",
            value=name,
        )

    def _reference(self, reference: Level | Sequence[Level], by: tuple[str, ...]) -> Reference:
        if isinstance(reference, str) and reference in WHOLE:
            return reference
        group = tuple(reference) if isinstance(reference, list | tuple) else (reference,)
        groups = self.audit.tables.view(by, {}, self.audit.own_threshold).groups
        if group not in groups:
            raise LevelNotFound(
                f"`reference` is {reference!r}, which is not a group of {', '.join(by)}.",
                f"There are: {listed(groups)}; and {listed(WHOLE)}.",
                hint="reference='largest'",
                role="reference",
                value=reference,
            )
        return group

    def _threshold(self, threshold: Any) -> float | None:
        if isinstance(threshold, str) and threshold == "decided" and self.audit.tables.decided:
            return None
        if threshold is not None and (isinstance(threshold, bool) or not isinstance(threshold, _REAL)):
            raise WrongKind(
                f"`threshold` is {threshold!r}.",
                'It must be a number, or "decided" where there is a column of decisions.',
                hint="threshold=0.5",
                role="threshold",
                value=threshold,
            )
        if threshold in self.stops:
            return None if threshold is None else float(threshold)
        known = [stop for stop in self.stops if stop is not None]
        near = sorted(known, key=lambda stop: abs(stop - (threshold or 0.0)))[:2]
        raise ThresholdNotHeld(
            f"`threshold` is {threshold!r}, which is no stop of this panel.",
            f"The nearest stops are {listed(sorted(near))}." if near else "This panel has decisions and no scores.",
            hint=f"declare it: fl.audit(..., threshold=[..., {threshold!r}])" if near else "leave threshold out",
            role="threshold",
            value=threshold,
        )
