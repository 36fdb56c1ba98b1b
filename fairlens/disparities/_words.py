"""Sentences about many groups."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._html import fixed, percent, points
from ..metrics._sentence import MAX_NAMED, TEXTS, label_of
from ._family import named

if TYPE_CHECKING:
    from ..stats._spread import Seen
    from ._screen import ScreenFamily, ScreenRow


def p_words(p: float) -> str:
    """Write a p-value."""
    if math.isnan(p):
        return "–"
    return "under 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.0995 else f"{p:.2f}"


def screening(family: ScreenFamily, confidence: float, several: int = 1) -> str:
    """Say whether rates differ at all, which groups differ, and how large a gap chance alone makes."""
    subject = f"{family.metric.label} by {' and '.join(family.by)}"
    tail = _tail(family)
    if not family.size:
        reason = next((one.reason for one in family.rows if one.reason), TEXTS["nothing"])
        return f"{subject}: cannot tell, {reason}.{tail}"
    parts = [f"{subject}: {_omnibus(family, confidence)}"]
    differing = [one for one in family.rows if one.differs(confidence)]
    parts.append(_differing(family, differing, confidence))
    parts.append(_gap(family))
    return f"{' '.join(part for part in parts if part)}{tail}"


def _omnibus(family: ScreenFamily, confidence: float) -> str:
    statistic, df, p = family.omnibus
    degrees = "1 degree" if df == 1 else f"{df} degrees"
    test = f"chi-square {fixed(statistic, 1)} on {degrees} of freedom, p {p_words(p) if p < 0.001 else f'= {p_words(p)}'}, n={family.n:,.0f}"
    if p <= 1 - confidence:
        return f"the {family.size + (family.base is not None)} groups do not all have one rate ({test})."
    return f"cannot tell whether the {family.size + (family.base is not None)} groups differ at all ({test})."


def _differing(family: ScreenFamily, differing: Sequence[ScreenRow], confidence: float) -> str:
    against = "the others" if family.reference == "rest" else label_of(family.reference)
    if not differing:
        return f"Cannot tell of any one group whether it differs from {against}, allowing for {family.size} groups compared."
    ranked = sorted(differing, key=lambda one: -abs(one.z))
    told = [
        f"{label_of(one.row.group)} {percent(one.row.value)} against {percent(one.base_value)}:"
        f" {points(one.difference)} points ({points(one.lower)} to {points(one.upper)}), n={one.row.n:,} against {one.base_n:,}"
        for one in ranked[:MAX_NAMED]
    ]
    more = len(ranked) - len(told)
    tail = f"; and {more} more" if more else ""
    rest = family.size - len(ranked)
    unsure = f" For the other {rest} groups it cannot tell." if rest > 1 else " For the other group it cannot tell." if rest else ""
    return f"Different from {against}, allowing for {family.size} groups compared: {'; '.join(told)}{tail}.{unsure}"


def _gap(family: ScreenFamily) -> str:
    if math.isnan(family.gap.value):
        return ""
    low, high = (fixed(100 * end, 1) for end in (family.gap.lower, family.gap.upper))
    return (
        f"The largest rate less the smallest is {fixed(100 * family.gap.value, 1)} points ({low} to {high});"
        f" if all groups had one rate, chance alone would make about {fixed(100 * family.by_chance.mean, 1)}"
        f" ({fixed(100 * family.by_chance.upper, 1)} or more in 5 of 100 audits)."
        f" {seen_sentence(family.seen, family.size + (family.base is not None))}"
    )


def seen_words(seen: Seen, groups: int) -> str:
    """Say which gap between two groups so many people can tell."""
    if math.isnan(seen.least):
        return "no gap, however large"
    least, surely = _ends(seen)
    if groups == 2 or least == surely:
        return f"a gap of {least} points"
    other = surely if surely == "none" else f"one of {surely}"
    return f"a gap of {least} points between its two largest groups, and {other} between its two smallest"


def seen_sentence(seen: Seen, groups: int) -> str:
    """Say in a sentence which gap between two groups so many people can tell."""
    return f"With so many people, 8 of 10 audits would see {seen_words(seen, groups)}."


def seen_briefly(seen: Seen, groups: int) -> str:
    """Write the same in a table or a picture."""
    if math.isnan(seen.least):
        return "none"
    least, surely = _ends(seen)
    return least if groups == 2 or least == surely else f"{least} to {surely}"


def _ends(seen: Seen) -> tuple[str, ...]:
    return tuple("none" if math.isnan(one) else fixed(100 * one, 1) for one in seen)


def _tail(family: ScreenFamily) -> str:
    rows = [row for row in family.left_out if row.status != "ok"]
    if not rows:
        return ""
    if len(rows) > MAX_NAMED:
        return f" Left out: {len(rows)} groups, marked in the table."
    return f" Left out: {named(rows)}."
