"""Choices: what a panel offers, and in which language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .._levels import Level
from .._protected import ProtectedAudit
from ..metrics import Metric
from ..metrics._formula import Measure
from ..scores._ids import ScoreMetric
from ..texts import Texts, texts_of
from ._positions import decode, encode
from ._state import State, read_state

if TYPE_CHECKING:
    from .._audit import Audit


@dataclass(frozen=True, eq=False)
class Choices:
    """What a panel offers: the published audit, the metrics, the stops of the threshold slider, the words.

    `raw` is the analyst's own audit where it holds rows, `population` and `costs` are what the user gave to compare with. `name` is the
    variable that the panel was opened on, which was `selected` from a larger audit, or `moved` to another threshold; it was `published` where it was for readers
    already. `opened` has the other arguments that the panel was opened with, as Python writes them.
    """

    audit: ProtectedAudit
    metrics: tuple[Metric, ...]
    texts: Texts = field(default_factory=texts_of)
    confidence: float = 0.95
    raw: Audit | None = None
    population: Any = None
    costs: Any = None
    name: str = "audit"
    selected: bool = False
    moved: bool = False
    published: bool = False
    opened: tuple[tuple[str, str], ...] = ()

    @property
    def axes(self) -> tuple[str, ...]:
        """The group columns."""
        return self.audit.groups

    @property
    def title(self) -> str:
        """How many people are counted."""
        return self.audit._title(self.texts)

    @property
    def banner(self) -> str:
        """What has to stand first in everything that leaves."""
        return self.texts["remarks"]["internal"] if self.audit.banner else ""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader has to know beside the numbers, in the language of the panel."""
        return self.audit._remarks(self.texts)

    @property
    def notes(self) -> tuple[str, ...]:
        """How the data were read, in English; in another language a line before says so."""
        return self.audit.notes

    def others(self, name: str) -> str:
        """What everybody outside of a slice is called; never what the slice itself is called."""
        others = self.labels["others"]
        return others if name != others else self.labels["not_others"]

    @property
    def labels(self) -> Mapping[str, str]:
        """Controls, headings and states of cells."""
        return self.texts["panel"]

    @property
    def cut_stop(self) -> int:
        """Where sliders per group start when the slider for everybody stands at the decision as it was taken."""
        own = self.audit.spec.threshold
        known = [i for i, stop in enumerate(self.stops) if stop is not None]
        return self.stops.index(own) if own in self.stops and own is not None else known[len(known) // 2] if known else 0

    @cached_property
    def stops(self) -> tuple[float | None, ...]:
        """Thresholds in order; None, first, is the decision as it was taken."""
        tables = self.audit.tables
        edges = tables.published_edges
        if edges is None:
            edges = tuple(sorted({*(tables.steps or ()), *self.audit.spec.declared}))
        return (None, *edges) if tables.decided else edges

    @property
    def stop_names(self) -> tuple[str, ...]:
        """The stops as they are shown."""
        return tuple(self.labels["decided"] if stop is None else self.texts.number(stop) for stop in self.stops)

    @cached_property
    def metric_names(self) -> tuple[str, ...]:
        """The metrics as they are shown."""
        return tuple(self.texts.metric(one.name, "label", one.label) for one in self.metrics)

    def levels(self, axis: str) -> tuple[Level, ...]:
        """The levels of a group column."""
        return self.audit.tables.levels(axis)

    def label(self, metric: Measure | ScoreMetric) -> str:
        """What a metric is called."""
        return self.texts.metric(metric.name, "label", metric.label)

    def reason(self, said: str) -> str:
        """Why a number is not there, in the language of the panel."""
        return self.texts.reason(said)

    def at(self, state: State) -> ProtectedAudit:
        """The audit of the people of a state, decided about as it says."""
        return self.audit.where(**state.levels).at(state.threshold) if state.where else self.audit.at(state.threshold)

    def state(
        self,
        metric: str | Metric,
        by: str | Sequence[str],
        where: Mapping[str, Any],
        reference: Any,
        threshold: Any,
        compare: Any = "difference",
        adjust: Any = (),
    ) -> State:
        """Check names and make a state of them; "decided" is the decision as it was taken."""
        return read_state(self, metric, by, where, reference, threshold, compare, adjust)

    def encode(self, state: State) -> dict[str, Any]:
        """Write a state in positions, as the browser holds it."""
        return encode(self, state)

    def decode(self, raw: Mapping[str, Any]) -> State:
        """Read a state as the browser holds it."""
        return decode(self, raw)

    def codes(self, by: Sequence[str], group: Sequence[Level]) -> list[int]:
        """The positions of the levels of a group."""
        return [self.levels(axis).index(level) for axis, level in zip(by, group, strict=True)]
