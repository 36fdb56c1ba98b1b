"""fl.check: an audit held against criteria. Four states and no fifth; "not significant" is never one of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
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
from ..stats import normal_quantile
from ._against import Reading, family, limits_of, readings
from ._criterion import Criterion
from ._judging import EXIT_CODES, ORDER, Interval, State, flip, judge
from ._verdict_words import REASONS, shown_change, shown_value, told

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Ruling:
    """One group under one criterion.

    `lower` and `upper` are the limits that must lie wholly beyond the margin for "exceeds": at ``1 - alpha``, allowing for the
    `comparisons` of the criterion. `lower_within` and `upper_within` must lie wholly inside it for "within": at ``1 - 2 alpha``.
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

        `change` is the difference or the ratio, `margin` that of the criterion, `more_needed` how many more people of the group would
        settle it if both rates stayed as they are, `flip` how many more or fewer people counted would move a ratio across its bound.
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
        If a criterion compares with a baseline and there is none.
    BadValue
        If two criteria have one name.

    Notes
    -----
    A group *exceeds* where its interval at ``1 - alpha`` lies wholly beyond the margin on the side that does harm; it is *within* where
    its interval at ``1 - 2 alpha`` lies wholly inside (two one-sided tests, D. J. Schuirmann, Journal of Pharmacokinetics and
    Biopharmaceutics 15 (1987) 657-680); *inconclusive* where neither is so, or fewer than `minimum_n` people are in a denominator;
    *undefined* where there is no number. Intervals are Miettinen and Nurminen's for differences and Koopman's for ratios of rates,
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
    asked = _criteria(criteria)
    if not isinstance(measured, Measured) or not isinstance(baseline, Measured | None):
        role, given = ("measured", measured) if not isinstance(measured, Measured) else ("baseline", baseline)
        raise WrongKind(
            f"`{role}` is a {type(given).__name__}.",
            "It must be an audit.",
            hint="fl.check(fl.audit(...), criteria)",
            role=role,
            value=given,
        )
    if measured.is_published and baseline is not None:
        baseline = baseline.protect()
    used = [(one, readings(measured, one, baseline)) for one in asked]
    named = {name for _, found in used for reading in found for name in reading.columns}
    attributes = tuple(name for name in measured.groups if name in named)
    rows = [ruling for one, found in used for ruling in _rule(one, found, attributes)]
    query = None if measured.is_published else Query(measured, check, {"criteria": asked, "baseline": baseline})
    return Verdict(attributes, tuple(rows), asked, measured.spec, measured.setting, measured.within, query)


def _criteria(criteria: Any) -> tuple[Criterion, ...]:
    listed = (criteria,) if isinstance(criteria, Criterion) else criteria
    if not isinstance(listed, list | tuple) or not listed or not all(isinstance(one, Criterion) for one in listed):
        raise WrongKind(
            f"`criteria` is {criteria!r}.",
            "It must be a Criterion or a list of these.",
            hint='fl.check(audit, fl.Criterion("selection_rate", margin=0.05))',
            role="criteria",
            value=criteria,
        )
    labels = [one.label for one in listed]
    twice = next((label for label in labels if labels.count(label) > 1), None)
    if twice is not None:
        raise BadValue(
            f"`criteria` has two criteria called {twice!r}.",
            "Their rows could not be told apart.",
            hint='Criterion(..., name="...")',
            role="criteria",
            value=twice,
        )
    return tuple(listed)


def _rule(criterion: Criterion, found: Sequence[Reading], attributes: tuple[str, ...]) -> list[Ruling]:
    count = family(list(found), criterion)
    alpha = 1 - criterion.confidence
    both = zip(found, limits_of(found, 1 - alpha / count), limits_of(found, 1 - 2 * alpha), strict=True)
    return [_ruling(criterion, reading, strict, inner, count, attributes) for reading, strict, inner in both]


def _few(reading: Reading, criterion: Criterion) -> str:
    """Why nothing is said about a group with so few people, or so few in its reference."""
    for n, of in ((reading.n, "few"), (reading.n_reference, "few_reference")):
        if not reading.gone and n is not None and n < criterion.minimum_n:
            return REASONS[of].format(least=criterion.minimum_n)
    return ""


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
    few = _few(reading, criterion)
    state: State = "inconclusive" if few else judge(strict, inner, criterion.bounds)
    reason = few or (REASONS["across"] if state == "inconclusive" else "")
    more = _more(criterion, reading, count) if state == "inconclusive" else None
    turn = flip(reading.value, sizes[0] or 0, reading.base, criterion.bounds) if criterion.is_ratio and reading.is_exact else None
    reasons = "; ".join(part for part in (reason, reading.told) if part)
    return Ruling(criterion, group, reading.reference, state, *known, *strict, *inner, *sizes, count, more, turn, reasons)


def _more(criterion: Criterion, reading: Reading, count: int) -> int | None:
    """How many more people of the group would settle it, both rates and the reference staying as they are."""
    n, n_reference, least = reading.n or 0, reading.n_reference or 0, criterion.minimum_n
    if reading.samples is None or n_reference < least:
        return None
    alpha = 1 - criterion.confidence
    z_strict, z_inner = normal_quantile(1 - alpha / count), normal_quantile(1 - 2 * alpha)
    short = max(least - n, 0)
    if short and reading.samples.with_more(short * reading.per_person).settles(criterion.bounds, z_strict, z_inner):
        return short
    more = reading.samples.more_needed(criterion.bounds, z_strict, z_inner)
    return None if more is None else max(short, math.ceil(more / reading.per_person))


def _count(n: int | None) -> str:
    return "–" if n is None else f"{n:,}"


def _full(value: float) -> float | None:
    return value if math.isfinite(value) else None
