"""What a beeswarm shows: dots by input and group, their colours, and the same in words. Draws nothing."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_hex

from ..explanations import Contribution
from ..explanations._explained_words import describe, warn, written
from ..explanations._swarm import Dots, Numbers, Swarm, mean_written, signed
from ..explanations._values import Group
from ..metrics import GroupRow
from ..metrics._sentence import label_of
from ..metrics._write import written as rate_written
from ._groups import FEW, count_of, share_of
from ._text import clean, short
from ._theme import BLUE, GREEN, ORANGE, PAPER, PURPLE, SKY, SOFT

MOST_GROUPS, MOST_INPUTS = 4, 8
_MOST_NAMED, _ORDERED = 6, 0.5
_LEVEL = 18


@dataclass(frozen=True, slots=True)
class Look:
    """How a dot looks: marker, its size against a circle's, and its colour; None where the colour tells the rank of a number."""

    marker: str
    size: float
    face: str | None
    told: str


_CORNERS = 0.7
"""Markers with corners are drawn smaller, so that they stay inside the circle that is kept free for a dot."""
_SHAPES = (("o", 1.0, BLUE), ("s", _CORNERS, ORANGE), ("^", _CORNERS, GREEN), ("D", _CORNERS, PURPLE), ("v", _CORNERS, SKY))
_OTHER = ("X", 0.88, SOFT)
_RING = 0.55


@dataclass(frozen=True, slots=True)
class Band:
    """The dots of one group at one input, and their mean."""

    name: str
    row: Contribution
    dots: Dots
    mean: str
    looks: tuple[int, ...]
    words: str

    @property
    def label(self) -> str:
        """What stands on the left."""
        return f"{short(self.name)}\n{count_of(self.row.n)} explained"

    @property
    def line(self) -> str:
        """The same on one line, for axes of somebody else's size."""
        return f"{short(self.name).splitlines()[0]}, {count_of(self.row.n)}"

    @property
    def shown(self) -> str:
        """What stands on the right."""
        return f"{self.mean}\n{FEW}" if self.row.status == "small" else self.mean


@dataclass(frozen=True, slots=True)
class Section:
    """One input: a band per group, and what its dots look like."""

    name: str
    bands: tuple[Band, ...]
    looks: tuple[Look, ...]

    @property
    def key(self) -> list[tuple[Look, str]]:
        """Each look with its colour, for those that occur; pale and dark for numbers."""
        used = {k for band in self.bands for k in band.looks}
        found: list[tuple[Look, str]] = []
        for k, look in enumerate(self.looks):
            if k in used and look.face is not None:
                found.append((look, look.face))
            elif k in used:
                found += [(Look(look.marker, look.size, None, f"{told} values"), shade(rank)) for told, rank in (("low", 0.0), ("high", 1.0))]
        return found


@dataclass(frozen=True, slots=True)
class Beeswarm:
    """The whole picture in data."""

    banner: str
    title: str
    axis: str
    caution: str
    sections: tuple[Section, ...]
    rates: tuple[GroupRow, ...]
    rate: str
    mean: str
    unit: str
    is_in_points: bool

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest number to draw, 0 among them."""
        found = [0.0]
        for band in (band for section in self.sections for band in section.bands):
            found += [band.row.mean, float(band.dots.contributions[0]), float(band.dots.contributions[-1])]
            found += [end for end in (band.row.lower, band.row.upper) if not math.isnan(end)]
        return min(found), max(found)

    @property
    def rates_told(self) -> list[str]:
        """The rates in words."""
        return [
            f"{clean(label_of(row.group))}: {f'{row.status}: {row.reason}' if math.isnan(row.value) else rate_written(row.metric, row.value, row.lower, row.upper)},"
            f" {count_of(row.n)}."
            for row in self.rates
        ]

    @property
    def alt(self) -> str:
        """The picture in words."""
        lines = [*([self.banner] if self.banner else []), clean(self.title), self.caution, f"{clean(self.axis)}"]
        if self.rates:
            lines += [f"{clean(self.rate)}:", *self.rates_told]
        for section in self.sections:
            lines += [f"{clean(section.name)}:", *(f"{clean(band.name)}, {band.words}." for band in section.bands)]
        return "\n".join(lines)


def shade(rank: float) -> str:
    """The colour of a rank: pale for low values, dark for high ones, in grey too."""
    return to_hex(colormaps["cividis"](1.0 - 0.97 * rank))


def read_swarm(result: Swarm) -> Beeswarm:
    """Bring dots to sections and bands: the inputs that move most, the groups with most people."""
    found, known = result.explanation, result.explanation.by_feature()
    people = {group: total or n or 0 for group, n, total in found.sampled}
    ranked = sorted(result.dots, key=lambda group: -people.get(group, 0))[:MOST_GROUPS]
    groups = [group for group in result.dots if group in ranked]
    size = {name: max((known[group][name].mean_abs for group in groups), default=0.0) for name in found.features}
    inputs = sorted(size, key=lambda name: -size[name])[:MOST_INPUTS]
    rows = [row for row in found.rows if row.group in ranked]
    told = [row for row in rows if row.status == "ok"]
    rates = {} if found.rates is None else {row.group: row for row in found.rates.rows}
    drawn = tuple(rates[group] for group in groups if group in rates)
    heading = f"{drawn[0].metric.label}, {share_of(found.rates.confidence)} intervals" if drawn and found.rates is not None else ""
    return Beeswarm(
        banner=result.banner,
        title=found.within + describe(told or rows, [row for row in found.supported if row.group in ranked], found.output, found.spec, found.base_of or "the background") + warn(found.warned),
        axis=_axis(result, len(result.dots) - len(groups), len(size) - len(inputs)),
        caution=result.caution,
        sections=tuple(_section(result, name, groups, known) for name in inputs) if groups else (),
        rates=drawn,
        rate=heading,
        mean=f"mean ({share_of(found.confidence)} interval)",
        unit=f"Contribution in {found.unit}",
        is_in_points=found.is_in_points,
    )


def _axis(result: Swarm, groups: int, inputs: int) -> str:
    found = result.explanation
    what = " to the decision" if found.output == "decision" else ""
    setting = f", {found.setting}" if found.setting else ""
    base = written(found.base, found.output, found.spec)
    more = [f"{count} more {word}{'' if count == 1 else 's'}" for count, word in ((groups, "group"), (inputs, "input")) if count]
    return " ".join([
        f"Contribution{what} in {found.unit}{setting}, by {found.method_name}: right of 0 raises it, left lowers it, against a mean answer of {base} for {found.against}.",
        result.told,
        "Low and high values are told by their rank among all that are shown.",
        f"Diamonds are means with {share_of(found.confidence)} intervals, each by itself, of the n {found.spec.word('persons')} who were explained; a hollow one is of few.",
        *_absent(result),
        *found.warnings,
        *([f"In the table only: {' and '.join(more)}."] if more else []),
    ])  # fmt: skip


def _absent(result: Swarm) -> list[str]:
    """Who is not drawn, by reason."""
    named: dict[str, list[str]] = {}
    for group, reason in result.left_out:
        named.setdefault(reason, []).append(label_of(group))
    return [
        f"Not drawn ({reason}): {', '.join(names[:_MOST_NAMED])}{f' and {len(names) - _MOST_NAMED} more' if len(names) > _MOST_NAMED else ''}."
        for reason, names in named.items()
    ]


def _section(result: Swarm, name: str, groups: Sequence[Group], known: Mapping[Group, Mapping[str, Contribution]]) -> Section:
    """One input: the levels with most people get looks of their own."""
    dots = {group: result.dots[group][name] for group in groups}
    weight: Counter[str] = Counter()
    for one in dots.values():
        for level, n in zip(one.levels, one.people.tolist(), strict=True):
            if level is not None:
                weight[level] += n
    own = [level for level, _ in weight.most_common(len(_SHAPES))]
    left = len(weight) - len(own)
    looks = [Look("o", 1.0, None, "")]
    looks += [Look(*shape, short(level, _LEVEL).replace("\n", " ")) for shape, level in zip(_SHAPES, own, strict=False)]
    looks += [Look(*_OTHER, f"{left} more {'level' if left == 1 else 'levels'}")]
    is_number = name in result.numbers
    if result.profile == "internal":
        looks.append(Look("o", _RING, PAPER, "no value"))
    else:
        looks.append(Look("o", _RING, PAPER, "no value for some" if is_number else "several levels, or none"))
    place = {level: k for k, level in enumerate(own, 1)}
    last = len(looks) - 1

    def look_of(one: Dots) -> tuple[int, ...]:
        ranks = one.ranks.tolist()
        return tuple(
            0 if not math.isnan(rank) else last if level is None else place.get(level, last - 1) for rank, level in zip(ranks, one.levels, strict=True)
        )

    bands = []
    for group in groups:
        row, at = known[group][name], look_of(dots[group])
        bands.append(Band(label_of(group), row, dots[group], mean_written(row, result.explanation), at, _words(result, row, dots[group], at, looks)))
    return Section(name, tuple(bands), tuple(looks))


def _words(result: Swarm, row: Contribution, dots: Dots, at: tuple[int, ...], looks: Sequence[Look]) -> str:
    """One band in words: the mean, where the dots lie, and which values lie where."""
    found = result.explanation
    few = f", {FEW}" if row.status == "small" else ""
    ends = f"from {signed(float(dots.contributions[0]), found)} to {signed(float(dots.contributions[-1]), found)}"
    said = [f"{count_of(row.n)} explained{few}, mean {mean_written(row, found)}", f"{len(dots):,} {'dot' if len(dots) == 1 else 'dots'} {ends}"]
    for k, look in enumerate(looks):
        where = [i for i, own in enumerate(at) if own == k]
        if where and k == 0:
            said.append(_order(dots.contributions[where], dots.ranks[where]))
        elif where:
            low, high = (signed(float(dots.contributions[i]), found) for i in (where[0], where[-1]))
            said.append(f"{look.told}: {len(where):,} from {low} to {high}")
    return "; ".join(part for part in said if part)


def _places(numbers: Numbers) -> Numbers:
    """The place of each number in their order; equal ones share the middle of theirs."""
    _, at, counts = np.unique(np.round(numbers, 9), return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts + 1) / 2)[at], float)


def _order(contributions: Numbers, ranks: Numbers) -> str:
    """Whether values of the input rise or fall from the lowest dot to the highest."""
    places = [_places(part) for part in (contributions, ranks)]
    if len(ranks) < 3 or any(np.ptp(part) == 0 for part in places):
        return ""
    alike = float(np.corrcoef(places[0], places[1])[0, 1])
    return f"values {'rise' if alike > 0 else 'fall'} with the contribution" if abs(alike) > _ORDERED else "no clear order of values"
