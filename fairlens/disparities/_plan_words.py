"""The words of plans."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._html import fixed

if TYPE_CHECKING:
    from ._collection import CollectionPlan, PlanRow
    from ._planning import DetectableRow, MinimumDetectable, SampleSize, SizeRow

MOST = 3


def points(value: float) -> str:
    """Write a share as points, without a sign."""
    return fixed(100 * abs(value), 1).removesuffix(".0")


def share(value: float) -> str:
    """Write a share in per cent."""
    return f"{fixed(100 * value, 1).removesuffix('.0')} %"


def size_sentence(plan: SampleSize) -> str:
    """Say how many people it takes and what for."""
    head = f"With a power of {share(plan.power)}"
    shown = [_size(plan, row) for row in plan.rows[:MOST]]
    if len(plan.rows) <= MOST:
        return f"{head}: {'; '.join(shown)}."
    ends = plan.rows[0], plan.rows[-1]
    return f"{head}, from the first of {len(plan.rows):,} plans to the last: {'; '.join(_size(plan, row) for row in ends)}."


def _size(plan: SampleSize, row: SizeRow) -> str:
    if plan.is_within:
        what = f"show that two rates of {share(row.rate)} lie {_inside(plan, row)}"
    elif row.other == row.rate:
        return f"no number of people tells a rate of {share(row.rate)} from itself"
    else:
        what = f"tell a rate of {share(row.other)} from the reference's {share(row.rate)}"
    if row.n is None:
        return f"no number of people is known to {what}"
    return f"{row.n:,} people of the group and {row.n_reference:,} of the reference {what}"


def _inside(plan: SampleSize, row: SizeRow) -> str:
    one_sided = {"lower": "below", "higher": "above"}
    if plan.comparison == "ratio":
        if plan.direction == "both":
            return f"within a ratio of {row.margin:g} to {1 / row.margin:g}"
        bound = row.margin if plan.direction == "lower" else 1 / row.margin
        return f"not {one_sided[plan.direction]} a ratio of {bound:g}"
    if plan.direction == "both":
        return f"within {points(row.margin)} points of each other"
    return f"not more than {points(row.margin)} points {one_sided[plan.direction]}"


def detectable_sentence(found: MinimumDetectable) -> str:
    """Say what so many people could not tell."""
    head = f"With a power of {share(found.power)}"
    parts = [_detectable(found, row) for row in found.rows[:MOST]]
    more = f"; and {len(found.rows) - MOST:,} more in the table" if len(found.rows) > MOST else ""
    return f"{head}: {'; '.join(parts)}{more}."


def _detectable(found: MinimumDetectable, row: DetectableRow) -> str:
    who = f"{row.n:,.10g} {f'of {row.name} ' if row.name else 'people '}against {row.n_reference:,.10g} with a rate of {share(row.rate)}"
    if math.isnan(row.detectable):
        return f"{who} would show no {found.comparison} that is possible"
    if found.comparison == "ratio":
        return f"{who} would show a ratio of {fixed(row.detectable, 2)} or less, and could not be counted on to show one nearer to 1"
    return f"{who} would show a difference of {points(row.detectable)} points or more, and could not be counted on to show a smaller one"


def collection_sentence(plan: CollectionPlan) -> str:
    """Say how many more people of which group."""
    persons = plan.spec.word("persons")
    wanted = [row for row in plan.rows if row.more]
    hopeless = [row for row in plan.rows if row.more is None]
    parts = []
    if wanted:
        named = _joined([f"{row.more:,} more of {plan.name_of(row)} {persons}" for row in wanted])
        parts.append(f"Collect {named}.")
    elif not hopeless:
        parts.append("Nothing more to collect: each group is settled.")
    if hopeless:
        reasons = dict.fromkeys(row.reason for row in hopeless)
        named = [f"{_joined([plan.name_of(row) for row in hopeless if row.reason == why])} ({why})" for why in reasons]
        parts.append(f"No number can be planned for {'; '.join(named)}.")
    return " ".join(parts)


def _joined(texts: Sequence[str]) -> str:
    kept = list(texts[:MOST])
    if len(texts) > MOST:
        kept.append(f"{len(texts) - MOST} more, listed in the table")
    return kept[0] if len(kept) == 1 else f"{', '.join(kept[:-1])} and {kept[-1]}"


def shown_plan(row: PlanRow) -> str:
    """Write a plan beside its row."""
    if row.more is None:
        return row.reason
    return f"{row.n:,}, {row.reason}" if not row.more else f"{row.n:,} → {row.n_planned:,}: {row.more:,} more"
