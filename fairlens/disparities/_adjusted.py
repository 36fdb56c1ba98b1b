"""AdjustedTable: crude and adjusted differences side by side, and the strata that they come from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from .._html import Cell, escape, fixed, percent, points, table
from .._levels import name_of
from .._result import Query, Result
from .._spec import Spec
from ..metrics import GroupRow, Metric
from ..metrics._results import Group, Status, note
from ..metrics._sentence import TEXTS, label_of, words_of
from ..stats._strata import Estimate

if TYPE_CHECKING:
    import pandas as pd

Method = Literal["crude", "mantel_haenszel", "standardized"]
METHODS: dict[Method, str] = {"crude": "crude", "mantel_haenszel": "Mantel-Haenszel", "standardized": "standardised"}
CAUTION = (
    "Neither number is the right one by itself: what is adjusted for may carry the disparity (it can lie between group and decision),"
    " and adjusting then takes away what an audit looks for."
)
_ALIKE = 0.05
_SAID = {
    "supported": "Of 100 {group} {persons}{among} {x} {event}, of 100 {reference} {y}: {d} ({low} to {high}; n={n} and {m}).",
    "cannot": "Of 100 {group} {persons}{among} {x} {event}, of 100 {reference} {y}; the difference lies between {low} and {high}"
    " (n={n} and {m}).",
    "adjusted": " With the same mix of {controls} {x} and {y}: {d} ({low} to {high}).",
    "adjusted_cannot": " With the same mix of {controls} {x} and {y}; cannot tell: the difference lies between {low} and {high}.",
    "no_adjusted": " With the same mix of {controls}: {status}, {reason}.",
    "overlap": " {k} people are in strata without the other group and are not in the second comparison.",
    "differ": " The difference is not the same in every stratum of {controls} (homogeneity p {p}), so one adjusted number hides something.",
    "alike": " The data do not show that strata of {controls} differ (homogeneity p {p}).",
    "more": " More comparisons in the table: {k}.",
}


@dataclass(frozen=True, slots=True)
class AdjustedRow:
    """One group against the reference by one method, in all strata together. `n` and `n_reference` are the people compared.

    `n_without_overlap` people of either group are in strata where the other has nobody, `strata` is the number of strata compared,
    `homogeneity` the p-value of Breslow and Day's test that the odds ratio is the same in all of them.
    """

    group: Group
    reference: Group
    metric: Metric
    method: Method
    rate: Estimate
    rate_reference: Estimate
    difference: Estimate
    ratio: Estimate
    odds_ratio: Estimate
    p_value: float
    homogeneity: float
    n: int | None
    n_reference: int | None
    n_without_overlap: int | None
    strata: int | None
    status: Status
    reason: str


@dataclass(frozen=True, slots=True)
class Stratum:
    """The rate of one group in one stratum, and which share of all people is in this stratum; NaN where that is not shown."""

    stratum: Group
    group: Group
    row: GroupRow
    share: float


@dataclass(frozen=True, repr=False)
class AdjustedTable(Result):
    """Crude, Mantel-Haenszel and standardised differences to a reference, side by side.

    Attributes
    ----------
    attributes, controls : tuple of str
        Group columns that are compared, and those that are held equal.
    rows : tuple of AdjustedRow
        Three per group and metric, one for each method.
    cells : tuple of Stratum
        The rates that they come from; `strata` is their frame.
    """

    attributes: tuple[str, ...]
    controls: tuple[str, ...]
    rows: tuple[AdjustedRow, ...]
    cells: tuple[Stratum, ...]
    spec: Spec
    confidence: float
    setting: str = ""
    within: str = ""
    query: Query | None = field(default=None, compare=False)

    def to_frame(self) -> pd.DataFrame:
        """Give one row per group, metric and method; `lower` and `upper` are those of the difference.

        Examples
        --------
        >>> import fairlens as fl
        >>> audit = fl.audit(
        ...     fl.datasets.load_berkeley(), y_pred="admitted", sensitive_features="gender", control_features="dept"
        ... )
        >>> frame = fl.adjust(audit, "selection_rate").to_frame()
        >>> frame[["method", "difference"]].round(4).values.tolist()
        [['crude', -0.1416], ['mantel_haenszel', 0.0184], ['standardized', 0.0426]]
        """
        rows = self.rows
        columns: dict[str, list[Any]] = {name: [row.group[j] for row in rows] for j, name in enumerate(self.attributes)}
        columns |= {"metric": [row.metric.name for row in rows], "method": [row.method for row in rows]}
        columns["reference"] = [plain(row.reference) for row in rows]
        for name, told in _ESTIMATES.items():
            found = [getattr(row, name) for row in rows]
            columns[told] = [one.value for one in found]
            prefix = "" if name == "difference" else f"{told}_"
            columns |= {f"{prefix}{end}": [getattr(one, end) for one in found] for end in ("lower", "upper")}
        for name in ("p_value", "homogeneity", *_COUNTS, "status", "reason"):
            columns[name] = [getattr(row, name) for row in rows]
        return to_pandas(columns, _COUNTS)

    @property
    def strata(self) -> pd.DataFrame:
        """The rate of each group in each stratum, with its interval and n, and the share of all people in the stratum. Raw."""
        columns: dict[str, list[Any]] = {name: [cell.stratum[j] for cell in self.cells] for j, name in enumerate(self.controls)}
        columns |= {name: [cell.group[j] for cell in self.cells] for j, name in enumerate(self.attributes)}
        columns["metric"] = [cell.row.metric.name for cell in self.cells]
        columns |= {name: [getattr(cell.row, name) for cell in self.cells] for name in ("value", "lower", "upper", "n")}
        columns["share"] = [cell.share for cell in self.cells]
        columns |= {name: [getattr(cell.row, name) for cell in self.cells] for name in ("status", "reason")}
        return to_pandas(columns, ("n",))

    @property
    def sentence(self) -> str:
        """Both differences in words: as they are, and with the same mix of strata. With the caution that belongs to them."""
        return f"{self.headline} {CAUTION}"

    @property
    def headline(self) -> str:
        """The sentence without its caution."""
        answer = self.published()
        crude = [row for row in answer.rows if row.method == "crude" and row.status == "ok"]
        if not crude:
            return f"{answer.within}{TEXTS['nothing']}"
        top = max(crude, key=lambda row: abs(row.difference.value))
        (adjusted,) = (row for row in answer.rows if row.method == "standardized" and _same(row, top))
        text = answer.within + _said(top, self.spec) + self._adjusted(adjusted)
        others = sum(row.method == "crude" for row in answer.rows) - 1
        return text + (_SAID["more"].format(k=f"{others:,}") if others else "")

    def _adjusted(self, row: AdjustedRow) -> str:
        controls = " and ".join(self.controls)
        if math.isnan(row.difference.value):
            return _SAID["no_adjusted"].format(controls=controls, status=row.status, reason=row.reason)
        clear = row.difference.lower > 0 or row.difference.upper < 0
        text = _SAID["adjusted" if clear else "adjusted_cannot"].format(controls=controls, **_spoken(row, clear))
        if row.n_without_overlap:
            text += _SAID["overlap"].format(k=f"{row.n_without_overlap:,}")
        if not math.isnan(row.homogeneity):
            differ = row.homogeneity < _ALIKE
            text += _SAID["differ" if differ else "alike"].format(controls=controls, p=p_text(row.homogeneity))
        return text

    def html(self) -> str:
        """Give both comparisons and the strata as HTML tables, with the caution."""
        answer = self.published()
        share = f"{round(100 * answer.confidence, 4):g} %"
        headers = [
            *answer.attributes, "metric", "reference", "method", "rate", "reference rate", f"difference ({share} interval)",
            "ratio", "odds ratio", "n", "n reference", "not compared", "note",
        ]  # fmt: skip
        lines = [
            [
                *map(name_of, row.group), row.metric.label, label_of(row.reference), METHODS[row.method],
                Cell(percent(*row.rate), _full(row.rate.value)), Cell(percent(*row.rate_reference), _full(row.rate_reference.value)),
                Cell(difference_text(row.difference), _full(row.difference.value)), ratio_text(row.ratio), ratio_text(row.odds_ratio),
                count(row.n), count(row.n_reference), count(row.n_without_overlap), note(row.status, row.reason),
            ]
            for row in answer.rows
        ]  # fmt: skip
        cells = [
            [
                *map(name_of, cell.stratum), *map(name_of, cell.group), cell.row.metric.label,
                Cell(percent(cell.row.value, cell.row.lower, cell.row.upper), _full(cell.row.value)), count(cell.row.n),
                note(cell.row.status, cell.row.reason),
            ]
            for cell in answer.cells
        ]  # fmt: skip
        names = [*answer.controls, *answer.attributes]
        strata = table([*names, "metric", f"rate ({share} interval)", "n", "note"], cells, len(names), "The strata")
        return f"{table(headers, lines, len(answer.attributes))}<details><summary>The strata</summary>{strata}</details><p>{escape(CAUTION)}</p>"


_ESTIMATES = {
    "rate": "value", "rate_reference": "value_reference", "difference": "difference", "ratio": "ratio", "odds_ratio": "odds_ratio",
}  # fmt: skip
_COUNTS = ("n", "n_reference", "n_without_overlap", "strata")


def _same(row: AdjustedRow, other: AdjustedRow) -> bool:
    return (row.group, row.metric.name, row.reference) == (other.group, other.metric.name, other.reference)


def _said(row: AdjustedRow, spec: Spec) -> str:
    clear = row.difference.lower > 0 or row.difference.upper < 0
    words = words_of(spec, row.metric)
    named = {"group": label_of(row.group), "reference": label_of(row.reference), "n": count(row.n), "m": count(row.n_reference)}
    return filled(_SAID["supported" if clear else "cannot"], {**words, **named, **_spoken(row, clear)})


def _spoken(row: AdjustedRow, clear: bool) -> dict[str, str]:
    """Rates and difference as people of 100, with one decimal."""
    value, lower, upper = row.difference
    ends = ([lower, upper] if value > 0 else [-upper, -lower]) if clear else []
    limits = [hundred(max(end, 0.0)) for end in ends] or [signed(lower), signed(upper)]
    return {"x": hundred(row.rate.value), "y": hundred(row.rate_reference.value), "d": signed(value), "low": limits[0], "high": limits[1]}


def filled(text: str, values: dict[str, str]) -> str:
    """Fill the names once, so that a group called "{x}" stays what it is."""
    import re

    return re.sub(r"\{(\w+)\}", lambda match: values.get(match[1], match[0]), text)


def hundred(value: float) -> str:
    """Write a share as people of 100, with one decimal."""
    return fixed(100 * value, 1)


def signed(value: float) -> str:
    """Write a difference of shares as people of 100 more or fewer."""
    return f"{hundred(abs(value))} {'fewer' if value < 0 else 'more'}"


def p_text(p: float) -> str:
    """Write a p-value."""
    return "< 0.001" if p < 0.001 else f"= {p:.3f}" if p < 0.1 else f"= {p:.2f}"


def difference_text(found: Estimate) -> str:
    """Write a difference in points, with its limits."""
    if math.isnan(found.value):
        return "–"
    return f"{points(found.value)} points ({points(found.lower)} to {points(found.upper)})"


def ratio_text(found: Estimate) -> str:
    """Write a ratio with its limits."""
    if math.isnan(found.value):
        return "–"
    return f"{found.value:.2f} ({found.lower:.2f} to {found.upper:.2f})"


def count(n: int | None) -> str:
    """Write a number of people."""
    return "–" if n is None else f"{n:,}"


def plain(group: Group) -> object:
    """Write a reference in a frame: the level, or the tuple of levels of a crossing."""
    used = [level for level in group if level != "(all)"]
    return used[0] if len(used) == 1 else group


def to_pandas(columns: dict[str, list[Any]], counts: Sequence[str]) -> pd.DataFrame:
    """Make a frame whose numbers of people stay whole where some are not shown."""
    import pandas as pd

    made: dict[str, Any] = {name: pd.Series(values, dtype=object) if name == "reference" else values for name, values in columns.items()}
    for name in counts:
        if None in columns[name]:
            made[name] = pd.array(columns[name], dtype="Int64")
    return pd.DataFrame(made)


def _full(value: float) -> float | None:
    return None if math.isnan(value) else value
