"""One view in Python: the numbers, the sentence and the words that the browser's must equal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .._levels import name_of
from .._protected import ProtectedAudit
from .._thresholds import GroupThresholds
from ..disparities import adjust
from ..exceptions import OneGroup
from ..metrics import DifferenceTable, GroupRow, PairRow, RatioTable
from ..metrics._disparity import Word
from ..metrics._results import Group, comparisons
from ..metrics._sentence import compare as told_difference
from ..metrics._sentence import within_of
from ..texts import Texts
from ._choices import Choices
from ._criteria import Strip
from ._filled import filled
from ._state import State
from ._why import Shown


@dataclass(frozen=True, slots=True)
class Changed:
    """One number that compares, with its interval and status."""

    value: float
    lower: float
    upper: float
    status: str
    reason: str


Column = tuple[str, Mapping[Group, Changed], Callable[[float], str]]
"""A name among the labels, the numbers by group, and how one is written."""


@dataclass(frozen=True, eq=False)
class View:
    """The answers of one state of a panel; each is measured when it is first asked for."""

    choices: Choices
    state: State
    strip: Strip | None = field(default=None, repr=False)
    why: Shown | None = field(default=None, repr=False)

    @property
    def confidence(self) -> float:
        """Of every interval."""
        return self.choices.confidence

    @property
    def texts(self) -> Texts:
        """The words of the panel."""
        return self.choices.texts

    @property
    def labels(self) -> Mapping[str, str]:
        """Controls, headings and states of cells."""
        return self.choices.labels

    @cached_property
    def audit(self) -> ProtectedAudit:
        """The people of this view, decided about as it says."""
        return self.choices.at(self.state)

    @cached_property
    def rows(self) -> tuple[GroupRow, ...]:
        """The rates."""
        return self.audit.by_group(self.state.metric, self.state.groups, self.confidence).rows

    @cached_property
    def compared(self) -> DifferenceTable | RatioTable | None:
        """What stands beside the rates; None where there is nothing to compare."""
        compare = self.audit.ratio if self.state.compare == "ratio" else self.audit.difference
        try:
            return compare(self.state.metric, self.state.groups, self.reference, self.confidence)
        except OneGroup:
            return None

    @property
    def reference(self) -> Any:
        """What is compared with, as an audit takes it."""
        return Word(self.state.reference) if isinstance(self.state.reference, str) else self.state.reference

    @property
    def pairs(self) -> tuple[PairRow, ...]:
        """The comparisons."""
        return self.compared.rows if self.compared else ()

    @cached_property
    def sentence(self) -> str:
        """The largest difference that the data support, or that they cannot tell."""
        if self.compared is None:
            return self.labels["one_group" if self.rows else "nobody"]
        found = comparisons(self.pairs, self.texts)
        return told_difference(found, self.audit.spec, self.confidence, within=self.within, texts=self.texts)

    @property
    def among(self) -> str:
        """Who is counted; empty for everybody."""
        return among(self.state, self.texts)

    @property
    def within(self) -> str:
        """How the sentence begins, where it is not about everybody as the audit decides."""
        return within_of(self._within)

    @property
    def setting(self) -> str:
        """Who is counted and how they are decided about, as the subject of a picture says it; an internal profile is said first."""
        return ", ".join([*([self.choices.banner.rstrip(".")] if self.choices.banner else []), *self._within])

    @property
    def _within(self) -> list[str]:
        said = self.texts["sentence"]
        parts = [filled(said["among"], where=self.among)] if self.among else []
        if self.state.threshold is not None and self.state.threshold != self.choices.audit.own_threshold:
            parts.append(filled(said["deciding"], threshold=self.decided))
        return parts

    @property
    def decided(self) -> str:
        """From which score on a decision is made."""
        return told_threshold(self.choices, self.state)

    @property
    def words(self) -> str:
        """The state in words."""
        reference, banner = self.state.reference, self.choices.banner
        named = self.labels[reference] if isinstance(reference, str) else ", ".join(map(name_of, reference))
        decided = self.labels["as_decided"] if self.state.threshold is None else filled(self.labels["at_threshold"], threshold=self.decided)
        said = filled(
            self.labels["state_data" if self.state.view == "data" else "state"],
            metric=self.choices.label(self.state.metric),
            by=self.labels["joined"].join(self.state.by) if self.state.slice is None else filled(self.labels["slice_of"], slice=self.state.slice.name),
            among=self.among or self.labels["everyone"],
            decision=decided,
            reference=named,
            adjusted=filled(self.labels["adjusted_for"], axis=", ".join(self.state.adjust)) if self.state.adjust else "",
            audit=self.choices.title,
        )
        return f"{banner} {said}" if banner else said

    def html(self, looked: str = "") -> str:
        """The static part of a recorded view; `looked` is what was looked at before."""
        from ._static import static_html

        return static_html(self, looked)

    @property
    def columns(self) -> tuple[Column, ...]:
        """What stands beside the rates: the name of the heading, the numbers by group, how they are written."""
        pairs = {pair.row.group: Changed(pair.change, pair.lower, pair.upper, pair.status, pair.reason) for pair in self.pairs}
        made: list[Column] = [("difference", pairs, self.texts.points)]
        if self.state.compare == "ratio":
            opposite = {
                pair.row.group: Changed(one.change, one.lower, one.upper, one.status, one.reason)
                for pair in self.pairs
                if (one := pair.opposite) is not None
            }
            made = [("ratio", pairs, self.texts.times), ("opposite", opposite, self.texts.times)]
        if self.state.adjust and self.state.slice is None:
            made.append(("adjusted", self.adjusted, self.texts.points))
        return tuple(made)

    @cached_property
    def adjusted(self) -> dict[Group, Changed]:
        """Differences among people who are alike in more attributes; none where groups are compared with all or with the rest."""
        if self.whole or self.compared is None or not self.state.adjust:
            return {}
        table = adjust(self.audit, self.state.metric, list(self.state.by), self.reference, list(self.state.adjust), self.confidence)
        return {
            row.group: Changed(row.difference.value, row.difference.lower, row.difference.upper, row.status, row.reason)
            for row in table.rows
            if row.method == "standardized"
        }

    @property
    def whole(self) -> bool:
        """Whether each group is compared with everybody or with everybody else."""
        return self.state.reference in ("rest", "overall")


def among(state: State, texts: Texts) -> str:
    """Who is counted, in words; empty for everybody."""
    said = texts["panel"]
    named = (f"{axis} = {said['either'].join(map(name_of, levels))}" for axis, levels in state.where)
    return said["joined"].join(named)


def told_threshold(choices: Choices, state: State) -> str:
    """From which score on a decision is made, for everybody or by group."""
    said, cut = choices.texts["sentence"], state.threshold
    name = dict(zip(choices.stops, choices.stop_names, strict=True))
    if not isinstance(cut, GroupThresholds):
        return filled(said["at_least"], threshold=name[cut])
    return ", ".join(filled(said["at_least_of"], threshold=name[stop], level=name_of(level)) for level, stop in cut.cuts)
