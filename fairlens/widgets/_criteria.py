"""The strip of criteria: what `check` says at every stop of the threshold slider, as text. The browser judges nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._html import escape, running
from .._levels import ALL
from .._thresholds import GroupThresholds
from ..disparities import Criterion, Verdict, check
from ..disparities._criterion_words import label_in
from ..disparities._judging import ORDER
from ..disparities._sizes import POWER
from ..disparities._verdict import Ruling
from ..disparities._verdict_words import change_written, headline
from ..exceptions import BadValue
from ..metrics._sentence import label_of
from ..texts import Texts
from ._choices import Choices
from ._state import State

MARKS = {
    "exceeds": "M2 2H14V14H2Z",
    "within": "M14 8A6 6 0 1 1 2 8A6 6 0 1 1 14 8Z",
    "inconclusive": "M8 1L15 8L8 15L1 8Z",
    "undefined": "M3 3L13 13M13 3L3 13",
}
"""A shape for each state, in a square of 16: told apart without colour, and never without the word."""
MAX_RULINGS = 4_000
_SHOWN = 30


@dataclass(frozen=True, slots=True)
class Judged:
    """One criterion at one stop: its words, the heading of its changes, and a row of texts per group: state, then group, note, change, n."""

    words: str
    limits: str
    change: str
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    more: str = ""


@dataclass(frozen=True, slots=True)
class Strip:
    """What the criteria say at each stop: which groups are in which state, and a table per criterion."""

    stops: tuple[tuple[str, tuple[Judged, ...]], ...]
    texts: Texts

    def pack(self) -> dict[str, Any]:
        """Give it as plain data in which each text stands once."""
        texts: dict[str, int] = {}

        def place(text: str) -> int:
            return texts.setdefault(text, len(texts))

        stops = [
            {
                "said": place(said),
                "parts": [
                    {
                        "words": place(one.words),
                        "limits": place(one.limits),
                        "change": place(one.change),
                        "rows": [[ORDER.index(state), *map(place, cells)] for state, cells in one.rows],
                        "more": place(one.more),
                    }
                    for one in parts
                ],
            }
            for said, parts in self.stops
        ]
        states = [[state, MARKS[state], self.texts["verdicts"][state]] for state in ORDER]
        return {"texts": list(texts), "stops": stops, "states": states, "ui": dict(self.texts["criteria"])}

    def html(self, choices: Choices, state: State) -> str:
        """Write the strip that belongs to a state."""
        at = judged_stop(choices, state)
        said, parts = self.stops[at]
        note = judged_note(choices, state, at)
        tables = "".join(_part(one, self.texts) for one in parts)
        return (
            f'<div class="fl-criteria"><p class="fl-verdict"><strong>{escape(self.texts["criteria"]["title"])}.</strong> {running(said)}</p>'
            f'<p class="fl-judged">{escape(note)}</p>{tables}</div>'
        )


def judged_stop(choices: Choices, state: State) -> int:
    """The stop that criteria are judged at: that of the slider, or the audit's own where thresholds differ by group."""
    split = isinstance(state.threshold, GroupThresholds)
    return choices.stops.index(choices.audit.own_threshold if split else state.threshold)


def judged_note(choices: Choices, state: State, at: int) -> str:
    """Say who is judged and how they are decided about, and where that is not what is on the screen."""
    said = choices.texts["criteria"]
    how = said["decided"] if choices.stops[at] is None else said["at"].format(threshold=choices.stop_names[at])
    aside = [said["filter"]] if state.where else []
    aside += [said["cuts"]] if isinstance(state.threshold, GroupThresholds) else []
    return said["judged"].format(how=how, aside=said["aside"].format(what=said["and"].join(aside)) if aside else "")


def judge_all(choices: Choices, criteria: Sequence[Criterion]) -> Strip | None:
    """Hold the published audit against the criteria at every stop; None where there are no criteria.

    Raises
    ------
    BadValue
        If that would be more than 4,000 rulings.
    RoleNeeded, LevelNotFound
        If the audit lacks what a criterion asks for.
    """
    if isinstance(criteria, list | tuple) and not criteria:
        return None
    first = check(choices.audit.at(choices.stops[0]), criteria)
    count = len(first.rows) * len(choices.stops)
    if count > MAX_RULINGS:
        widest = max(first.criteria, key=lambda one: sum(row.criterion == one for row in first.rows))
        raise BadValue(
            f"`criteria` asks for {count:,} rulings: {len(first.rows):,} groups at {len(choices.stops)} thresholds.",
            f"A panel shows {MAX_RULINGS:,} at most; the most groups are in {widest.label!r}.",
            hint=f"fl.check(audit, criteria) at one threshold, or Criterion(..., by={choices.axes[0]!r}) of fewer groups",
            role="criteria",
            value=count,
        )
    by_stop = [[_check(choices, one, stop) for one in first.criteria] for stop in choices.stops]
    texts = choices.texts
    return Strip(tuple((_said(verdicts, texts), tuple(_judged(one, texts) for one in verdicts)) for verdicts in by_stop), texts)


def _check(choices: Choices, criterion: Criterion, stop: float | None) -> Verdict:
    """The verdict at one stop; two decisions about the same people are compared as they were taken, whatever the threshold."""
    return check(choices.audit.at(None if criterion.comparison == "baseline" else stop), criterion)


def _said(verdicts: Sequence[Verdict], texts: Texts) -> str:
    """Which groups are in which state; of several criteria how many comparisons, since one group can be in several."""
    if len(verdicts) == 1:
        return f"{headline(replace(verdicts[0], within=''), texts)}."
    found = [row.state for verdict in verdicts for row in verdict.rows]
    states = ", ".join(f"{texts['verdicts'][state]} {texts.count(found.count(state))}" for state in ORDER if state in found)
    return texts["criteria"]["counts"].format(k=texts.count(len(found)), states=states) + "."


def _judged(verdict: Verdict, texts: Texts) -> Judged:
    (criterion,), rows, said = verdict.criteria, verdict.rows, texts["criteria"]
    named = f"{criterion.name}. " if criterion.name else ""
    words = f"{named}{label_in(criterion, texts)}"
    if criterion.comparison == "baseline":
        words += f", {said['as_taken']}"
    share, count = texts.share(criterion.confidence), max((row.comparisons for row in rows), default=1)
    limits = said["allowing" if count > 1 else "limits"].format(share=share, k=texts.count(count))
    kind = "ratio" if criterion.is_ratio else "difference" if criterion.is_rate else "change"
    kept = _worst(rows)
    left = len(rows) - len(kept)
    several = len({_columns(row, verdict) for row in rows}) > 1
    shown = tuple((row.state, (_group(row, verdict, several), _note(row, texts), _change(row, texts), _sizes(row, texts))) for row in kept)
    return Judged(words, limits, said[kind], shown, said["more"].format(k=texts.count(left)) if left else "")


def _worst(rows: Sequence[Ruling]) -> list[Ruling]:
    """The worst rows where there are many, in their own order."""
    order = sorted(range(len(rows)), key=lambda i: (ORDER.index(rows[i].state), i))
    kept = set(order[:_SHOWN])
    return [row for i, row in enumerate(rows) if i in kept]


def _columns(row: Ruling, verdict: Verdict) -> tuple[str, ...]:
    return tuple(name for name, level in zip(verdict.attributes, row.group, strict=True) if level != ALL)


def _group(row: Ruling, verdict: Verdict, several: bool) -> str:
    """The group; with its columns where a criterion is about more than one of them."""
    return f"{', '.join(_columns(row, verdict))} = {label_of(row.group)}" if several else label_of(row.group)


def _change(row: Ruling, texts: Texts) -> str:
    return change_written(row.criterion, row.change, row.lower, row.upper, texts)


def _sizes(row: Ruling, texts: Texts) -> str:
    if row.n is None or row.n_reference is None:
        return texts.count(row.n)
    return texts["criteria"]["against"].format(n=texts.count(row.n), m=texts.count(row.n_reference))


def _note(row: Ruling, texts: Texts) -> str:
    power = f"{texts.share(POWER)} %"
    need = texts["criteria"]["needed"].format(k=texts.count(row.more_needed), power=power) if row.more_needed is not None else ""
    return "; ".join(part for part in (texts.reason(row.reason), need) if part)


def _part(one: Judged, texts: Texts) -> str:
    """One criterion as a table; a mark stands before the word of each state."""
    said = texts["criteria"]
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in (said["group"], said["state"], one.change, said["n"]))
    body = "".join(_row(state, texts["verdicts"][state], *cells) for state, cells in one.rows)
    more = f"<p>{escape(one.more)}</p>" if one.more else ""
    return (
        f'<table class="fl-table fl-rulings"><caption>{escape(one.words)}. <span class="fl-limits">'
        f"{escape(one.limits)}</span></caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>{more}"
    )


def _row(state: str, word: str, group: str, note: str, *cells: str) -> str:
    told = f'<span class="fl-note">{escape(note)}</span>' if note else ""
    others = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    head = f'<th scope="row" dir="auto">{escape(group)}</th>'
    return f'<tr data-state="{state}">{head}<td>{mark(state)} {escape(word)}{told}</td>{others}</tr>'


def mark(state: str) -> str:
    """Draw the shape of a state."""
    return f'<svg class="fl-mark fl-{state}" viewBox="0 0 16 16" width="13" height="13" aria-hidden="true"><path d="{MARKS[state]}"/></svg>'
