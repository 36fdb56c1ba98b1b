"""From sums over people to answers that hold means of groups only: the raw ones, and those for readers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from .._levels import Level
from ..exceptions import TooManyCells
from ..metrics import PairRow
from ..stats import student_means
from ._budget import Cells
from ._codec import Mask
from ._decomposition import GapDecomposition
from ._moments import Contrast, contrasts
from ._pairs import Means, decided_at
from ._parts import MIX, NOT_EXPLAINED, Part, ordered
from ._people import Crossing, Group, Numbers, People, Question, Sides
from ._players import Players
from ._run import Run

if TYPE_CHECKING:
    from .._audit import Audit
    from .._protected import ProtectedAudit

_LARGE = "the tables to publish are too large"
_ONE = "one person has no interval"
Shares = tuple[tuple[Level | Group, float], ...]


def is_able(people: People, group: Mask, reference: Mask) -> bool:
    """Say whether both means have an interval: from two people on."""
    return min(int((people.weighing(side) > 0).sum()) for side in (group, reference)) > 1


def protected(audit: Audit) -> ProtectedAudit | str:
    """Give the audit for readers, or why there is none."""
    try:
        return audit.protect()
    except TooManyCells:
        return _LARGE


@dataclass(frozen=True, slots=True)
class Answerer:
    """Everything that the answers are made of: `pairs` are the measured gaps by threshold and question, `seen` what readers see of them."""

    audit: Audit
    shown: ProtectedAudit | str
    people: People
    means: Means
    cells: Cells
    players: Players
    background: Any
    thresholds: tuple[float | None, ...]
    pairs: tuple[tuple[PairRow, ...], ...]
    seen: tuple[tuple[PairRow, ...], ...]
    done: Run | None
    _known: dict[tuple[Any, ...], Any] = field(default_factory=dict)
    """What was worked out already: contrasts, numbers of people, shares of groups."""

    def answers(self, function: int) -> list[GapDecomposition]:
        """Make the raw answer to each question at one threshold; each holds the one for readers."""
        pairs = self.pairs[function]
        everybody = np.ones(len(self.people.inside), bool)
        raw = self._all(function, pairs, everybody, self.audit)
        found = [
            self.means.pair(pair, side, self.people.published, self.audit.spec)
            for pair, side in zip(self.seen[function], self.people.sides, strict=True)
        ]
        seen = self._all(function, found, self.people.published, self.shown)
        return [replace(one, for_readers=other) for one, other in zip(raw, seen, strict=True)]

    def _all(self, function: int, pairs: Sequence[PairRow], kept: Mask, measured: Any) -> list[GapDecomposition]:
        """One answer per question over the people who are `kept`."""
        able = [
            i for i, (pair, side) in enumerate(zip(pairs, self.people.sides, strict=True))
            if self.done is not None and not math.isnan(pair.change) and is_able(self.people, side.group & kept, side.reference & kept)
        ]  # fmt: skip
        compared = dict(zip(able, self._contrasts(function, able, kept), strict=True))
        return [self._made(function, pair, side, compared.get(i), len(able), kept, measured) for i, (pair, side) in enumerate(zip(pairs, self.people.sides, strict=True))]

    def _contrasts(self, function: int, able: Sequence[int], kept: Mask) -> list[Contrast]:
        if self.done is None or not able:
            return []
        inside = np.ones(self.cells.count, bool) if kept.all() else self.cells.published
        key = (function, inside.tobytes(), tuple(able))
        if key not in self._known:
            asked = [(self.cells.group[i] & inside, self.cells.reference[i] & inside) for i in able]
            confidence = self.people.sides[0].question.confidence
            self._known[key] = contrasts(self.done.moments, self.done.pooled, self.done.rounds, function, asked, confidence)
        found: list[Contrast] = self._known[key]
        return found

    def _made(
        self, function: int, pair: PairRow, side: Sides, found: Contrast | None, compared: int, kept: Mask, measured: Any
    ) -> GapDecomposition:
        if found is None and pair.status == "ok":
            pair = replace(pair, status="small", reason=_ONE)
        question, threshold = side.question, self.thresholds[function]
        parts, sampled, rounds, asked = tuple(Part(name) for name in self.players.names), None, 0, 0
        n: int | None = None
        shares: Shares = ()
        if found is not None and self.done is not None:
            parts, explained = self._parts(function, pair, side, found, kept)
            rounds, asked = self.done.rounds, self._predictions(measured, explained)
            everybody = int(((side.group | side.reference) & kept).sum())
            sampled = (explained, everybody) if explained < everybody else None
        if found is not None or measured is self.audit:
            n, shares = self._background(measured, question, side)
        within = decided_at(self.audit, question, threshold).within if question.outcome.output == "decision" else self._among()
        return GapDecomposition(
            question.attributes, pair, parts, self.audit.spec, question.confidence, threshold, rounds, asked, n, shares, within=within,
            output=question.outcome.output, players=self.players.named, sampled=sampled, compared=compared, decided=len(self.thresholds),
        )  # fmt: skip

    def _among(self) -> str:
        """How a sentence about scores begins: no threshold is used."""
        return self.audit.at(self.audit.own_threshold).within

    def _parts(self, function: int, pair: PairRow, side: Sides, found: Contrast, kept: Mask) -> tuple[tuple[Part, ...], int]:
        """One part per player, the largest first, then those that are no input; and how many people they tell of."""
        assert self.done is not None
        places = self.cells.rows[self.done.plan.chosen]
        explained = int(((side.group | side.reference) & kept)[places].sum())
        errors, noises = np.sqrt(found.variance), np.sqrt(found.noise)
        numbers = np.stack([found.means, errors, noises, found.factor, found.together], axis=1).tolist()
        parts = [_part(name, *row, n=explained) for name, row in zip(self.players.names, numbers, strict=False)]
        if side.question.outcome.by_label:
            parts.append(self._label_mix(side, found, kept))
        if explained < int(((side.group | side.reference) & kept).sum()):
            parts.append(self._not_explained(function, pair, side, parts, found, kept, explained))
        return ordered(parts), explained

    def _label_mix(self, side: Sides, found: Contrast, kept: Mask) -> Part:
        """What the labels make of the gap: known for all people, sampled or not."""
        assert self.done is not None
        alone = self.done.base[:, 0][self.people.labels]
        means = [student_means(alone[rows][:, None], _positive(self.people.weighing(rows))) for rows in (side.group & kept, side.reference & kept)]
        change = float(means[0].mean[0] - means[1].mean[0])
        error = math.hypot(*(float(one.se[0]) for one in means))
        n = int(((side.group | side.reference) & kept).sum())
        made = _part(MIX, change, error, 0.0, float(found.factor[-1]), float(found.together[-1]), n=n)
        return replace(made, kind="label_mix")

    def _not_explained(
        self, function: int, pair: PairRow, side: Sides, parts: Sequence[Part], found: Contrast, kept: Mask, explained: int
    ) -> Part:
        """What is left to the people who were not explained: as much as their own numbers differ from those of the sample."""
        assert self.done is not None
        outcome = side.question.outcome
        threshold = self.thresholds[function]
        value = outcome.values(None if threshold is None else np.array([threshold]))
        own = value(self.people.scored, self.people.labels)[:, 0] - self.done.base[:, function][self.people.labels]
        error = math.sqrt(sum(self._unseen(own, rows & kept) for rows in (side.group, side.reference)))
        rest = pair.change - math.fsum(part.contribution for part in parts)
        n = int(((side.group | side.reference) & kept).sum()) - explained
        made = _part(NOT_EXPLAINED, rest, error, 0.0, float(found.factor[0]), float(found.together[0]), n=n)
        return replace(made, kind="not_explained")

    def _unseen(self, own: Numbers, rows: Mask) -> float:
        """Variance of the weighted mean of a sample about that of all rows, linearised, cell by cell.

        W. G. Cochran, Sampling Techniques, 3rd ed. 1977, sections 5.3 (strata) and 6.3 (ratios).
        """
        assert self.done is not None
        taken = np.zeros(len(own), bool)
        taken[self.cells.rows[self.done.plan.chosen]] = True
        of_row = np.full(len(own), -1)
        of_row[self.cells.rows] = self.cells.of_row
        weights, summed = self.people.weighing(np.arange(len(own))), 0.0
        total = float(weights[rows].sum())
        off = weights * (own - float(weights[rows] @ own[rows]) / total) / total
        for cell in np.unique(of_row[rows]):
            some = rows & (of_row == cell)
            size, drawn = int(some.sum()), int((some & taken).sum())
            if 1 < drawn < size:
                summed += size**2 * float(off[some].var(ddof=1)) * (1 / drawn - 1 / size)
        return summed

    def _predictions(self, measured: Any, explained: int) -> int:
        """Predictions, as far as they tell of the people who may be counted."""
        assert self.done is not None
        if measured is self.audit:
            return self.done.predictions
        if ("everybody",) not in self._known:
            self._known["everybody",] = measured.at(measured.own_threshold).overall("selection_rate").rows[0].people or 0
        steps = 2 * (len(self.players.names) - 1)
        given = 0 if self.background is None else len(self.background)
        everybody: int = self._known["everybody",]
        return everybody + given + self.done.rounds * steps * explained

    def _background(self, measured: Any, question: Question, side: Sides) -> tuple[int | None, Shares]:
        key = (measured is self.audit, question.attributes)
        if key not in self._known:
            self._known[key] = _background(self.audit, measured, question, side.crossing, self.background)
        found: tuple[int | None, Shares] = self._known[key]
        return found


def _positive(weights: Numbers) -> Numbers:
    return np.maximum(weights, 1e-300)


def _part(name: str, mean: float, error: float, noise: float, factor: float, together: float, *, n: int) -> Part:
    half, wide = (error * times if error > 0 else 0.0 for times in (factor, together))
    return Part(name, mean, mean - half, mean + half, error, noise, mean - wide, mean + wide, n)


def _background(
    audit: Audit, measured: Any, question: Question, crossing: Crossing, background: Any
) -> tuple[int | None, Shares]:
    """Rows of the background and the share of each group in it, as far as `measured` may show them."""
    measured = measured.at(measured.own_threshold)
    rows = measured.by_group("selection_rate", by=list(question.attributes)).rows
    if background is None:
        total = measured.overall("selection_rate").rows[0].people
        if not total:
            return None, ()
        return total, tuple((_plain(row.group), row.people / total) for row in rows if row.people is not None)
    places = _places(audit.handle.inputs, background)
    if places is None:
        return len(background), ()
    codes, sizes = np.unique(crossing.codes[places], return_counts=True)
    counts = {crossing.groups[code]: int(size) for code, size in zip(codes, sizes, strict=True)}
    if measured.is_published:
        able = {row.group for row in rows if row.people is not None}
        if any(group not in able or count < measured.spec.suppress_below for group, count in counts.items()):
            return len(background), ()
    return len(background), tuple((_plain(group), count / len(places)) for group, count in counts.items())


def _places(inputs: Any, background: Any) -> Any:
    """Places of the background's rows among the audited ones, where its index and its values say that they are the same people."""
    if not nw.dependencies.is_pandas_dataframe(inputs) or not inputs.index.is_unique:
        return None
    places = inputs.index.get_indexer(background.index)
    if (places < 0).any() or not inputs.iloc[places].equals(background):
        return None
    return places


def _plain(group: Group) -> Level | Group:
    return group[0] if len(group) == 1 else group
