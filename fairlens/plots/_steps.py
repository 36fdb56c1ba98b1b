"""What a bridge shows: the two rates, and the steps that lead from the group's to the reference's. Draws nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .._levels import ALL
from ..explanations import GapDecomposition
from ..explanations._parts import Part, named
from ..explanations._words import Carriers, Unit, describe, unit_of
from ..metrics._sentence import TEXTS, label_of
from ._groups import UNSURE, group_row, number_tick, share_of
from ._rows import Row, Scale, percent_tick
from ._text import clean, short

MOST = 7
Kind = Literal["widens", "narrows", "unsure"]
LEGEND: dict[Kind, str] = {
    "widens": "widens the gap",
    "narrows": "narrows the gap",
    "unsure": f"{UNSURE}, allowing for all inputs",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One bar: from where to where on the way, the ends of its whisker, and what is printed beside it."""

    name: str
    start: float
    end: float
    lower: float
    upper: float
    shown: str
    kind: Kind

    @property
    def label(self) -> str:
        """The name, broken to fit."""
        return short(self.name)

    @property
    def right(self) -> float:
        """Where bar and whisker end on the right."""
        return max(self.start, self.end, self.lower, self.upper)

    @property
    def left(self) -> float:
        """Where bar and whisker end on the left."""
        return min(self.start, self.end, self.lower, self.upper)


@dataclass(frozen=True, slots=True)
class Bridge:
    """The whole picture in data; `pooled` are the single inputs behind the step that has them all."""

    title: str
    caution: str
    heading: str
    rate: str
    axis: str
    gap: str
    group: Row
    reference: Row
    steps: tuple[Step, ...]
    pooled: tuple[Step, ...]
    method: str
    scale: Scale

    @property
    def kinds(self) -> list[Kind]:
        """The kinds of bars that occur, in the order of the legend."""
        return [kind for kind in LEGEND if any(step.kind == kind for step in self.steps)]

    @property
    def alt(self) -> str:
        """The bridge in words, with the inputs that the picture pools."""
        ends = [
            f"{clean(row.name)}: {', '.join(row.words.splitlines())}, {row.count}."
            for row in (self.group, self.reference)
        ]
        lines = [
            clean(self.title),
            self.caution,
            f"{self.rate}.",
            *ends,
            f"{clean(self.gap)}.",
            f"{clean(self.heading)}:",
        ]
        lines += [_told(step) for step in self.steps]
        if self.pooled:
            lines += [f"{len(self.pooled)} other inputs, one by one:", *map(_told, self.pooled)]
        return "\n".join([*lines, f"{clean(self.axis)}.", self.method])


def _told(step: Step) -> str:
    says = "" if step.kind == "unsure" else f", {LEGEND[step.kind]}"
    return f"{clean(step.name)}: {step.shown}{says}."


def read_bridge(result: GapDecomposition) -> Bridge:
    """Bring a gap with parts to the steps of a bridge."""
    pair, unit = result.pair, unit_of(result.pair.row.metric)
    group, reference = ends_of(result)
    inputs = sorted((part for part in result.parts if part.kind == "input"), key=lambda part: -abs(part.contribution))
    kept = len(inputs) if len(inputs) <= MOST + 1 else MOST
    walk = _Walk(unit, pair.change > 0, pair.row.value)
    steps = walk.take(inputs[:kept])
    pooled: tuple[Step, ...] = ()
    if inputs[kept:]:
        pooled = tuple(_Walk(unit, walk.down, walk.at).take(inputs[kept:]))
        steps.append(walk.pool(inputs[kept:]))
    steps += walk.take([part for part in result.parts if part.kind != "input"])
    way = f"from {group.name} to {reference.name}"
    share = share_of(result.confidence)
    counted = f", in {unit.word} ({unit.short.strip()})" if unit.word else ""
    word = f" {unit.word}" if unit.word else ""
    return Bridge(
        title=title_of(result),
        caution=result.caution,
        heading=f"What closes the gap {way}",
        rate=rate_of(result),
        axis=f"{pair.row.metric.label}. Each bar is what one input adds {way}{counted}; whiskers are {share} intervals",
        gap=f"gap, {group.name} less {reference.name}: {unit.signed(pair.change)}{word} ({unit.signed(pair.lower)} to {unit.signed(pair.upper)})",
        group=group,
        reference=reference,
        steps=tuple(steps),
        pooled=pooled,
        method=result.method,
        scale=scale_of(result),
    )


def scale_of(result: GapDecomposition) -> Scale:
    """Per cent for rates, numbers for means of scores, as far as they are possible."""
    metric = result.pair.row.metric
    if metric.event:
        return Scale(percent_tick, (0.0, 1.0))
    least, most = getattr(metric, "least", -math.inf), getattr(metric, "most", math.inf)
    if result.metric.startswith("mean_score") and result.spec.score_kind == "grid":
        least, most = result.spec.score_range
    return Scale(number_tick, (least, most))


def title_of(result: GapDecomposition) -> str:
    """Say the gap and the one input that carries most of it; the bars say the rest."""
    along = [part for part in result.supported if part.contribution * result.gap > 0]
    labels = None if result.label_mix is None else named(result.label_mix)
    carriers = Carriers([named(part) for part in (along or result.supported)[:1]], labels=labels)
    return result.within + describe(result.pair, result.spec, carriers, is_alike=result.is_alike, told=result.sampled_note)


def ends_of(result: GapDecomposition) -> tuple[Row, Row]:
    """The group and the reference as rows of dots."""
    base, named = group_row(result.pair.base), result.pair.reference
    name = TEXTS.get(named, named) if isinstance(named, str) else label_of(named)
    return group_row(result.pair.row), Row(
        name, base.count, base.value, base.lower, base.upper, base.shown, base.state, base.remark
    )


def rate_of(result: GapDecomposition) -> str:
    """Say which rate, by which attributes."""
    used = [
        name for name, level in zip(result.attributes, result.pair.row.group, strict=True) if level != ALL
    ]
    return f"{result.pair.row.metric.label} by {' and '.join(used)}, with {share_of(result.confidence)} intervals"


@dataclass(slots=True)
class _Walk:
    """The way from the group to the reference, on which each contribution is taken off."""

    unit: Unit
    down: bool
    at: float

    def take(self, parts: Sequence[Part]) -> list[Step]:
        """One step per part."""
        return [self._step(part.feature, (-part.contribution, -part.upper, -part.lower), part.is_clear) for part in parts]

    def pool(self, parts: Sequence[Part]) -> Step:
        """All smaller inputs in one step. Standard errors add up at most, so the sums of the limits are at least as wide as needed."""
        value = -sum(part.contribution for part in parts)
        low, high = -sum(part.upper for part in parts), -sum(part.lower for part in parts)
        return self._step(f"{len(parts)} other inputs", (value, low, high), low > 0 or high < 0, "at most ")

    def _step(self, name: str, change: tuple[float, float, float], sure: bool, bound: str = "") -> Step:
        value, low, high = change
        start, unit = self.at, self.unit
        self.at = start + value
        kind: Kind = "unsure" if not sure else "widens" if (value < 0) == self.down else "narrows"
        shown = f"{unit.signed(value)}{unit.short} ({bound}{unit.write(low)} to {unit.write(high)})"
        return Step(name, start, self.at, start + low, start + high, f"{shown}, {UNSURE}" if kind == "unsure" else shown, kind)
