"""choose_thresholds: what errors cost at every threshold, and where they cost least."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .._html import Cell, percent, table
from .._levels import ALL, Level
from .._result import Query, Result
from .._slice import Slice
from .._spec import Spec, is_number
from ..exceptions import BadValue, WrongKind
from ..metrics._results import _count, _frame, _full, _group_columns, _without_empty_notes, note
from ..stats import normal_quantile
from ._choice_words import SAID, cost_of, header, say, which, written
from ._costs import SAME, ChoiceRow, check_costs, price_decision, priced
from ._rows import check_confidence, hidden_whole
from ._scored import check_measured, parts_of, read_scored, selected, widened

if TYPE_CHECKING:
    import pandas as pd

    from .._measure import By, Measured


@dataclass(frozen=True, repr=False)
class ThresholdChoice(Result):
    """The cost of errors at every threshold, by group and for everybody; and the thresholds at which it is lowest."""

    attributes: tuple[str, ...]
    rows: tuple[ChoiceRow, ...]
    spec: Spec
    confidence: float
    unit: str
    within: str = ""
    query: Query | None = field(default=None, compare=False)

    def to_frame(self) -> pd.DataFrame:
        """Give one row per group and threshold, everybody last: cost per 100 people with its interval, n, and the rates.

        `current` marks the decision as it is, `common` the threshold that is best for all, `own` the one that is best for the group.
        """
        columns = _group_columns(self.attributes, [row.group for row in self.rows])
        names = (
            "threshold", "cost", "lower", "upper", "n", "selection_rate", "true_positive_rate", "false_positive_rate", "current", "common", "own",
            "status", "reason",
        )  # fmt: skip
        return _frame(columns | {name: [getattr(row, name) for row in self.rows] for name in names})

    @property
    def thresholds(self) -> dict[Any, float]:
        """A threshold per level, for ``audit.at(choice.thresholds, by=...)``.

        A group gets the threshold that is best for it; one with too few people to choose by gets the one that is best for all.

        Raises
        ------
        BadValue
            If the answer is about several group columns.
        """
        if len(self.attributes) != 1:
            raise BadValue(
                f"Thresholds by group were asked for, and this answer is by {', '.join(self.attributes)}.",
                "A decision has thresholds by the levels of one column.",
                hint=f"fl.choose_thresholds(audit, by={self.attributes[0]!r}).thresholds",
                role="by",
                value=self.attributes,
            )
        common, found = self.common, {}
        for row in self.rows:
            level: Level = row.group[0]
            if row.own:
                found[level] = row.threshold
            elif level != ALL and common is not None:
                found.setdefault(level, common.threshold)
        return {level: found[level] for level in dict.fromkeys(row.group[0] for row in self.rows) if level in found}

    @property
    def common(self) -> ChoiceRow | None:
        """The row of everybody at the threshold that is best for all; None where there is none."""
        return next((row for row in self.everybody if row.common), None)

    @property
    def everybody(self) -> tuple[ChoiceRow, ...]:
        """The rows of everybody."""
        return tuple(row for row in self.rows if set(row.group) <= {ALL})

    @property
    def own(self) -> tuple[ChoiceRow, ...]:
        """Each group's row at the threshold that is best for it."""
        return tuple(row for row in self.rows if row.own)

    @property
    def sentence(self) -> str:
        """What one threshold for all costs where it costs least, and what each group by itself would have."""
        answer = self.published()
        return f"{answer.finding} {answer.caution}".strip()

    @property
    def finding(self) -> str:
        """The sentence without its caution."""
        return self.within + say(self)

    @property
    def caution(self) -> str:
        """What to know before thresholds are changed; empty where none was chosen."""
        if not any(row.own or row.common for row in self.rows):
            return ""
        return SAID["optimism"] + (SAID["lawful"] if self.own else "")

    @property
    def left_out(self) -> tuple[ChoiceRow, ...]:
        """The groups without a threshold of their own, one row each."""
        chosen = {row.group for row in self.own}
        seen = {row.group: row for row in self.rows if row.status != "ok" and row.group not in chosen}
        return tuple(seen.values())

    def html(self) -> str:
        """Give the thresholds that matter as an HTML table: the current one, the best for all, and the best for each group."""
        answer = self.published()
        headers = [*answer.attributes, "threshold", "which", header(answer), "n", "selected", "true positive rate", "false positive rate", "note"]
        lines: list[list[object]] = [
            [
                *map(str, row.group),
                written(row.threshold) if row.status in ("ok", "small") else "–",
                which(row),
                Cell(cost_of(row), _full(row.cost)),
                Cell(_count(row.n), row.n),
                *(Cell(percent(rate), _full(rate)) for rate in (row.selection_rate, row.true_positive_rate, row.false_positive_rate)),
                note(row.status, row.reason),  # type: ignore[arg-type]
            ]
            for row in _telling(answer.rows)
        ]
        return table(*_without_empty_notes(headers, lines), len(answer.attributes))


def choose_thresholds(
    audit: Measured,
    by: By = None,
    false_positive: float = 1.0,
    false_negative: float = 1.0,
    words: Mapping[str, str] | None = None,
    confidence: float = 0.95,
) -> ThresholdChoice:
    """Find where errors cost least: one threshold for all, and what each group by itself would have.

    Parameters
    ----------
    audit
        An audit with scores and labels.
    by
        A group column, a list of columns to cross, a `Slice` beside everybody else, or None for each sensitive feature by itself.
    false_positive, false_negative
        What one error of each kind costs, in any unit: 0 or more.
    words
        ``{"cost": "euros"}`` names that unit.
    confidence
        Between 0 and 1.

    Returns
    -------
    ThresholdChoice
        Its frame has a row per group and threshold, everybody last. Thresholds are those that a reader may decide at: every score of a short
        integer scale; of other scores twenty steps and every declared threshold (declare finer ones in ``fl.audit(threshold=[...])``).
        Groups with fewer than `min_denominator` people with or without the event get no threshold of their own.

    Raises
    ------
    RoleNeeded
        If there are no scores or no labels.
    OutOfRange
        If a cost is below 0, or both are 0.

    Notes
    -----
    The lowest cost is found on the people who are then counted, so it looks better than it is; the interval does not allow for that. It is
    Wilson's, for as many people as give the mean cost its variance. Of equal costs the threshold nearest to the current one is taken. Different thresholds by
    group treat equal scores unequally, which may be unlawful in some fields.

    Examples
    --------
    >>> import fairlens as fl
    >>> audit = fl.audit(
    ...     y_true=[0, 0, 1, 1] * 20, y_score=[1, 2, 3, 4] * 20, threshold=2, sensitive_features={"sex": ["f"] * 40 + ["m"] * 40}
    ... )
    >>> fl.choose_thresholds(audit).thresholds
    {'f': 3.0, 'm': 3.0}
    """
    check_measured(audit, "choose_thresholds")
    costs = check_costs(false_positive, false_negative)
    unit, z = unit_of(words, costs), normal_quantile(check_confidence(confidence))
    cuts = candidates(audit)
    attributes = audit._attributes(by)
    _, total = read_scored(audit, ())
    whole = replace(total or hidden_whole(audit), group=(ALL,) * len(attributes))
    everybody = choose_lowest(priced(audit, (), None, whole, cuts, costs, z), cuts)
    at = next((row.threshold for row in everybody if row.own), math.nan)
    rows: list[ChoiceRow] = []
    if isinstance(by, Slice):
        for found in _of_slice(audit, by, costs, confidence, cuts):
            rows += [replace(row, common=row.threshold == at) for row in choose_lowest(found, cuts)]
    for columns in () if isinstance(by, Slice) else parts_of(audit, by):
        for i, one in enumerate(read_scored(audit, columns)[0]):
            found = choose_lowest(priced(audit, columns, i, one, cuts, costs, z), cuts)
            rows += [replace(row, group=widened(audit, row.group, columns, by), common=row.threshold == at) for row in found]
    rows += [replace(row, own=False, common=row.own) for row in everybody]
    arguments = {
        "by": by, "false_positive": false_positive, "false_negative": false_negative, "words": words, "confidence": confidence,
    }  # fmt: skip
    query = None if audit.is_published else Query(audit, choose_thresholds, arguments)
    return ThresholdChoice(attributes, tuple(rows), audit.spec, confidence, unit, selected(audit), query)


def _of_slice(audit: Measured, slice_: Slice, costs: tuple[float, float], confidence: float, cuts: Sequence[float]) -> list[list[ChoiceRow]]:
    """The rows of a slice, and those of everybody else: one per threshold, and one for a decision that is at none of them."""
    now: float | None = audit.threshold if is_number(audit.threshold) else None  # type: ignore[assignment]
    edges = audit.tables.published_edges if audit.is_published else None
    held = {now} if now is not None and (edges is None or now in edges) else set()
    at = {cut: price_decision(audit.at(cut), slice_, costs, confidence) for cut in sorted({*cuts, *held})}
    taken = price_decision(audit, slice_, costs, confidence) if now is None and (audit.tables.decided or audit.threshold is not None) else []
    made = []
    for i in (0, 1):
        rows = [replace(found[i], threshold=cut, current=cut == now) for cut, found in at.items()]
        blank = rows[0].status in ("suppressed", "undefined")
        made.append([replace(rows[0], threshold=math.nan, current=False)] if blank else [*rows, *(row for row in taken[i : i + 1])])
    return made


def unit_of(words: Any, costs: tuple[float, float]) -> str:
    """What costs are counted in."""
    if words is None:
        return "wrong decisions" if costs == (1.0, 1.0) else "units of cost"
    if not isinstance(words, Mapping) or set(words) != {"cost"} or not isinstance(words["cost"], str):
        raise WrongKind(
            f"`words` is {words!r}.",
            "It names the unit of the costs.",
            hint='words={"cost": "euros"}',
            role="words",
            value=words,
        )
    return words["cost"]


def candidates(audit: Measured) -> list[float]:
    """Thresholds that a reader may decide at: every published step, those declared, and where possible one above all scores.

    They are those of all people, whichever of them are asked about.
    """
    tables = audit.tables if audit.is_published else audit.protect().tables
    steps = audit.tables.steps if tables.steps is None else tables.steps
    if steps is None:
        read_scored(audit, ())  # raises: there are no scores
    found = set(steps or ())
    edges = tables.published_edges
    if edges is None:
        found |= set(audit.spec.declared) | ({max(found) + 1} if _tops_out(audit) else set())
    else:
        found |= {cut for cut in audit.spec.declared if cut in edges}
        found |= set([edge for edge in edges if edge > max(found)][:1])
    return sorted(found)


def _tops_out(audit: Measured) -> bool:
    """Whether nobody scores above the highest published step, as when whole-number scores were not put together."""
    published = audit.protect()
    whole = read_scored(replace(published, selection=()), (), labels=False)[1]
    if whole is None:
        return False
    above = whole.scores[:, -1].sum() - whole.steps[-1] * whole.weights[:, -1].sum()
    return bool(above <= 1e-6 * max(float(whole.weights[:, -1].sum()), 1.0))


def choose_lowest(rows: list[ChoiceRow], cuts: Sequence[float]) -> list[ChoiceRow]:
    """Mark the threshold of lowest cost, of equal ones the nearest to the current one."""
    able = [row for row in rows if row.status == "ok" and row.threshold in cuts]
    if not able:
        return rows
    least = min(row.cost for row in able)
    best = [row for row in able if row.cost <= least + SAME * max(least, 1.0)]
    now = next((row.threshold for row in rows if row.current and row.threshold == row.threshold), best[0].threshold)
    chosen = min(best, key=lambda row: (abs(row.threshold - now), row.threshold))
    return [replace(row, own=row is chosen) for row in rows]


def _telling(rows: Sequence[ChoiceRow]) -> list[ChoiceRow]:
    return [row for row in rows if row.current or row.common or row.own or row.status in ("suppressed", "undefined")]
