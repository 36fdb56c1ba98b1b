"""Swarm: contributions of people as dots, each of which stands for several; the one form of single rows that readers may see."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from .._html import Cell, escape, table
from .._levels import name_of
from .._protect import PROFILES, Profile
from .._remarks import INTERNAL
from .._result import Query, Result
from ..exceptions import BadValue
from ..metrics._sentence import label_of
from ._decomposition import CAUTION
from ._explained_words import written
from ._explanation import Contribution, Explanation
from ._values import Group, Places, Values

if TYPE_CHECKING:
    import pandas as pd

MOST_DOTS = 40
"""Dots of the largest group, from which on each stands for more people."""
_NEVER_ONE = 2
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Dots:
    """The dots of one group and input, by ascending contribution.

    Attributes
    ----------
    contributions : array of float
        Mean contribution of the people of each dot.
    people : array of int
        How many they are.
    ranks : array of float
        Their mean place among all values of the input: 0 the lowest, 1 the highest. NaN where one of them has no value, or the input
        holds no numbers.
    levels : tuple of (str or None)
        The level that all of them have, where the input holds levels; None where they differ, or one has none.
    """

    contributions: Numbers
    people: Places
    ranks: Numbers
    levels: tuple[str | None, ...]

    def __len__(self) -> int:
        return len(self.contributions)


@dataclass(frozen=True, eq=False, repr=False)
class Swarm(Result):
    """Contributions as dots, by group and input. Made by `Values.swarm`.

    People of a group are put in the order of their contribution and cut into blocks of neighbours; a dot is the mean of a block. In the
    profile "restricted" a block has at least ``spec.suppress_below`` people, and never one; in "internal" each person is a dot.

    Attributes
    ----------
    explanation : Explanation
        The means of the same people, with the rates of their groups; published, unless the profile is "internal".
    profile : "restricted" or "internal"
        Who may see it.
    dots : mapping of group to mapping of input to Dots
        The groups that are shown.
    least : int
        People that a dot stands for at least.
    left_out : tuple of (group, reason)
        The groups that have no dots, and why.
    numbers : tuple of str
        The inputs that hold numbers; the others hold levels.
    """

    explanation: Explanation
    profile: Profile
    dots: Mapping[Group, Mapping[str, Dots]]
    least: int
    left_out: tuple[tuple[Group, str], ...]
    numbers: tuple[str, ...] = ()
    query: Query | None = field(default=None)

    caution: ClassVar[str] = CAUTION

    @property
    def banner(self) -> str:
        """What has to stand first in everything that leaves; empty unless the profile is "internal"."""
        return INTERNAL if self.profile == "internal" else ""

    @property
    def sentence(self) -> str:
        """What moved the model's answer most in each group, on average, or what the data cannot tell."""
        return self.explanation.sentence

    @property
    def told(self) -> str:
        """What a dot is, in words."""
        person, people = (self.explanation.spec.word(name) for name in ("person", "persons"))
        if self.profile == "internal":
            return f"Each dot is one {person}."
        sizes = [int(n) for found in self.dots.values() for one in found.values() for n in one.people]
        least, most = min(sizes, default=self.least), max(sizes, default=self.least)
        count = f"{least:,}" if least == most else f"{least:,} to {most:,}"
        weighed = " Weights count in the means with intervals, not in the dots." if self.explanation.spec.sample_weight is not None else ""
        return f"Each dot is the mean of {count} {people} of a group whose contributions are neighbours, never one {person}.{weighed}"

    def rows_of(self, group: Group) -> Mapping[str, Contribution]:
        """The means of one group, by input."""
        return self.explanation.by_feature()[group]

    def to_frame(self) -> pd.DataFrame:
        """Give one row per dot: the grouping columns, feature, contribution, people, rank (0 lowest, 1 highest value), level.

        Examples
        --------
        >>> import pandas as pd, fairlens as fl
        >>> X = pd.DataFrame({"income": [20, 30, 40, 50] * 30, "zip": ["n", "s"] * 60})
        >>> audit = fl.audit(X, model=lambda rows: rows["income"] / 100, threshold=0.3, sensitive_features={"sex": ["f", "f", "m"] * 40})
        >>> swarm = fl.explain(audit, background=X, keep_values=True, progress=False).values.swarm()
        >>> swarm.to_frame()[["sex", "feature", "people"]].value_counts(sort=False).reset_index().values.tolist()
        [['f', 'income', 10, 8], ['f', 'zip', 10, 8], ['m', 'income', 10, 4], ['m', 'zip', 10, 4]]
        """
        import pandas as pd

        parts = [(group, name, one) for group, found in self.dots.items() for name, one in found.items()]
        columns: dict[str, Any] = {
            name: [group[j] for group, _, one in parts for _ in range(len(one))] for j, name in enumerate(self.explanation.attributes)
        }
        columns["feature"] = [name for _, name, one in parts for _ in range(len(one))]
        for name, attribute in (("contribution", "contributions"), ("people", "people"), ("rank", "ranks")):
            columns[name] = np.concatenate([getattr(one, attribute) for _, _, one in parts]) if parts else []
        columns["level"] = pd.Series([level for _, _, one in parts for level in one.levels], dtype=object)
        return pd.DataFrame(columns)

    def to_dict(self) -> dict[str, Any]:
        """Give the dots as plain data, with the profile that they were made for."""
        left = [[list(group), reason] for group, reason in self.left_out]
        return {**super().to_dict(), "profile": self.profile, "banner": self.banner, "least": self.least, "left_out": left, "caution": self.caution}

    def html(self) -> str:
        """Give one line per group and input as an HTML table: the mean, how many people and dots, and where these lie."""
        found = self.explanation
        share = f"{round(100 * found.confidence, 4):g} %"
        headers = [*found.attributes, "input", f"mean contribution in {found.unit} ({share} interval)", "n", "dots", "lowest dot", "highest dot"]
        lines: list[list[object]] = []
        for group, inputs in self.dots.items():
            rows = self.rows_of(group)
            for name, dots in inputs.items():
                row, ends = rows[name], [float(dots.contributions[at]) for at in (0, -1)]
                mean, n = Cell(mean_written(row, found), row.mean), Cell("–" if row.n is None else f"{row.n:,}", row.n)
                lines.append([*map(str, group), name, mean, n, Cell(f"{len(dots):,}", len(dots)), *(Cell(signed(end, found), end) for end in ends)])
        banner = f"<p><b>{escape(self.banner)}</b></p>" if self.banner else ""
        left = "".join(f"<p><small>{escape(text)}</small></p>" for text in (self.told, *self.absent, *found.notes, self.caution))
        return f"{banner}{table(headers, lines, len(found.attributes) + 1)}{left}"

    @property
    def absent(self) -> tuple[str, ...]:
        """Who has no dots and why, in words."""
        return tuple(f"Not shown: {label_of(group)} ({reason})." for group, reason in self.left_out)

    def __repr__(self) -> str:
        size = sum(len(one) for found in self.dots.values() for one in found.values())
        return "\n".join([*([self.banner] if self.banner else []), self.sentence, f"{size:,} dots; to_frame() has them. {self.told}", *self.absent, *self.explanation.notes, self.caution])


def signed(value: float, found: Explanation) -> str:
    """Write a contribution with its sign, without its unit."""
    shown = written(value, found.output, found.spec, bare=True)
    return shown if shown.startswith("-") or not float(shown) else f"+{shown}"


def mean_written(row: Contribution, found: Explanation) -> str:
    """Write a mean with its limits."""
    limits = "no interval" if math.isnan(row.lower) else f"{signed(row.lower, found)} to {signed(row.upper, found)}"
    return f"{signed(row.mean, found)} ({limits})"


def make_swarm(values: Values, profile: Profile = "restricted") -> Swarm:
    """Bring the rows of people to dots; see `Values.swarm`."""
    if profile not in PROFILES:
        raise BadValue(
            f"`profile` is {profile!r}.",
            f"There are: {', '.join(PROFILES)}.",
            hint='explained.values.plot(profile="restricted")',
            role="profile",
            value=profile,
        )
    internal = profile == "internal"
    found, members = (values.raw, values.members) if internal else (values.shown, values.known)
    floor = 1 if internal else max(found.spec.suppress_below, _NEVER_ONE)
    left, drawn = [], {}
    first = {row.group: row for row in reversed(found.rows)}
    for group in found.groups:
        row = first[group]
        some = members.get(group, np.zeros(0, np.int64))
        if row.status in ("suppressed", "undefined"):
            left.append((group, f"{row.status}: {row.reason}"))
        elif len(some) < floor:
            left.append((group, f"suppressed: fewer than {floor} {found.spec.word('persons')} were explained"))
        else:
            drawn[group] = some
    largest = max(map(len, drawn.values()), default=0)
    least = 1 if internal else max(floor, -(-largest // MOST_DOTS))
    everybody = np.unique(np.concatenate(list(drawn.values()))) if drawn else np.zeros(0, np.int64)
    dots: dict[Group, dict[str, Dots]] = {group: {} for group in drawn}
    for j, name in enumerate(values.features):
        ranks, codes = _colours(values, j, everybody)
        for group, some in drawn.items():
            dots[group][name] = _dots(values.contributions[some, j].astype(float), ranks[some], codes[some], values.levels[j], least)
    numbers = tuple(name for name, levels in zip(values.features, values.levels, strict=True) if levels is None)
    return Swarm(found, profile, dots, least, tuple(left), numbers)


def _colours(values: Values, j: int, everybody: Places) -> tuple[Numbers, Numbers]:
    """By row: the rank of a number among those of everybody who is shown, and the code of a level; NaN where there is none."""
    inputs = values.inputs[:, j].astype(float)
    nothing = np.full(len(inputs), np.nan)
    if values.levels[j] is not None:
        return nothing, inputs
    known = everybody[~np.isnan(inputs[everybody])]
    if len(known):
        _, at, counts = np.unique(inputs[known], return_inverse=True, return_counts=True)
        middle = np.cumsum(counts) - (counts + 1) / 2
        span = middle[-1] - middle[0]
        nothing[known] = ((middle - middle[0]) / span if span else np.full(len(middle), 0.5))[at]
    return nothing, np.full(len(inputs), np.nan)


def _dots(contributions: Numbers, ranks: Numbers, codes: Numbers, levels: Sequence[Any] | None, least: int) -> Dots:
    """Cut people into blocks of neighbours of about equal size, none smaller than `least`; people with equal values stay together."""
    order = np.lexsort((codes, ranks, contributions))
    blocks = np.array_split(order, max(len(order) // least, 1))
    names: list[str | None] = []
    for block in blocks:
        one = codes[block[0]]
        same = levels is not None and not math.isnan(one) and bool((codes[block] == one).all())
        names.append(name_of(levels[int(one)]) if same and levels is not None else None)
    return Dots(
        np.array([contributions[block].mean() for block in blocks]),
        np.array([len(block) for block in blocks], np.int64),
        np.array([ranks[block].mean() for block in blocks]),
        tuple(names),
    )
