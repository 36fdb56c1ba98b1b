"""The words of a verdict. None of them says that a model is fair, or that it complies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .._html import fixed, percent
from .._spec import Spec
from ..metrics import Metric
from ..metrics._sentence import ENGLISH, MAX_NAMED, label_of, words_of
from ..texts import Texts
from ._criterion import Criterion
from ._judging import ORDER
from ._plan_words import assumed
from ._sizes import POWER

if TYPE_CHECKING:
    from ._verdict import Ruling, Verdict

REASONS = ENGLISH["rulings"]


def told(criterion: Criterion, rows: Sequence[Ruling], spec: Spec) -> str:
    """Say what exceeds, what is undefined or inconclusive and what it would take, and what is within."""
    by_state = {state: [row for row in rows if row.state == state] for state in ("exceeds", "undefined", "inconclusive", "within")}
    worst = sorted(by_state["exceeds"], key=lambda row: -row.margins)
    parts = [f"Exceeds: {_harmed(row, spec)}{_exceeds(row, spec)}" for row in worst[:MAX_NAMED]]
    if len(worst) > MAX_NAMED:
        parts.append(f"Exceeds too: {_count(len(worst) - MAX_NAMED)}, marked in the table.")
    if worst and worst[0].comparisons > 1:
        parts.append(f"Limits allow for {worst[0].comparisons} comparisons.")
    parts += [f"Undefined for {_people(some, spec)} ({why})." for why, some in _by_reason(by_state["undefined"]).items()]
    if by_state["inconclusive"]:
        parts.append(_inconclusive(criterion, by_state["inconclusive"], spec))
    if by_state["within"]:
        named = _named([f"{_name(row, spec)} ({_sizes(row)}{f'; {row.reason}' if row.reason else ''})" for row in by_state["within"]])
        parts.append(f"Within {_margin(criterion)}: {named}.")
    return " ".join(parts)


def headline(verdict: Verdict, texts: Texts = ENGLISH) -> str:
    """Say which groups are in which state, in one line; the rows of a picture say the rest."""
    said, parts = texts["verdicts"], []
    for state in ORDER:
        rows = [row for row in verdict.rows if row.state == state]
        if not rows:
            continue
        names = list(dict.fromkeys(_named_in(row, texts) for row in rows))
        few = len(names) <= MAX_NAMED and len(rows) == len(names)
        values = {"state": said[state], "k": texts.count(len(rows)), "all": texts.count(len(verdict.rows)), "names": ", ".join(names)}
        parts.append(said["some" if few else "many"].format(**values))
    text = "; ".join(parts)
    return f"{verdict.within}{text[0].upper()}{text[1:]}"


def _named_in(row: Ruling, texts: Texts) -> str:
    """Who is in a state: the group, or the reference where that is what is harmed."""
    return texts["verdicts"]["turned"].format(reference=_reference(row, texts), group=_group(row)) if row.harms_reference else _group(row)


def _harmed(row: Ruling, spec: Spec) -> str:
    """Where the reference is what is harmed, its name."""
    return f"the reference itself, {_reference(row)}, is worse off than {_group(row)}: " if row.harms_reference else ""


def _exceeds(row: Ruling, spec: Spec) -> str:
    criterion = row.criterion
    limits = (row.lower, row.upper) if criterion.is_ratio or row.change > 0 else (-row.upper, -row.lower)
    if criterion.is_ratio:
        size = f"{row.change:.2f} times ({limits[0]:.2f} to {limits[1]:.2f})"
        beyond = "below" if row.change < criterion.margin else "above"
        tail = f"{beyond} {_margin(replace(criterion, direction='both') if row.harms_reference else criterion)}"
    else:
        high, low = ("more", "fewer") if criterion.is_rate else ("higher", "lower")
        size = f"{_size(criterion, abs(row.change))} {high if row.change > 0 else low} ({_limit(criterion, limits[0])} to {_limit(criterion, limits[1])})"
        tail = f"more than {_margin(criterion)}"
    text = f"{_rates(row, spec)}: {size}, {tail} ({_sizes(row)})."
    if row.flip is not None:
        text += f" {_flip(row, spec)}"
    return text


def _rates(row: Ruling, spec: Spec) -> str:
    """Both rates, as counts of a hundred people; of what is no rate, as numbers."""
    metric = row.criterion.measure
    than = _reference(row)
    if not isinstance(metric, Metric):
        return f"{metric.label} of {_name(row, spec)} {fixed(row.value, 3)}, {than} {fixed(row.base, 3)}"
    words = words_of(spec, metric)
    than = than if row.reference == "baseline" else f"of 100 {than}"
    return f"of 100 {_name(row, spec)}{words['among']} {_hundred(row.value)} {words['event']}, {than} {_hundred(row.base)}"


def _reference(row: Ruling, texts: Texts = ENGLISH) -> str:
    if row.reference == "baseline":
        return texts["verdicts"]["baseline_under"]
    return texts["sentence"].get(row.reference, row.reference) if isinstance(row.reference, str) else label_of(row.reference)


def _flip(row: Ruling, spec: Spec) -> str:
    """How many people would move the ratio across its bound: how firm it is, apart from chance."""
    metric = row.criterion.measure
    assert row.flip is not None
    assert isinstance(metric, Metric)
    count, bound = row.flip
    words = words_of(spec, metric)
    which = "more" if count > 0 else "fewer"
    return f"{abs(count):,} {which} {_name(row, spec)} who {words['event']} would move the ratio across {bound:.2f}."


def _inconclusive(criterion: Criterion, rows: Sequence[Ruling], spec: Spec) -> str:
    named = []
    for row in rows:
        need = "no number of more people can be planned" if row.more_needed is None else f"about {row.more_needed:,} more would be needed"
        why = f"{row.reason}; " if not row.reason.startswith(REASONS["across"]) else ""
        named.append(f"{_name(row, spec)} ({_sizes(row)}; {why}{need})")
    text = f"Inconclusive for {_named(named)}."
    collect = [row for row in rows if row.more_needed is not None]
    if collect:
        text += f" Planned {assumed(POWER)}."
    if criterion.on_inconclusive == "collect" and collect:
        text += f" Collect {_named([f'{row.more_needed:,} more of {_group(row)}' for row in collect])}."
    return text


def _by_reason(rows: Sequence[Ruling]) -> dict[str, list[Ruling]]:
    found: dict[str, list[Ruling]] = {}
    for row in rows:
        found.setdefault(row.reason, []).append(row)
    return found


def _people(rows: Sequence[Ruling], spec: Spec) -> str:
    """Name several groups of people in a row."""
    names = [_group(row) for row in rows]
    if len(names) > MAX_NAMED:
        return f"{', '.join(names[:MAX_NAMED])} and {_count(len(names) - MAX_NAMED, 'more ')}"
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{listed} {spec.word('persons')}"


def _named(names: Sequence[str]) -> str:
    if len(names) > MAX_NAMED:
        return f"{'; '.join(names[:MAX_NAMED])}; and {_count(len(names) - MAX_NAMED, 'more ')}"
    return "; ".join(names)


def _count(k: int, more: str = "") -> str:
    return f"{k} {more}group{'' if k == 1 else 's'}"


def _group(row: Ruling) -> str:
    return label_of(row.group)


def _name(row: Ruling, spec: Spec) -> str:
    return f"{_group(row)} {spec.word('persons')}"


def _sizes(row: Ruling) -> str:
    if row.n is None:
        return "n not shown"
    return f"n={row.n:,}" if row.n_reference is None else f"n={row.n:,} against {row.n_reference:,}"


def _margin(criterion: Criterion) -> str:
    return f"the margin of {criterion.told_margin} that was set"


def _size(criterion: Criterion, value: float) -> str:
    return _hundred(value) if criterion.is_rate else fixed(value, 3)


def _limit(criterion: Criterion, value: float) -> str:
    return fixed(100 * value, 1) if criterion.is_rate else fixed(value, 3)


def _hundred(value: float) -> str:
    return fixed(100 * value, 1).removesuffix(".0")


def shown_value(criterion: Criterion, value: float) -> str:
    """Write a value in a table."""
    if not criterion.is_rate:
        return "–" if math.isnan(value) else fixed(value, 3)
    return percent(value)


def shown_change(criterion: Criterion, change: float, lower: float, upper: float) -> str:
    """Write a change with its limits in a table or a picture."""
    shown = change_written(criterion, change, lower, upper)
    return shown.replace(" (", " points (", 1) if criterion.is_rate and not criterion.is_ratio else shown


def change_written(criterion: Criterion, change: float, lower: float, upper: float, texts: Texts = ENGLISH) -> str:
    """Write a change with its limits, without its unit: points of rates, ratios, or numbers."""
    if math.isnan(change):
        return texts.points(change)

    def write(value: float) -> str:
        if criterion.is_ratio:
            return texts.times(value) if math.isfinite(value) else f"{value:.2f}"
        return texts.points(value) if criterion.is_rate else _signed(texts.fixed(value, 3))

    return texts.interval(write(change), write(lower), write(upper))


def _signed(shown: str) -> str:
    return shown if shown.startswith("-") else f"+{shown}"
