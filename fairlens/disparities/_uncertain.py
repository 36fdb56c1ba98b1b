"""Groups that are known as probabilities: a change is settled only where it is so whoever the people are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .._html import points
from .._measure import Measured
from ..exceptions import BadValue, RowsNotHeld
from ..metrics import Metric
from ..metrics._row import Group
from ..texts import texts_of
from ._against import Reading
from ._bound import bound
from ._bounded import BoundRow
from ._criterion import Criterion
from ._judging import Interval, judge

REASONS = texts_of()["rulings"]


def with_ends(measured: Measured, criterion: Criterion, found: Sequence[Reading]) -> list[Reading]:
    """The readings, and for those of groups that are known as probabilities the ends that `bound` gives to the change."""
    uncertain = {name for name, _ in measured.spec.membership}
    selected = {axis for axis, _ in measured.selection}
    made: list[Reading] = []
    known: dict[tuple[tuple[str, ...], str | Group], dict[Group, BoundRow] | str] = {}
    for reading in found:
        if reading.gone or not uncertain & {*reading.columns, *selected}:
            made.append(reading)
            continue
        key = (reading.columns, reading.reference)
        if key not in known:
            known[key] = _bounds(measured, criterion, *key)
        rows = known[key]
        made.append(replace(reading, unsure=REASONS[rows]) if isinstance(rows, str) else _with_ends(criterion, reading, rows))
    return made


def _bounds(measured: Measured, criterion: Criterion, columns: tuple[str, ...], reference: str | Group) -> dict[Group, BoundRow] | str:
    """Bounds by group, or why there are none."""
    if not isinstance(reference, tuple) or not isinstance(criterion.measure, Metric):
        return "not_known"
    try:
        table = bound(measured, criterion.measure, by=list(columns), reference=reference)
    except RowsNotHeld:
        return "not_held"
    except BadValue:
        return "not_known"
    return {row.group: row for row in table.rows if row.source == "membership"}


def _with_ends(criterion: Criterion, reading: Reading, rows: dict[Group, BoundRow]) -> Reading:
    row, base = rows[reading.group], rows[rows[reading.group].reference]
    ends = _ratio_ends(row, base) if criterion.is_ratio else (row.difference_bounds.lower, row.difference_bounds.upper)
    if ends[0] != ends[0] or ends[1] != ends[1]:
        return replace(reading, unsure=REASONS["not_known"])
    if judge(ends, ends, criterion.bounds) != "inconclusive":
        return replace(reading, ends=ends)
    low, high = (f"{end:.2f}" if criterion.is_ratio else f"{points(end)} points" for end in ends)
    told = REASONS["between"].format(what=REASONS["ratio" if criterion.is_ratio else "difference"], low=low.removesuffix(" points"), high=high)
    return replace(reading, ends=ends, unsure=told)


def _ratio_ends(row: BoundRow, base: BoundRow) -> Interval:
    """Each rate at its own end: wider than what both could be together, never narrower."""
    low = row.bounds.lower / base.bounds.upper if base.bounds.upper > 0 else float("nan")
    high = row.bounds.upper / base.bounds.lower if base.bounds.lower > 0 else float("inf")
    return low, high
