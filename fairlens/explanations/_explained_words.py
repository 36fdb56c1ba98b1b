"""The sentence of an explanation, and how its numbers are written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._html import fixed
from .._levels import Level
from .._spec import Spec
from ..metrics._sentence import label_of
from ._encoded import Output

if TYPE_CHECKING:
    from ._attributor import Warned
    from ._explanation import Contribution

_MOST_GROUPS, _MOST_INPUTS = 4, 2


def in_points(output: Output, spec: Spec) -> bool:
    """Whether a contribution is a share of 1."""
    return output == "decision" or (output == "score" and (spec.y_score is None or tuple(spec.score_range) == (0.0, 1.0)))


def unit_of(output: Output, spec: Spec) -> str:
    """Name the unit of a contribution."""
    if output == "log_odds":
        return "log-odds"
    if not in_points(output, spec):
        return "units of the score"
    return "points of the score" if output == "score" else "points"


def written(value: float, output: Output, spec: Spec, *, bare: bool = False) -> str:
    """Write a contribution or a base: in points (a base in per cent), or as a number; `bare` leaves the unit out."""
    if math.isnan(value):
        return "–"
    if in_points(output, spec):
        return f"{fixed(100 * value, 1)}{'' if bare else ' %'}"
    return fixed(value, 3 if abs(value) < 10 else 1)


def describe(
    rows: Sequence[Contribution], supported: Sequence[Contribution], output: Output, spec: Spec, against: str = "the background"
) -> str:
    """Say for each group which inputs move the answer most, up or down, as far as the data support it."""
    groups = list(dict.fromkeys(row.group for row in rows))
    able = [group for group in groups if any(row.group == group and not math.isnan(row.mean) for row in rows)]
    if not able:
        return "There is no group whose explanation can be shown." + _left(rows)
    said = [_group(group, [row for row in supported if row.group == group], output, spec) for group in able]
    clauses = [text for text in said if text][:_MOST_GROUPS]
    more = sum(map(bool, said)) - len(clauses)
    tail = f" {more} more {'group is' if more == 1 else 'groups are'} in the table." if more else ""
    if not clauses:
        return f"Cannot tell which inputs move {_what(output)} in any group.{_left(rows)}"
    return (
        f"Compared with {against}, what the model used moves {_what(output)} on average, in {unit_of(output, spec)}: "
        + "; ".join(clauses)
        + f".{tail}{_left(rows)}"
    )


def warn(warned: Sequence[Warned]) -> str:
    """The end of a sentence that misleads without it."""
    return f" Mind: {'; '.join(one.short for one in warned)}." if warned else ""


def _group(group: tuple[Level, ...], parts: Sequence[Contribution], output: Output, spec: Spec) -> str:
    """One clause: the largest inputs of a group with their intervals; empty where none is supported that is more than nothing as written."""
    some = [row for row in parts if float(written(row.mean, output, spec, bare=True))]
    top = sorted(some, key=lambda row: -abs(row.mean))[:_MOST_INPUTS]
    shown = [
        f"{row.feature} {_signed(row.mean, output, spec)} ({_signed(row.lower, output, spec)} to {_signed(row.upper, output, spec)})"
        for row in top
    ]
    return f"for {label_of(group)} {', '.join(shown)}" if shown else ""


def _signed(value: float, output: Output, spec: Spec) -> str:
    shown = written(value, output, spec, bare=True)
    return shown if shown.startswith("-") or not float(shown) else f"+{shown}"


def _what(output: Output) -> str:
    return {"score": "the score", "decision": "the decision", "log_odds": "the log-odds"}[output]


def _left(rows: Sequence[Contribution]) -> str:
    weak = dict.fromkeys(f"{label_of(row.group)} ({row.status})" for row in rows if row.status != "ok")
    if not weak:
        return ""
    if len(weak) > 3:
        return f" Left out: {len(weak)} groups, marked in the table."
    return f" Left out: {'; '.join(weak)}."
