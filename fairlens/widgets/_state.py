"""State: which view the panel is at, in names for Python and in positions for the browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._audit import ProtectedAudit
from .._levels import Level
from ..exceptions import LevelNotFound, MetricNotFound, ThresholdNotHeld, WrongKind, listed
from ..metrics import Metric, get

Reference = str | tuple[Level, ...]
_REAL = (int, float, np.integer, np.floating)
WHOLE = ("largest", "rest", "overall")


@dataclass(frozen=True, slots=True)
class State:
    """One view of an audit.

    `by` has one or two attributes, `where` one level for some of the others; `reference` is a word of `WHOLE` or a group of `by`;
    `threshold` is None for the decision as it was taken.
    """

    metric: Metric
    by: tuple[str, ...]
    where: tuple[tuple[str, Level], ...]
    reference: Reference
    threshold: float | None


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
        threshold: float | str | None,
    ) -> State:
        """Check names and make a state of them; "decided" is the decision as it was taken."""
        names = self.columns(by)
        self._check_where(where, names)
        chosen = tuple((axis, where[axis]) for axis in self.axes if axis in where)
        return State(self._metric(metric), names, chosen, self._reference(reference, names), self._threshold(threshold))

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
            codes = [levels[axis].index(level) for axis, level in zip(state.by, state.reference, strict=True)]
            reference = ["group", *codes]
        return {
            "metric": [one.name for one in self.metrics].index(state.metric.name),
            "by": [self.axes.index(axis) for axis in state.by],
            "at": [levels[axis].index(at[axis]) if axis in at else -1 for axis in self.axes],
            "reference": reference,
            "stop": self.stops.index(state.threshold),
        }

    def decode(self, raw: Mapping[str, Any]) -> State:
        """Read a state as the browser holds it."""
        by = tuple(self.axes[i] for i in raw["by"])
        levels = {axis: self.audit.tables.levels(axis) for axis in self.axes}
        where = {
            axis: levels[axis][code] for axis, code in zip(self.axes, raw["at"], strict=True) if code >= 0 and axis not in by
        }
        kind, *codes = raw["reference"]
        reference = kind if kind != "group" else tuple(levels[axis][code] for axis, code in zip(by, codes, strict=True))
        return State(
            self.metrics[raw["metric"]],
            by,
            tuple((axis, where[axis]) for axis in self.axes if axis in where),
            reference,
            self.stops[raw["stop"]],
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
        groups = self.audit.tables.view(by, {}, self.audit.threshold).groups
        if group not in groups:
            raise LevelNotFound(
                f"`reference` is {reference!r}, which is not a group of {', '.join(by)}.",
                f"There are: {listed(groups)}; and {listed(WHOLE)}.",
                hint="reference='largest'",
                role="reference",
                value=reference,
            )
        return group

    def _threshold(self, threshold: float | str | None) -> float | None:
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
            return threshold
        known = [stop for stop in self.stops if stop is not None]
        near = sorted(known, key=lambda stop: abs(stop - (threshold or 0.0)))[:2]
        raise ThresholdNotHeld(
            f"`threshold` is {threshold!r}, which is no stop of this panel.",
            f"The nearest stops are {listed(sorted(near))}." if near else "This panel has decisions and no scores.",
            hint=f"declare it: fl.audit(..., threshold=[..., {threshold!r}])" if near else "leave threshold out",
            role="threshold",
            value=threshold,
        )
