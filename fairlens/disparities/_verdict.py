"""fl.check: an audit held against criteria. Four states and no fifth; "not significant" is never one of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .._html import Cell, table
from .._levels import ALL
from .._measure import Measured
from .._result import Query, Result
from .._spec import Spec
from ..exceptions import BadValue, WrongKind
from ..metrics._results import _plain as plain_reference
from ..metrics._row import Group
from ..metrics._sentence import label_of
from ._against import Reading, family, limits_of, readings
from ._criterion import Criterion
from ._judging import EXIT_CODES, ORDER, Interval, State, flip, judge
from ._sizes import planned
from ._uncertain import with_ends
from ._verdict_words import REASONS, shown_change, shown_value, told
from ._wanted import about_wanted

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Ruling:
    """One group under one criterion.

    `lower` and `upper` are the limits that must lie wholly beyond the margin for "exceeds": at ``1 - alpha``, allowing for the
    `comparisons` of the criterion. `lower_within` and `upper_within` must lie wholly inside it for "within": at ``1 - 2 alpha``.
    `harms_reference` says that what exceeds is the harm to the reference, which is worse off than the group. `more_needed` is the
    number of `plan_collection` at a power of 0.8.
    """

    criterion: Criterion
    group: Group
    reference: str | Group
    state: State
    value: float
    base: float
    change: float
    lower: float
    upper: float
    lower_within: float
    upper_within: float
    n: int | None
    n_reference: int | None
    comparisons: int
    more_needed: int | None
    flip: tuple[int, float] | None
    reason: str
    harms_reference: bool = False

    @property
    def blocks(self) -> bool:
        """Whether it stands in the way: what exceeds always does, what is not known does unless the criterion says otherwise."""
        known = self.state in ("exceeds", "within")
        return self.state == "exceeds" if known else self.criterion.on_inconclusive == "block"

    @property
    def margins(self) -> float:
        """How far the change is from no difference, in margins of its criterion."""
        size = abs(math.log(self.change)) if self.criterion.is_ratio and self.change > 0 else abs(self.change)
        if self.criterion.is_ratio:
            return size / -math.log(self.criterion.margin) if self.change > 0 else math.inf
        return size / self.criterion.margin


@dataclass(frozen=True, repr=False)
class Verdict(Result):
    """Each group under each criterion: exceeds, within, inconclusive or undefined. Made by `check`.

    `state`, `exit_code` and `blocks` are the analyst's own, from all rows; a reader's, where suppressed groups are undefined, are those of
    ``verdict.published()``.
    """

    attributes: tuple[str, ...]
    rows: tuple[Ruling, ...]
    criteria: tuple[Criterion, ...]
    spec: Spec
    setting: str = ""
    within: str = ""
    query: Query | None = field(default=None, compare=False)

    @property
    def state(self) -> State:
        """The worst state of all rows: exceeds, then undefined, then inconclusive, then within."""
        return min((row.state for row in self.rows), key=ORDER.index)

    @property
    def exit_code(self) -> int:
        """0 within, 10 exceeds, 11 inconclusive, 12 undefined."""
        return EXIT_CODES[self.state]

    @property
    def blocks(self) -> bool:
        """Whether any row stands in the way."""
        return any(row.blocks for row in self.rows)

    def to_frame(self) -> pd.DataFrame:
        """Give one row per criterion and group.

        `change` is the difference or the ratio, `margin` that of the criterion, `more_needed` how many more people of the group to
        collect as `plan_collection` has it at a power of 0.8, `flip` how many more or fewer people counted would move a ratio across its bound.
        """
        import pandas as pd

        columns: dict[str, list[Any]] = {
            name: [row.group[j] for row in self.rows] for j, name in enumerate(self.attributes)
        }
        columns["criterion"] = [row.criterion.label for row in self.rows]
        columns["metric"] = [row.criterion.measure.name for row in self.rows]
        columns["comparison"] = [row.criterion.comparison for row in self.rows]
        columns["state"] = [row.state for row in self.rows]
        columns["value"] = [row.value for row in self.rows]
        columns["reference"] = [plain_reference(row.reference) for row in self.rows]
        columns["value_reference"] = [row.base for row in self.rows]
        for name in ("change", "lower", "upper", "lower_within", "upper_within"):
            columns[name] = [getattr(row, name) for row in self.rows]
        columns["margin"] = [row.criterion.margin for row in self.rows]
        columns["direction"] = [row.criterion.direction for row in self.rows]
        for name in ("comparisons", "n", "n_reference", "more_needed"):
            columns[name] = pd.array([getattr(row, name) for row in self.rows], dtype="Int64")  # type: ignore[assignment]
        columns["flip"] = pd.array([row.flip and row.flip[0] for row in self.rows], dtype="Int64")  # type: ignore[assignment]
        columns["blocks"] = [row.blocks for row in self.rows]
        columns["reason"] = [row.reason for row in self.rows]
        return pd.DataFrame({name: pd.Series(values, dtype=object) if name == "reference" else values for name, values in columns.items()})

    @property
    def sentence(self) -> str:
        """What exceeds, what cannot be told and what it would take, what is within; in that order, for each criterion."""
        answer = self.published()
        parts = []
        for criterion in answer.criteria:
            rows = [row for row in answer.rows if row.criterion == criterion]
            head = f"{criterion.label}. " if len(answer.criteria) > 1 else ""
            parts.append(head + told(criterion, rows, answer.spec))
        return answer.within + " ".join(parts)

    def html(self) -> str:
        """Give the published verdict as an HTML table."""
        answer = self.published()
        headers = [*answer.attributes, "criterion", "state", "value", "reference", "its value", "change (limits)", "n", "n reference", "more needed", "note"]
        lines: list[list[object]] = [
            [
                *map(str, row.group),
                row.criterion.label,
                row.state,
                Cell(shown_value(row.criterion, row.value), _full(row.value)),
                label_of(row.reference),
                Cell(shown_value(row.criterion, row.base), _full(row.base)),
                Cell(shown_change(row.criterion, row.change, row.lower, row.upper), _full(row.change)),
                Cell(_count(row.n), row.n),
                Cell(_count(row.n_reference), row.n_reference),
                Cell(_count(row.more_needed), row.more_needed),
                row.reason,
            ]
            for row in answer.rows
        ]
        return table(headers, lines, len(answer.attributes))


def check(measured: Measured, criteria: Criterion | Sequence[Criterion], *, baseline: Measured | None = None) -> Verdict:
    """Hold an audit against criteria that were set before looking.

    Parameters
    ----------
    measured
        An audit.
    criteria
        One `Criterion`, or a list of them.
    baseline
        The audit of another model, for criteria with ``comparison="baseline"``. Without it, the two decisions of an audit made with
        ``y_pred={"before": ..., "after": ...}`` are compared, as those of the same people.

    Returns
    -------
    Verdict
        With ``state``, ``exit_code``, ``blocks``, a row per criterion and group, and a sentence.

    Raises
    ------
    RoleNeeded
        If a criterion compares with a baseline and there is none, or it depends on what people want and the audit does not say that.
    BadValue
        If two criteria have one name, or two decisions about the same people are asked for at a threshold, with weights or with several
        rows per person.

    Notes
    -----
    A group *exceeds* where its interval at ``1 - alpha`` lies wholly beyond the margin on the side that does harm; it is *within* where
    its interval at ``1 - 2 alpha`` lies wholly inside (two one-sided tests, D. J. Schuirmann, Journal of Pharmacokinetics and
    Biopharmaceutics 15 (1987) 657-680); *inconclusive* where neither is so, or a denominator is worth fewer than `minimum_n`
    independent people; *undefined* where there is no number. Where groups are known as probabilities, the change must also lie beyond
    or inside whoever the people are, as `bound` has it; else it is *inconclusive*.

    A criterion with one side leaves the other open for each group, but not for the reference: where a group is better off than a
    reference that is itself a group by more than the margin, at the level of "exceeds", that row *exceeds* and names the reference as
    harmed. Which outcome "lower", "adverse" and ratios are about is said in the notes of `Criterion`. Intervals are Miettinen and Nurminen's for differences and Koopman's for ratios of rates,
    with effective numbers of people; Bonett and Price's for two decisions about the same people; a bootstrap's for what is no rate.

    To say "within" of all groups each one must be, so these tests need no adjustment (intersection-union, R. L. Berger,
    Technometrics 24 (1982) 295-300). To say "exceeds" of any one is a search among all groups of a criterion, so each is judged at the
    Bonferroni level of that criterion's groups, or of all their pairs where the reference is the best group. Where no group is beyond
    the margin, a criterion says "exceeds" with a probability of at most alpha.

    Examples
    --------
    >>> import fairlens as fl
    >>> hired, sex = [1, 1, 1, 0] * 60, ["m", "m", "f", "f"] * 60
    >>> audit = fl.audit(y_pred=hired, sensitive_features={"sex": sex}, favorable=1)
    >>> verdict = fl.check(audit, fl.Criterion("selection_rate", margin=0.05, reference="m"))
    >>> verdict.state, verdict.exit_code, verdict.blocks
    ('exceeds', 10, True)
    """
    if not isinstance(measured, Measured) or not isinstance(baseline, Measured | None):
        role, given = ("measured", measured) if not isinstance(measured, Measured) else ("baseline", baseline)
        raise WrongKind(
            f"`{role}` is a {type(given).__name__}.",
            "It must be an audit.",
            hint="fl.check(fl.audit(...), criteria)",
            role=role,
            value=given,
        )
    asked = _criteria(criteria, measured.spec)
    if measured.is_published and baseline is not None:
        baseline = baseline.protect()
    used = [(one, read(measured, one, baseline)) for one in asked]
    named = {name for _, found in used for reading in found for name in reading.columns}
    attributes = tuple(name for name in measured.groups if name in named)
    rows = [ruling for one, found in used for ruling in _rule(one, found, attributes)]
    query = None if measured.is_published else Query(measured, check, {"criteria": asked, "baseline": baseline})
    return Verdict(attributes, tuple(rows), asked, measured.spec, measured.setting, measured.within, query)


def read(measured: Measured, criterion: Criterion, baseline: Measured | None) -> list[Reading]:
    """What a criterion compares, with what people are worth and what is not known about their groups."""
    found = with_ends(measured, criterion, readings(measured, criterion, baseline))
    return [replace(reading, least=measured.spec.min_denominator) for reading in found]


def _criteria(criteria: Any, spec: Spec) -> tuple[Criterion, ...]:
    listed = (criteria,) if isinstance(criteria, Criterion) else criteria
    if not isinstance(listed, list | tuple) or not listed or not all(isinstance(one, Criterion) for one in listed):
        raise WrongKind(
            f"`criteria` is {criteria!r}.",
            "It must be a Criterion or a list of these.",
            hint='fl.check(audit, fl.Criterion("selection_rate", margin=0.05))',
            role="criteria",
            value=criteria,
        )
    judged = tuple(about_wanted(one, spec) for one in listed)
    labels = [one.label for one in judged]
    twice = next((label for label in labels if labels.count(label) > 1), None)
    if twice is not None:
        raise BadValue(
            f"`criteria` has two criteria called {twice!r}.",
            "Their rows could not be told apart.",
            hint='Criterion(..., name="...")',
            role="criteria",
            value=twice,
        )
    return judged


def _rule(criterion: Criterion, found: Sequence[Reading], attributes: tuple[str, ...]) -> list[Ruling]:
    count = family(list(found), criterion)
    alpha = 1 - criterion.confidence
    both = zip(found, limits_of(found, 1 - alpha / count), limits_of(found, 1 - 2 * alpha), strict=True)
    return [_ruling(criterion, reading, strict, inner, count, attributes) for reading, strict, inner in both]


def _few(reading: Reading, criterion: Criterion) -> str:
    """Why nothing is said about a group that is worth so few people, or whose reference is."""
    least = criterion.minimum_n
    for n, worth, of in ((reading.n, reading.worth, ""), (reading.n_reference, reading.worth_reference, "_reference")):
        if n is not None and min(n, worth) < least:
            return REASONS[f"{'few' if n < least else 'weak'}{of}"].format(least=least)
    return reading.few


def _judged(criterion: Criterion, reading: Reading, strict: Interval, inner: Interval) -> tuple[State, str, bool]:
    """The state, why it is inconclusive, and whether the reference is what is harmed."""
    few = _few(reading, criterion)
    if few:
        return "inconclusive", few, False
    intervals = [(strict, inner), *([] if reading.ends is None else [(reading.ends, reading.ends)])]
    state = judge(strict, inner, criterion.bounds)
    if reading.unsure:
        return "inconclusive", "; ".join([*([REASONS["across"]] if state == "inconclusive" else []), reading.unsure]), False
    if state == "exceeds":
        return state, "", False
    if criterion.judges_reference:
        if all(judge(*one, criterion.both_bounds) == "exceeds" for one in intervals):
            return "exceeds", REASONS["reference_harmed"], True
        low, high = criterion.both_bounds
        if state == "within" and not low <= reading.change <= high:
            return state, REASONS["reference_perhaps"], False
    return state, REASONS["across"] if state == "inconclusive" else "", False


def _ruling(
    criterion: Criterion, reading: Reading, strict: Interval, inner: Interval, count: int, attributes: tuple[str, ...]
) -> Ruling:
    levels = dict(zip(reading.columns, reading.group, strict=True))
    group = tuple(levels.get(name, ALL) for name in attributes)
    known = (reading.value, reading.base, reading.change)
    sizes = (reading.n, reading.n_reference)
    nan = math.nan
    if reading.gone:
        return Ruling(criterion, group, reading.reference, "undefined", reading.value, reading.base, nan, nan, nan, nan, nan, *sizes, count, None, None, reading.gone)
    state, reason, turned = _judged(criterion, reading, strict, inner)
    more = planned(criterion, reading, count).more if state == "inconclusive" else None
    bounds = criterion.both_bounds if turned else criterion.bounds
    people = flip(reading.value, sizes[0] or 0, reading.base, bounds) if criterion.is_ratio and reading.is_exact else None
    reasons = "; ".join(part for part in (reason, reading.told) if part)
    return Ruling(criterion, group, reading.reference, state, *known, *strict, *inner, *sizes, count, more, people, reasons, turned)


def _count(n: int | None) -> str:
    return "–" if n is None else f"{n:,}"


def _full(value: float) -> float | None:
    return value if math.isfinite(value) else None
