"""What a bridge shows: the two rates, and the steps that lead from the group's to the reference's. Draws nothing."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Literal

from .._html import fixed, points
from .._levels import ALL
from ..explanations import GapDecomposition
from ..explanations._decomposition import Part
from ..explanations._words import describe
from ..metrics._sentence import TEXTS, label_of
from ._groups import UNSURE, group_row, share_of
from ._rows import Row
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
    """The whole picture in data; `pooled` are the single inputs behind the last step."""

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
            lines += [f"{self.steps[-1].name}, one by one:", *map(_told, self.pooled)]
        return "\n".join([*lines, f"{clean(self.axis)}.", self.method])


def _told(step: Step) -> str:
    says = "" if step.kind == "unsure" else f", {LEGEND[step.kind]}"
    return f"{clean(step.name)}: {step.shown}{says}."


def read_bridge(result: GapDecomposition) -> Bridge:
    """Bring a gap with parts to the steps of a bridge."""
    pair = result.pair
    group, reference = ends_of(result)
    ranked = sorted(result.parts, key=lambda part: -abs(part.contribution))
    kept = len(ranked) if len(ranked) <= MOST + 1 else MOST
    down = pair.change > 0
    sure = {part.feature for part in result.supported}
    steps = _walk(ranked[:kept], pair.row.value, down, sure)
    pooled: tuple[Step, ...] = ()
    if ranked[kept:]:
        at = steps[-1].end
        pooled = tuple(_walk(ranked[kept:], at, down, sure))
        steps.append(_pool(ranked[kept:], at, down))
    way = f"from {group.name} to {reference.name}"
    share = share_of(result.confidence)
    return Bridge(
        title=title_of(result),
        caution=result.caution,
        heading=f"What closes the gap {way}",
        rate=rate_of(result),
        axis=f"{pair.row.metric.label}. Each bar is what one input adds {way}, in points (pts); whiskers are {share} intervals",
        gap=f"gap, {group.name} less {reference.name}: {points(pair.change)} points ({points(pair.lower)} to {points(pair.upper)})",
        group=group,
        reference=reference,
        steps=tuple(steps),
        pooled=pooled,
        method=result.method,
    )


def title_of(result: GapDecomposition) -> str:
    """Say the gap and the one input that carries most of it; the bars say the rest."""
    along = [part for part in result.supported if part.contribution * result.gap > 0]
    named = [
        (part.feature, part.contribution, part.lower, part.upper) for part in (along or result.supported)[:1]
    ]
    return result.within + describe(result.pair, result.spec, named, has_parts=True, is_alike=result.is_alike)


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


def _walk(parts: Sequence[Part], at: float, down: bool, sure: Set[str]) -> list[Step]:
    """One step per part: the way goes from the group to the reference, so each contribution is taken off."""
    steps = []
    for part in parts:
        change = (-part.contribution, -part.upper, -part.lower)
        steps.append(_step(part.feature, at, change, down, part.feature in sure))
        at = steps[-1].end
    return steps


def _step(
    name: str, at: float, change: tuple[float, float, float], down: bool, sure: bool, bound: str = ""
) -> Step:
    value, low, high = change
    kind: Kind = "unsure" if not sure else "widens" if (value < 0) == down else "narrows"
    shown = f"{points(value)} pts ({bound}{fixed(100 * low, 1)} to {fixed(100 * high, 1)})"
    return Step(
        name, at, at + value, at + low, at + high, f"{shown}, {UNSURE}" if kind == "unsure" else shown, kind
    )


def _pool(parts: Sequence[Part], at: float, down: bool) -> Step:
    """All smaller inputs in one step. Standard errors add up at most, so the sums of the limits are at least as wide as needed."""
    value = -sum(part.contribution for part in parts)
    low, high = -sum(part.upper for part in parts), -sum(part.lower for part in parts)
    return _step(f"{len(parts)} other inputs", at, (value, low, high), down, low > 0 or high < 0, "at most ")
