"""The answers about groups: rates, differences and ratios, as frozen tables of rows."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from .._html import Cell, table
from .._levels import ALL
from .._result import Query, Result
from .._spec import Spec
from ..texts import Texts
from ._formula import Formula
from ._many import adjusted, detectable
from ._ratio_words import compare_ratios
from ._row import Group as Group
from ._row import GroupRow as GroupRow
from ._row import Opposite as Opposite
from ._row import PairRow as PairRow
from ._row import Status as Status
from ._row import informed as informed
from ._sentence import ENGLISH, Comparison, compare, describe, label_of
from ._write import changed, written

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class GroupTable(Result):
    """Rates by group, each with its interval, its n and its status."""

    attributes: tuple[str, ...]
    rows: tuple[GroupRow, ...]
    spec: Spec
    confidence: float
    setting: str = ""
    within: str = ""
    query: Query | None = field(default=None, compare=False)

    def to_frame(self) -> pd.DataFrame:
        """Give one row per group and metric: the grouping columns, then metric, value, lower, upper, n, ...

        Examples
        --------
        >>> import pandas as pd, fairlens as fl
        >>> frame = pd.DataFrame({"sex": ["f", "m"] * 20, "hired": [1, 0, 1, 1] * 10})
        >>> rates = fl.audit(frame, y_pred="hired", sensitive_features="sex").by_group("selection_rate")
        >>> rates.to_frame()[["sex", "value", "n"]].values.tolist()
        [['f', 1.0, 20], ['m', 0.5, 20]]
        """
        columns = _group_columns(self.attributes, [row.group for row in self.rows])
        columns["metric"] = [row.metric.name for row in self.rows]
        for name in ("value", "lower", "upper", "n", "numerator", "denominator", "status", "reason"):
            columns[name] = [getattr(row, name) for row in self.rows]
        return _frame(columns)

    @property
    def sentence(self) -> str:
        """The rates in words, and the groups that are left out."""
        answer = self.published()
        everybody = f"All {self.spec.word('persons')}:"
        return describe(
            [
                (label_of(row.group) if row.group else everybody, row.metric, row.value, row.lower, row.upper, row.n, row.status)
                for row in answer.rows
            ],
            answer.within,
        )

    @property
    def left_out(self) -> tuple[GroupRow, ...]:
        """The rows without a number that can be compared: undefined, suppressed or small."""
        return tuple(row for row in self.rows if row.status != "ok")

    def html(self) -> str:
        """Give the published rates as an HTML table."""
        answer = self.published()
        several = len({row.metric.name for row in answer.rows}) > 1
        headers: list[str] = [*answer.attributes, *(["metric"] if several else []), _header(answer.rows, answer.confidence), "n", "note"]
        lines: list[list[object]] = [
            [
                *map(str, row.group),
                *([row.metric.label] if several else []),
                Cell(written(row.metric, row.value, row.lower, row.upper), _full(row.value)),
                Cell(_count(row.n), row.n),
                note(row.status, row.reason),
            ]
            for row in answer.rows
        ]
        return table(*_without_empty_notes(headers, lines), len(answer.attributes))


@dataclass(frozen=True, repr=False)
class _PairTable(Result):
    attributes: tuple[str, ...]
    rows: tuple[PairRow, ...]
    spec: Spec
    confidence: float
    setting: str = ""
    within: str = ""
    query: Query | None = field(default=None, compare=False)

    change_name: ClassVar[str] = ""

    def to_frame(self) -> pd.DataFrame:
        """Give one row per group and metric, the reference's own row left out."""
        columns = _group_columns(self.attributes, [pair.row.group for pair in self.rows])
        columns["metric"] = [pair.row.metric.name for pair in self.rows]
        columns["value"] = [pair.row.value for pair in self.rows]
        columns["reference"] = [_plain(pair.reference) for pair in self.rows]
        columns[self.change_name] = [pair.change for pair in self.rows]
        columns["lower"] = [pair.lower for pair in self.rows]
        columns["upper"] = [pair.upper for pair in self.rows]
        columns["p_value"] = [pair.p_value for pair in self.rows]
        columns["p_adjusted"] = list(self.p_adjusted)
        columns["minimum_detectable"] = list(self.minimum_detectable)
        columns["n"] = [pair.row.n for pair in self.rows]
        columns["n_reference"] = [pair.base.n for pair in self.rows]
        columns["status"] = [pair.status for pair in self.rows]
        columns["reason"] = [pair.reason for pair in self.rows]
        return _frame({**columns, **self._more_columns()})

    def _more_columns(self) -> dict[str, list[object]]:
        """Columns that only some of these tables have."""
        return {}

    @cached_property
    def p_adjusted(self) -> tuple[float, ...]:
        """P-values that allow for all comparisons of this table; NaN where a row cannot be compared.

        Within one metric and attribute by the studentised maximum over its groups (single-step max-|z|), by permuting who is in which
        group, or from normal numbers where rows have weights or clusters; across metrics and attributes by Bonferroni's inequality.
        """
        return adjusted(self.rows)

    @cached_property
    def minimum_detectable(self) -> tuple[float, ...]:
        """The smallest difference (or the nearest ratio below 1) that so many people would show with a power of 0.8, one row at a time.

        It depends on how many people there are and on the reference's rate, not on the difference that was seen.
        """
        return detectable(self.rows, self.change_name == "ratio", self.confidence)

    @property
    def sentence(self) -> str:
        """The largest difference that the data support, as counts of people, or that they cannot tell."""
        answer = self.published()
        return compare(comparisons(answer.rows), answer.spec, answer.confidence, within=answer.within)

    @property
    def left_out(self) -> tuple[PairRow, ...]:
        """The rows without a number that can be compared: undefined, suppressed or small."""
        return tuple(pair for pair in self.rows if pair.status != "ok")

    def html(self) -> str:
        """Give the published comparison as an HTML table."""
        answer = self.published()
        share = f"{round(100 * answer.confidence, 4):g} %"
        opposites = any(pair.opposite is not None for pair in answer.rows)
        turned = [f"ratio of the opposite rate ({share} interval)"] if opposites else []
        headers = [
            *answer.attributes, "metric", "reference", "rate", "reference rate", f"{self.change_name} ({share} interval)", *turned, "n", "n reference", "note",
        ]  # fmt: skip
        lines: list[list[object]] = [
            [
                *map(str, pair.row.group),
                pair.row.metric.label,
                label_of(pair.reference),
                Cell(written(pair.row.metric, pair.row.value, pair.row.lower, pair.row.upper), _full(pair.row.value)),
                Cell(written(pair.row.metric, pair.base.value, pair.base.lower, pair.base.upper), _full(pair.base.value)),
                Cell(self._show(pair), _full(pair.change)),
                *([_opposite(pair)] if opposites else []),
                Cell(_count(pair.row.n), pair.row.n),
                Cell(_count(pair.base.n), pair.base.n),
                note(pair.status, pair.reason),
            ]
            for pair in answer.rows
        ]  # fmt: skip
        return table(*_without_empty_notes(headers, lines), len(answer.attributes))

    @abstractmethod
    def _show(self, pair: PairRow) -> str:
        """Write the change and its interval."""


@dataclass(frozen=True, repr=False)
class DifferenceTable(_PairTable):
    """Differences of rates to a reference, in shares of 1, each with Newcombe's interval."""

    change_name: ClassVar[str] = "difference"

    def _show(self, pair: PairRow) -> str:
        return changed(pair.row.metric, pair.change, pair.lower, pair.upper)


@dataclass(frozen=True, repr=False)
class RatioTable(_PairTable):
    """Ratios of rates to a reference, each with Koopman's interval, beside the ratios of the opposite rates.

    A ratio of 0.9 of approvals can be one of 1.9 of refusals: neither tells the other, so both are given.
    """

    change_name: ClassVar[str] = "ratio"

    @property
    def sentence(self) -> str:
        """The ratio furthest from 1 that the data support, beside that of the opposite rates; or that they cannot tell."""
        answer = self.published()
        return compare_ratios(answer.rows, comparisons(answer.rows), answer.spec, answer.confidence, within=answer.within)

    def _more_columns(self) -> dict[str, list[object]]:
        found = [pair.opposite for pair in self.rows]
        return {
            f"opposite_{name}": [math.nan if one is None else getattr(one, field) for one in found]
            for name, field in (("ratio", "change"), ("lower", "lower"), ("upper", "upper"))
        }

    def _show(self, pair: PairRow) -> str:
        return "–" if pair.change != pair.change else f"{pair.change:.2f} ({pair.lower:.2f} to {pair.upper:.2f})"


def _opposite(pair: PairRow) -> Cell:
    one = pair.opposite
    if one is None or math.isnan(one.change):
        return Cell("–")
    return Cell(f"{one.change:.2f} ({one.lower:.2f} to {one.upper:.2f})", one.change)


def _without_empty_notes(headers: list[str], lines: list[list[object]]) -> tuple[list[str], list[list[object]]]:
    if any(line[-1] for line in lines):
        return headers, lines
    return headers[:-1], [line[:-1] for line in lines]


def note(status: Status, reason: str) -> str:
    """Say in a cell why a number is missing or weak."""
    if status == "suppressed":
        return status
    return reason if status == "ok" else f"{status}: {reason}"


def comparisons(rows: Sequence[PairRow], texts: Texts = ENGLISH) -> list[Comparison]:
    """Bring rows to what a sentence needs."""
    return [_comparison(pair, texts) for pair in rows]


def _comparison(pair: PairRow, texts: Texts) -> Comparison:
    return Comparison(
        label_of(pair.row.group),
        texts["sentence"][pair.reference] if isinstance(pair.reference, str) else label_of(pair.reference),
        pair.row.metric,
        *informed(pair.row),
        *informed(pair.base),
        pair.status,
        relative="overall" if pair.reference == "overall" else None,
        rest=None if pair.rest is None else informed(pair.rest),
        share=None if pair.rest is None else pair.row.denominator / pair.base.denominator,
        draws=_drawn_differences(pair.row, pair.base),
        per_person=pair.row.n / pair.row.effective if pair.row.n and pair.row.effective > 0 else 1.0,
    )


def _drawn_differences(row: GroupRow, base: GroupRow) -> Any:
    """Resampled differences; None for rates of which one does not vary, whose score intervals do tell about chance."""
    if row.draws is None or base.draws is None:
        return None
    varied = all(one.draws.min() < one.draws.max() for one in (row, base))
    return row.draws - base.draws if varied or isinstance(row.metric, Formula) else None


def _header(rows: Sequence[GroupRow], confidence: float) -> str:
    names = {row.metric.label for row in rows}
    return f"{names.pop() if len(names) == 1 else 'rate'} ({round(100 * confidence, 4):g} % interval)"


def _group_columns(attributes: tuple[str, ...], groups: Sequence[Group]) -> dict[str, list[object]]:
    return {name: [group[j] for group in groups] for j, name in enumerate(attributes)}


def _frame(columns: dict[str, list[object]]) -> pd.DataFrame:
    import pandas as pd

    for name in ("n", "n_reference"):
        if name in columns and None in columns[name]:
            columns[name] = pd.array(columns[name], dtype="Int64")  # type: ignore[call-overload]
    return pd.DataFrame({name: pd.Series(values, dtype=object) if name == "reference" else values for name, values in columns.items()})


def _plain(reference: str | Group) -> object:
    if isinstance(reference, str):
        return reference
    named = [level for level in reference if level != ALL]
    return named[0] if len(named) == 1 else reference


def _count(n: int | None) -> str:
    return "–" if n is None else f"{n:,}"


def _full(value: float) -> float | None:
    return None if value != value else value
