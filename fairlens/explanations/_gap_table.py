"""GapTable: the gaps of several groups, decomposed by one pass of predictions, with intervals that hold for all of them together."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from .._html import escape
from .._levels import ALL, Level
from .._result import Query, Result
from ..exceptions import LevelNotFound, listed
from ..metrics._sentence import label_of
from ._decomposition import CAUTION, GapDecomposition, Group, not_held
from ._words import reference_of, unit_of

if TYPE_CHECKING:
    import pandas as pd


COLUMNS = (
    "reference", "feature", "contribution", "lower", "upper", "simultaneous_lower", "simultaneous_upper", "share", "n", "gap", "status", "reason",
)  # fmt: skip
"""Columns of the frame, after those of the groups."""


@dataclass(frozen=True, repr=False)
class GapTable(Result):
    """Which inputs carry the gap of each of several groups. Made by `decompose_gap` for a list of groups, or for all.

    Attributes
    ----------
    attributes : tuple of str
        The group columns.
    gaps : tuple of GapDecomposition
        One per group. Their simultaneous intervals, and so what they call supported, allow for all groups and all inputs.
    steps : tuple of GapTable
        The same gaps at each threshold that was asked for.
    """

    attributes: tuple[str, ...]
    gaps: tuple[GapDecomposition, ...]
    query: Query | None = field(default=None, compare=False)
    for_readers: GapTable | None = field(default=None, compare=False)
    steps: tuple[GapTable, ...] = field(default=(), compare=False)

    caution: ClassVar[str] = CAUTION

    def __iter__(self) -> Iterator[GapDecomposition]:
        return iter(self.gaps)

    def __len__(self) -> int:
        return len(self.gaps)

    def of(self, group: Level | Group) -> GapDecomposition:
        """Give the gap of one group: a level, or a tuple of levels where columns are crossed.

        Raises
        ------
        LevelNotFound
            If no gap of this group was asked for.
        """
        for gap in self.gaps:
            if gap.group == group or gap.pair.row.group == group:
                return gap
        raise LevelNotFound(
            f"The gap of {group!r} was asked for.",
            f"There are gaps of: {listed(gap.group for gap in self.gaps)}.",
            hint=f"table.of({self.gaps[0].group!r})",
            role="group",
            value=group,
        )

    @property
    def thresholds(self) -> tuple[float, ...]:
        """The thresholds at which the gaps were decomposed, ascending."""
        return self.gaps[0].thresholds

    @property
    def closes(self) -> bool:
        """Whether the contributions of every gap that has any add up to it within 1e-9."""
        return all(gap.closes for gap in self.gaps if gap.has_parts)

    def at(self, threshold: float) -> GapTable:
        """Give the gaps and their parts at another threshold, from the same predictions.

        Raises
        ------
        ThresholdNotHeld
            If this threshold was not asked for.
        """
        for step in (*self.steps, self):
            if step.gaps[0].threshold == threshold:
                return step
        raise not_held(threshold, self.thresholds)

    def to_frame(self) -> pd.DataFrame:
        """Give one row per group and input: the grouping columns, reference, feature, contribution, its limits, share, n, gap, status, reason.

        The simultaneous limits hold for all rows together.

        Examples
        --------
        >>> import pandas as pd, fairlens as fl
        >>> X = pd.DataFrame({"income": [20, 30, 40, 50] * 30, "zip": ["n", "s"] * 60})
        >>> model = lambda rows: (rows["income"] >= 35).astype(int)
        >>> audit = fl.audit(X, model=model, sensitive_features={"race": ["a", "a", "b", "c", "b", "c"] * 20})
        >>> gaps = fl.decompose_gap(audit, reference="a", random_state=0)
        >>> gaps.to_frame()[["race", "reference", "feature"]].values.tolist()
        [['b', 'a', 'income'], ['b', 'a', 'zip'], ['c', 'a', 'income'], ['c', 'a', 'zip']]
        """
        import pandas as pd

        rows = [(gap, part) for gap in self.gaps for part in gap.parts]
        columns: dict[str, Any] = {
            name: [dict(zip(gap.attributes, gap.pair.row.group, strict=True)).get(name, ALL) for gap, _ in rows] for name in self.attributes
        }
        columns["reference"] = pd.Series([gap.reference for gap, _ in rows], dtype=object)
        for name in ("feature", "contribution", "lower", "upper", "simultaneous_lower", "simultaneous_upper"):
            columns[name] = [getattr(part, name) for _, part in rows]
        columns["share"] = [part.contribution / gap.gap + 0.0 if gap.gap else math.nan for gap, part in rows]
        sizes = [part.n for _, part in rows]
        columns["n"] = pd.array(sizes, dtype="Int64") if None in sizes else sizes
        for name in ("gap", "status", "reason"):
            columns[name] = [getattr(gap, name) for gap, _ in rows]
        return pd.DataFrame(columns)

    def to_dict(self) -> dict[str, Any]:
        """Give the gaps as plain data, with None for undefined. Raw: nothing is hidden in it."""
        steps = {"thresholds": [step.to_dict() for step in self.steps]} if self.steps else {}
        return {
            "kind": type(self).__name__,
            "attributes": list(self.attributes),
            "gaps": [replace(gap, steps=()).to_dict() for gap in self.gaps],
            "caution": self.caution,
            **steps,
        }

    def published(self) -> GapTable:
        """Give the same answer from what may be published: over the published people, or without numbers."""
        return self if self.for_readers is None else self.for_readers

    @property
    def sentence(self) -> str:
        """The largest gap that the data support and who carries it, or that they cannot tell; and the groups that are left out."""
        answer = self.published()
        able, sure = answer._able
        left = [f"{label_of(gap.pair.row.group)} ({gap.status})" for gap in answer.gaps if gap.status != "ok"]
        tail = f" Left out: {'; '.join(left)}." if 0 < len(left) <= 3 else f" Left out: {len(left)} groups." if left else ""
        if not able:
            return f"Cannot tell: there is no gap that can be decomposed.{tail}"
        widest = answer.largest
        assert widest is not None
        if sure:
            counted = f" It is the largest of {len(able)} gaps." if len(able) > 1 else ""
            return f"{widest.sentence}{counted}{tail}"
        unit = unit_of(widest.pair.row.metric)
        interval = f"{unit.signed(widest.gap)}{f' {unit.word}' if unit.word else ''}, {unit.signed(widest.gap_lower)} to {unit.signed(widest.gap_upper)} by itself"
        if len(able) == 1:
            interval = interval.removesuffix(" by itself")
            return f"{widest.within}Cannot tell: the gap of {label_of(widest.pair.row.group)} to {reference_of(widest.pair)} is not clear of 0 ({interval}).{tail}"
        return (
            f"{widest.within}Cannot tell: none of the {len(able)} gaps is clear of 0, allowing for all of them;"
            f" the largest is that of {label_of(widest.pair.row.group)} to {reference_of(widest.pair)} ({interval}).{tail}"
        )

    @property
    def largest(self) -> GapDecomposition | None:
        """The gap that the sentence is about: the largest of those that are clear of 0, else of all; None where there is none."""
        able, sure = self._able
        return max(sure or able, key=lambda gap: round(abs(gap.gap), 12), default=None)

    @property
    def _able(self) -> tuple[list[GapDecomposition], list[GapDecomposition]]:
        """The gaps that can be compared, and those that are clear of 0, allowing for all of them."""
        able = [gap for gap in self.gaps if gap.status == "ok"]
        return able, [gap for gap in able if gap.pair.p_value * len(able) <= 1 - gap.confidence]

    def html(self) -> str:
        """Give the published contributions, a table per group."""
        answer = self.published()
        made = [_without_caution(gap, last=gap is answer.gaps[-1]) for gap in answer.gaps]
        return "".join(made)

    def __repr__(self) -> str:
        return f"{super().__repr__()}\n{self.caution}"


def _without_caution(gap: GapDecomposition, *, last: bool) -> str:
    """The table of one gap; how it was found and the caution once, under the last."""
    shown = gap.html()
    if not gap.has_parts:
        name = f"{label_of(gap.pair.row.group)} less {reference_of(gap.pair)}"
        return f"<p>{escape(name)}: {shown.removeprefix('<p>')}"
    return shown if last else shown[: shown.rindex("<p><small>")]


def table_of(attributes: tuple[str, ...], gaps: list[GapDecomposition]) -> GapTable:
    """Put raw gaps and those for readers into tables."""
    shown = tuple(gap.published() for gap in gaps)
    return GapTable(attributes, tuple(gaps), for_readers=GapTable(attributes, shown))


def with_steps(made: list[Any], main: int, put: Callable[[Any, tuple[Any, ...]], Any]) -> Any:
    """Give the answer of the main threshold with those of all thresholds, raw and for readers."""
    whole = put(made[main], tuple(made))
    return replace(whole, for_readers=put(whole.published(), tuple(one.published() for one in made)))
