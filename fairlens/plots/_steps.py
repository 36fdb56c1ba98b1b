"""What a bridge shows: the two rates, and the steps that lead from the group's to the reference's. Draws nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from .._levels import ALL
from ..explanations import GapDecomposition
from ..explanations._parts import Part, named
from ..explanations._words import Carriers, Unit, describe, unit_of
from ..metrics._sentence import TEXTS, label_of, lowered
from ._groups import FEW, UNSURE, group_row, number_tick, share_of
from ._rows import Row, Scale, percent_tick
from ._text import clean, short

MOST = 7
Kind = Literal["widens", "narrows", "raises", "lowers", "unsure", "unused"]
LEGEND: dict[Kind, str] = {
    "widens": "widens the gap",
    "narrows": "narrows the gap",
    "raises": "raises the {number}",
    "lowers": "lowers the {number}",
    "unsure": UNSURE,
}
UNUSED = "not used for these people"


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
    def is_drawn(self) -> bool:
        """Whether there is a bar: an input that is not used has none."""
        return self.kind != "unused"

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
    """The whole picture in data; `pooled` are the single inputs behind the step that has them all, `words` what each kind of bar says."""

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
    words: Mapping[Kind, str]

    @property
    def kinds(self) -> list[Kind]:
        """The kinds of bars that occur, in the order of the legend."""
        return [kind for kind in LEGEND if any(step.kind == kind for step in self.steps)]

    def means(self, kind: Kind) -> str:
        """What a kind of bar says."""
        return self.words[kind]

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
        lines += [self._told(step) for step in self.steps]
        if self.pooled:
            lines += [f"{len(self.pooled)} other inputs, one by one:", *map(self._told, self.pooled)]
        return "\n".join([*lines, f"{clean(self.axis)}.", self.method])

    def _told(self, step: Step) -> str:
        says = f", {self.means(step.kind)}" if step.kind in self.words and step.kind != "unsure" else ""
        return f"{clean(step.name)}: {', '.join(step.shown.splitlines())}{says}."

def read_bridge(result: GapDecomposition) -> Bridge:
    """Bring a gap with parts to the steps of a bridge."""
    pair, unit = result.pair, unit_of(result.pair.row.metric)
    group, reference = ends_of(result)
    inputs = sorted((part for part in result.parts if part.kind == "input"), key=lambda part: -abs(part.contribution))
    kept = len(inputs) if len(inputs) <= MOST + 1 else MOST
    words = words_of(result)
    walk = _Walk(unit, _signs(result), words["unsure"], pair.row.value)
    steps = walk.take(inputs[:kept])
    pooled: tuple[Step, ...] = ()
    if inputs[kept:]:
        pooled = tuple(_Walk(unit, walk.signs, walk.unsure, walk.at).take(inputs[kept:]))
        steps.append(walk.pool(inputs[kept:]))
    steps += walk.take([part for part in result.parts if part.kind != "input"])
    way = f"from {group.name} to {reference.name}"
    share = share_of(result.confidence)
    counted = f", in {unit.word} ({unit.short.strip()})" if unit.word else ""
    word = f" {unit.word}" if unit.word else ""
    return Bridge(
        title=title_of(result),
        caution=result.caution,
        heading=f"What closes the gap {way}: each bar takes off what one input carries",
        rate=rate_of(result),
        axis=f"{pair.row.metric.label}. Beside each bar: what the input carries{counted}, which the bar takes off, + to the left and - to the right;"
        f" whiskers are {share} intervals, each by itself",
        gap=f"gap, {group.name} less {reference.name}: {unit.signed(pair.change)}{word} ({unit.signed(pair.lower)} to {unit.signed(pair.upper)})",
        group=group,
        reference=reference,
        steps=tuple(steps),
        pooled=pooled,
        method=result.method,
        scale=scale_of(result),
        words=words,
    )


def words_of(result: GapDecomposition) -> dict[Kind, str]:
    """What each kind of bar says: of the gap where its sign is known, else of the number of the group."""
    number = f"{lowered(result.pair.row.metric.label)} of the group"
    together = FEW if result.status == "small" else f"allowing for all inputs{' and gaps' if result.compared > 1 else ''}"
    return {kind: f"{text.format(number=number)}{f', {together}' if kind == 'unsure' else ''}" for kind, text in LEGEND.items()}


def _signs(result: GapDecomposition) -> tuple[Kind, Kind] | None:
    """What a part above 0 does, and one below: nothing for sure where people are few."""
    if result.status != "ok":
        return None
    if not (result.gap_lower > 0 or result.gap_upper < 0):
        return "raises", "lowers"
    return ("widens", "narrows") if result.gap > 0 else ("narrows", "widens")


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
    """The way from the group to the reference, on which each contribution is taken off; what is printed has the sign of the table."""

    unit: Unit
    signs: tuple[Kind, Kind] | None
    unsure: str
    at: float

    def take(self, parts: Sequence[Part]) -> list[Step]:
        """One step per part."""
        return [
            self._unused(part.feature) if part.kind == "input" and part.contribution == part.lower == part.upper == 0
            else self._step(part.feature, (part.contribution, part.lower, part.upper), part.is_clear)
            for part in parts
        ]  # fmt: skip

    def pool(self, parts: Sequence[Part]) -> Step:
        """All smaller inputs in one step. Standard errors add up at most, so the sums of the limits are at least as wide as needed."""
        value, low, high = (sum(getattr(part, name) for part in parts) for name in ("contribution", "lower", "upper"))
        name = f"{len(parts)} other inputs"
        return self._step(name, (value, low, high), low > 0 or high < 0, "at most ") if low < high else self._unused(name)

    def _unused(self, name: str) -> Step:
        """An input that the model provably ignores has no bar."""
        nothing = self.unit.write(0.0)
        shown = f"{self.unit.signed(0.0)}{self.unit.short} ({nothing} to {nothing}), {UNUSED}"
        return Step(name, self.at, self.at, self.at, self.at, shown, "unused")

    def _step(self, name: str, change: tuple[float, float, float], sure: bool, bound: str = "") -> Step:
        value, low, high = change
        start, unit = self.at, self.unit
        self.at = start - value
        ends = (name, start, self.at, start - high, start - low)
        shown = f"{unit.signed(value)}{unit.short} ({bound}{unit.write(low)} to {unit.write(high)})"
        if not sure or self.signs is None:
            return Step(*ends, f"{shown}\n{self.unsure}", "unsure")
        return Step(*ends, shown, self.signs[value < 0])
