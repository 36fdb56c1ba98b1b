"""Sentences and cells about thresholds and what they cost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .._html import fixed, number
from .._levels import ALL
from ..metrics._sentence import TEXTS as COMMON
from ..metrics._sentence import _fill, _left, label_of

if TYPE_CHECKING:
    from ._choice import ThresholdChoice
    from ._costs import ChoiceRow

_MOST_NAMED = 6
SAID = {
    "common": "One threshold for all costs least at {at}: {cost} per 100 {persons} ({low} to {high}, n={n}){now}.",
    "now": "; as it is, {cost} ({low} to {high})",
    "own": " Each group by itself would cost least at: {named}{more}.",
    "hidden": "The cost of everybody is not shown.",
    "optimism": "Thresholds were chosen and counted on the same people: expect higher costs on others.",
    "lawful": " Thresholds that differ by group may be unlawful in your field: ask before you use them.",
}


def which(row: ChoiceRow) -> str:
    """Say what is special about a threshold."""
    own = "lowest for the group" if row.own else ""
    return ", ".join(part for part in ("as it is" if row.current else "", "lowest for all" if row.common else "", own) if part)


def written(threshold: float) -> str:
    """Write a threshold; one that is none is the decision as it was taken."""
    return "as decided" if math.isnan(threshold) else number(threshold)


def header(answer: ThresholdChoice) -> str:
    """Name the column of costs."""
    return f"{answer.unit} per 100 ({round(100 * answer.confidence, 4):g} % interval)"


def cost_of(row: ChoiceRow) -> str:
    """Write a cost with its interval."""
    return "–" if row.cost != row.cost else f"{fixed(row.cost, 1)} ({fixed(row.lower, 1)} to {fixed(row.upper, 1)})"


def say(answer: ThresholdChoice) -> str:
    """Say what one threshold for all costs, and what each group by itself would have."""
    best, names = answer.common, {label_of(row.group): row.status for row in answer.left_out if set(row.group) - {ALL}}
    tail = _left([f"{name} ({status})" for name, status in names.items()])
    own = answer.own
    if best is None and not own:
        return COMMON["nothing"] + tail
    now = next((row for row in answer.everybody if row.current and row.cost == row.cost and row is not best), None)
    said = SAID["hidden"] if best is None else _fill(SAID["common"], _values(best, answer) | {"now": _now(now)})
    if own:
        named = ", ".join(f"{label_of(row.group)} {number(row.threshold)}" for row in own[:_MOST_NAMED])
        more = f" and {len(own) - _MOST_NAMED} more in the table" if len(own) > _MOST_NAMED else ""
        said += _fill(SAID["own"], {"named": named, "more": more})
    return said + tail


def _values(row: ChoiceRow, answer: ThresholdChoice) -> dict[str, str]:
    return {
        "at": number(row.threshold),
        "cost": f"{fixed(row.cost, 1)} {answer.unit}",
        "low": fixed(row.lower, 1),
        "high": fixed(row.upper, 1),
        "n": f"{row.n:,}",
        "persons": answer.spec.word("persons"),
    }


def _now(row: ChoiceRow | None) -> str:
    if row is None:
        return ""
    return _fill(SAID["now"], {"cost": fixed(row.cost, 1), "low": fixed(row.lower, 1), "high": fixed(row.upper, 1)})
