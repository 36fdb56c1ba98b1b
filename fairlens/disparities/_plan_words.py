"""The words of plans."""

from __future__ import annotations

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


def assumed(power: float) -> str:
    """What a plan holds for."""
    return f"with a power of {share(power)}, if the rates are equal or differ by twice the margin"


def size_sentence(plan: SampleSize) -> str:
    """Say how many people it takes and what for."""
    goal = f"show that two equal rates lie {_inside(plan)}" if plan.is_within else "tell two rates apart"
    per = "per group" if plan.reference_size == 1 else f"of the group, and {plan.reference_size:g} times as many of the reference,"
    rows = list(plan.rows) if len(plan.rows) <= MOST else [plan.rows[0], plan.rows[-1]]
    parts = [_size(plan, row, per if row is rows[0] else "") for row in rows]
    text = "; ".join(parts) if len(plan.rows) <= MOST else f"from {parts[0]} to {parts[1]}"
    return f"To {goal} with a power of {share(plan.power)}: {text}."


def _size(plan: SampleSize, row: SizeRow, per: str) -> str:
    margins = {one.margin for one in plan.rows}
    if plan.is_within:
        where = f"at a rate of {share(row.rate)}" + (f" within {plan.told_margin(row.margin)}" if len(margins) > 1 else "")
    else:
        where = f"for {share(row.other)} against {share(row.rate)}"
    if row.n is None:
        return f"no number of people {where}"
    return " ".join(part for part in (f"{row.n:,}", "people" if per else "", per, where) if part)


def _inside(plan: SampleSize) -> str:
    margins = {one.margin for one in plan.rows}
    if len(margins) > 1:
        return "within a margin"
    margin, one_sided = margins.pop(), {"lower": "below", "higher": "above"}
    if plan.comparison == "ratio":
        if plan.direction == "both":
            return f"within a ratio of {margin:g} to {1 / margin:g}"
        return f"not {one_sided[plan.direction]} a ratio of {margin if plan.direction == 'lower' else 1 / margin:g}"
    if plan.direction == "both":
        return f"within {points(margin)} points of each other"
    return f"not more than {points(margin)} points {one_sided[plan.direction]}"


def detectable_sentence(found: MinimumDetectable) -> str:
    """Say what so many people could not tell."""
    what = "Ratio below 1 and nearest to it" if found.comparison == "ratio" else "Smallest difference"
    rates = {row.rate for row in found.rows}
    head = f"{what} that would be told with a power of {share(found.power)}"
    about = f", from a rate of {share(found.rows[0].rate)}" if len(rates) == 1 else ""
    parts = [_detectable(found, row, len(rates) > 1) for row in found.rows[:MOST]]
    more = f"; and {len(found.rows) - MOST:,} more in the table" if len(found.rows) > MOST else ""
    return f"{head}{about}: {'; '.join(parts)}{more}. What is nearer to no difference may go unseen."


def _detectable(found: MinimumDetectable, row: DetectableRow, rated: bool) -> str:
    about = f", rate {share(row.rate)}" if rated else ""
    who = f"{f'{row.name} ' if row.name else ''}(n={row.n:,.10g} against {row.n_reference:,.10g}{about})"
    return f"{found.told(row.detectable)} for {who}" if row.name else f"{found.told(row.detectable)} {who}"


def collection_sentence(plan: CollectionPlan) -> str:
    """Say how many more people of which group."""
    persons = plan.spec.word("persons")
    wanted = [row for row in plan.rows if row.more]
    hopeless = [row for row in plan.rows if row.more is None]
    parts = []
    if wanted:
        named = _joined([f"{row.more:,} more of {plan.name_of(row)} {persons}" for row in wanted])
        parts.append(f"Collect {named}: {assumed(plan.power)}.")
    elif not hopeless:
        parts.append("Nothing more to collect: each group is settled.")
    if hopeless:
        reasons = dict.fromkeys(row.reason for row in hopeless)
        groups = [f"{_joined([plan.name_of(row) for row in hopeless if row.reason == why])} ({why})" for why in reasons]
        parts.append(f"No number can be planned for {'; '.join(groups)}.")
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
