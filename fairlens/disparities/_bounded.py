"""BoundsTable: each rate as measured, what it could be, and what chance adds to that."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from .._html import Cell, percent, points, table
from .._levels import MISSING, name_of
from .._result import Query, Result
from .._spec import Spec
from ..metrics import Metric
from ..metrics._results import Group, Status, note
from ..metrics._sentence import TEXTS, label_of, words_of
from ._adjusted import count, filled, hundred, plain, signed, to_pandas

if TYPE_CHECKING:
    import pandas as pd

Source = Literal["label", "group", "membership"]
NOTHING = "nothing unknown"
UNKNOWN: dict[Source, str] = {"label": "label", "group": "group", "membership": "group, known as probabilities"}
FRACTIONS = (
    "Which group people are of is known as probabilities only: measured rates count each person in fractions, n is an expected number,"
    " and n unknown the expected people of the group whose group is not certain."
)
_SAID = {
    "nothing": "Nothing is unknown that could move {metric}: everybody who counts for it has a label and a group.",
    "label": "The label of {k} {group} and {m} {reference} {persons} is missing. Whatever it is, ",
    "group": "The group of {k} {persons}{among} is missing. Whichever it is, ",
    "membership": "Which group people are of is known as probabilities only: it is not certain for an expected {k} {group} and {m} {reference} {persons}{among}."
    " Whoever they are, ",
    "bounds": "of 100 {group} {persons}{among} between {low} and {high} {event}",
    "pair": ", of 100 {reference} between {low2} and {high2}: the difference lies between {least} and {most}",
    "either": ", so its sign could be either",
    "same": ", so its sign is the same in any case",
    "chance": ". With chance allowed for too, it lies between {below} and {above} (n={n} and {n2}).",
    "one_label": "The label of {k} {group} {persons} is missing. Whatever it is, ",
    "one_group": "The group of {k} {persons}{among} is missing. Whichever it is, ",
    "one_membership": "Which group people are of is known as probabilities only: it is not certain for an expected {k} {group} {persons}{among}. Whoever they are, ",
    "one_chance": ". With chance allowed for too, between {below} and {above} (n={n}).",
    "short_label": "Whatever label {k} {group} and {m} {reference} {persons} have, of 100 {group} ",
    "short_group": "Whichever group {k} {persons}{among} are of, of 100 {group} ",
    "short_membership": "Groups are known as probabilities only (not certain for an expected {k} {group} and {m} {reference} {persons}): of 100 {group} ",
    "short_pair": "{persons}{among} between {least} and {most} {event} than of 100 {reference}: the sign ",
    "short_either": "could be either.",
    "short_same": "is the same in any case.",
}


class Range(NamedTuple):
    """Two ends; NaN where they are undefined or not shown."""

    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class BoundRow:
    """One rate of one group: as measured, between which ends it lies whatever is unknown, and with chance beside it.

    `source` is what is unknown: the "label" or the "group" of some people, or the "membership" of all whose group is known as
    probabilities; for that `n` and `n_unknown` are expected numbers. `bounds` are of what is unknown alone, `limits` have the sampling interval on both sides. The difference to the reference has the
    same two, and `conclusion` says whether what is unknown could turn it round. `n_unknown` people are unknown.
    """

    group: Group
    metric: Metric
    source: Source
    value: float
    bounds: Range
    limits: Range
    n: int | None
    n_unknown: int | None
    reference: Group
    difference: float
    difference_bounds: Range
    difference_limits: Range
    conclusion: str
    status: Status
    reason: str


@dataclass(frozen=True, repr=False)
class BoundsTable(Result):
    """Worst-case bounds of rates by group, and of their differences to a reference.

    Attributes
    ----------
    attributes : tuple of str
        The group columns.
    rows : tuple of BoundRow
        One per group, metric and source of what is unknown.
    """

    attributes: tuple[str, ...]
    rows: tuple[BoundRow, ...]
    spec: Spec
    confidence: float
    setting: str = ""
    within: str = ""
    query: Query | None = field(default=None, compare=False)

    def to_frame(self) -> pd.DataFrame:
        """Give one row per group, metric and source; `bound_lower` and `bound_upper` leave chance out, `lower` and `upper` do not.

        Examples
        --------
        >>> import fairlens as fl
        >>> audit = fl.audit(
        ...     y_pred=[1, 0, 0, 1, 1] * 20, sensitive_features={"sex": ["f", "m", "f", "m", None] * 20}
        ... )
        >>> frame = fl.bound(audit, "selection_rate").to_frame()
        >>> frame.loc[frame["source"] == "group", ["sex", "bound_lower", "bound_upper"]].round(3).values.tolist()
        [['f', 0.5, 0.667], ['m', 0.5, 0.667]]
        """
        rows = self.rows
        columns: dict[str, list[Any]] = {name: [row.group[j] for row in rows] for j, name in enumerate(self.attributes)}
        columns |= {"metric": [row.metric.name for row in rows], "value": [row.value for row in rows]}
        columns |= {f"bound_{end}": [getattr(row.bounds, end) for row in rows] for end in Range._fields}
        columns |= {end: [getattr(row.limits, end) for row in rows] for end in Range._fields}
        columns |= {name: [getattr(row, name) for row in rows] for name in ("n", "n_unknown", "source")}
        columns["reference"] = [plain(row.reference) for row in rows]
        columns["difference"] = [row.difference for row in rows]
        columns |= {f"difference_bound_{end}": [getattr(row.difference_bounds, end) for row in rows] for end in Range._fields}
        columns |= {f"difference_{end}": [getattr(row.difference_limits, end) for row in rows] for end in Range._fields}
        columns |= {name: [getattr(row, name) for row in rows] for name in ("conclusion", "status", "reason")}
        return to_pandas(columns, ("n", "n_unknown"))

    @property
    def sentence(self) -> str:
        """What is unknown, how far it could move a rate, and whether it could turn a difference round."""
        return self._told(short=False)

    @property
    def headline(self) -> str:
        """The sentence without rates and chance."""
        return self._told(short=True)

    def _told(self, *, short: bool) -> str:
        answer = self.published()
        able = [row for row in answer.rows if not math.isnan(row.bounds.lower)]
        told = [_said([row for row in able if row.source == source], answer.rows, self.spec, short) for source in UNKNOWN]
        if any(told):
            return answer.within + " ".join(filter(None, told))
        if any(row.status == "suppressed" for row in answer.rows) or not able:
            return answer.within + TEXTS["nothing"]
        names = " or ".join(dict.fromkeys(row.metric.label.lower() for row in able))
        return answer.within + _SAID["nothing"].format(metric=names)

    def html(self) -> str:
        """Give the published bounds as an HTML table."""
        answer = self.published()
        share = f"{round(100 * answer.confidence, 4):g} %"
        headers = [
            *answer.attributes, "metric", "unknown", "measured", "could be", f"with chance ({share})", "n", "n unknown",
            "difference could be", "difference with chance", "conclusion", "note",
        ]  # fmt: skip
        lines = [
            [
                *map(name_of, row.group), row.metric.label, UNKNOWN[row.source], Cell(percent(row.value), _full(row.value)),
                ends_text(row.bounds), ends_text(row.limits), count(row.n), count(row.n_unknown),
                points_text(row.difference_bounds), points_text(row.difference_limits), row.conclusion, note(row.status, row.reason),
            ]
            for row in answer.rows
        ]  # fmt: skip
        told = f"<p>{FRACTIONS}</p>" if any(row.source == "membership" for row in answer.rows) else ""
        return table(headers, lines, len(answer.attributes)) + told


def ends_text(ends: Range) -> str:
    """Write two shares in per cent."""
    return "–" if math.isnan(ends.lower) else f"{hundred(ends.lower)} to {hundred(ends.upper)} %"


def points_text(ends: Range) -> str:
    """Write two differences in points."""
    return "–" if math.isnan(ends.lower) else f"{points(ends.lower)} to {points(ends.upper)}"


def _said(rows: list[BoundRow], every: tuple[BoundRow, ...], spec: Spec, short: bool) -> str:
    """One source of what is unknown in words; empty where nothing is. Of several pairs the one with the largest difference."""
    paired = [row for row in rows if not math.isnan(row.difference_bounds.lower)]
    able = [row for row in paired if row.conclusion != NOTHING]
    if able:
        known = [row for row in able if MISSING not in row.group] or able
        top = max(known, key=lambda row: 0.0 if math.isnan(row.difference) else abs(row.difference))
        base = next(row for row in every if (row.group, row.metric.name, row.source) == (top.reference, top.metric.name, top.source))
        sign = "either" if "either" in top.conclusion else "same"
        parts = [f"short_{top.source}", "short_pair", f"short_{sign}"] if short else [top.source, "bounds", "pair", sign, "chance"]
        return _filled(parts, top, base, spec)
    alone = [row for row in rows if row.n_unknown and not paired]
    return _filled([f"one_{alone[0].source}", "bounds", "one_chance"], alone[0], alone[0], spec) if alone else ""


def _filled(parts: list[str], row: BoundRow, base: BoundRow, spec: Spec) -> str:
    values = {
        **words_of(spec, row.metric),
        "group": label_of(row.group), "reference": label_of(base.group), "k": count(row.n_unknown), "m": count(base.n_unknown),
        "low": hundred(row.bounds.lower), "high": hundred(row.bounds.upper),
        "low2": hundred(base.bounds.lower), "high2": hundred(base.bounds.upper),
        "n": count(row.n), "n2": count(base.n),
    }  # fmt: skip
    if not math.isnan(row.difference_bounds.lower):
        apart, limits = row.difference_bounds, row.difference_limits
        values |= {"least": signed(apart.lower), "most": signed(apart.upper), "below": signed(limits.lower), "above": signed(limits.upper)}
    else:
        values |= {"below": hundred(row.limits.lower), "above": hundred(row.limits.upper)}
    return "".join(filled(_SAID[part], values) for part in parts)


def _full(value: float) -> float | None:
    return None if math.isnan(value) else value
