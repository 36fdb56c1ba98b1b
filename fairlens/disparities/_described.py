"""Description: who is in the data, as a frozen table of rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from .._levels import MISSING
from .._result import Query, Result
from .._spec import Spec
from ..metrics import GroupRow
from ..metrics._results import Group, _frame, _group_columns
from ..stats import wilson
from ._describe_words import description_table, told

if TYPE_CHECKING:
    import pandas as pd


class Lacking(NamedTuple):
    """How many people of a group lack a value, and their share of it with Wilson's interval: None and NaN where that is not shown."""

    n: int | None = None
    share: float = math.nan
    lower: float = math.nan
    upper: float = math.nan


_NOT_SHOWN = Lacking()


@dataclass(frozen=True, slots=True)
class Represented:
    """A group's share of all people of known group, and what it is held against.

    Attributes
    ----------
    row
        The share among the people whose group is known, with its interval.
    population
        The share in the population; taken as known.
    """

    row: GroupRow
    population: float

    @property
    def value(self) -> float:
        """How many times as large the share is as that in the population."""
        return self.row.value / self.population if self.population > 0 else math.nan

    @property
    def able(self) -> bool:
        """Whether it can be compared."""
        return self.row.status == "ok" and self.population > 0

    def limits(self, z: float) -> tuple[float, float]:
        """Limits of the share by Wilson at a normal quantile, divided by the share in the population."""
        if math.isnan(self.value):
            return math.nan, math.nan
        lower, upper = wilson(self.row.value * self.row.effective, self.row.effective, z)
        return float(lower) / self.population, float(upper) / self.population


@dataclass(frozen=True, slots=True)
class DescriptionRow:
    """One group. `n` people are in it; `share`, `base` and `labelled` are rates with their intervals.

    `lacking` says by column how many have no value: of group columns, then of the model's inputs; `unlabelled` how many have no label.
    """

    group: Group
    n: int | None
    share: GroupRow
    base: GroupRow | None
    labelled: GroupRow | None
    lacking: Mapping[str, Lacking]
    represented: Represented | None = None
    unlabelled: Lacking = _NOT_SHOWN


@dataclass(frozen=True, slots=True)
class Whole:
    """Everybody who is described by some attributes: people, and people with a label; None where that is not shown."""

    by: tuple[str, ...]
    n: int | None
    unlabelled: int | None


@dataclass(frozen=True, repr=False)
class Description(Result):
    """Who is in the data: shares, base rates, missing labels and values, representation. Made by `describe`.

    Attributes
    ----------
    attributes : tuple of str
        The group columns.
    rows : tuple of DescriptionRow
        One per group.
    columns : tuple of str
        The columns that somebody has no value of.
    """

    attributes: tuple[str, ...]
    rows: tuple[DescriptionRow, ...]
    columns: tuple[str, ...]
    wholes: tuple[Whole, ...]
    spec: Spec
    confidence: float
    has_labels: bool = False
    has_population: bool = False
    setting: str = ""
    within: str = ""
    query: Query | None = field(default=None, compare=False)

    def to_frame(self) -> pd.DataFrame:
        """Give one row per group.

        The group columns, then ``n, share, lower, upper``; with labels ``base_rate, base_rate_lower, base_rate_upper, labelled`` (people)
        and ``labelled_share`` with its limits; for each column with missing values ``missing_COLUMN`` (people) and ``missing_share_COLUMN``
        with its limits (the same name with ``_lower`` and ``_upper``); with a
        population ``population, representation, representation_lower, representation_upper``; then ``status`` and ``reason``.

        Examples
        --------
        >>> import fairlens as fl
        >>> audit = fl.audit(y_true=[1, 0, None, 1] * 20, y_pred=[1, 0, 1, 1] * 20, sensitive_features={"sex": ["f", "m"] * 40})
        >>> frame = fl.describe(audit).to_frame()
        >>> frame[["sex", "n", "share", "base_rate", "labelled"]].values.tolist()
        [['f', 40, 0.5, 1.0, 20], ['m', 40, 0.5, 0.5, 40]]
        """
        rows = self.rows
        columns: dict[str, list[Any]] = _group_columns(self.attributes, [row.group for row in rows])
        columns["n"] = [row.n for row in rows]
        columns |= {said: [getattr(row.share, name) for row in rows] for said, name in _SHARE.items()}
        counts = ["n"]
        if self.has_labels:
            for said, name in (("base_rate", "value"), ("base_rate_lower", "lower"), ("base_rate_upper", "upper")):
                columns[said] = [math.nan if row.base is None else getattr(row.base, name) for row in rows]
            columns["labelled"] = [None if row.base is None else row.base.n for row in rows]
            for said, name in (("", "value"), ("_lower", "lower"), ("_upper", "upper")):
                columns[f"labelled_share{said}"] = [math.nan if row.labelled is None else getattr(row.labelled, name) for row in rows]
            counts.append("labelled")
        for name in self.columns:
            lacking = [row.lacking.get(name, Lacking()) for row in rows]
            columns[f"missing_{name}"] = [one.n for one in lacking]
            columns[f"missing_share_{name}"] = [one.share for one in lacking]
            columns[f"missing_share_{name}_lower"] = [one.lower for one in lacking]
            columns[f"missing_share_{name}_upper"] = [one.upper for one in lacking]
            counts.append(f"missing_{name}")
        if self.has_population:
            columns |= self._represented()
        columns["status"] = [row.share.status for row in rows]
        columns["reason"] = [_reason(row, self.has_population) for row in rows]
        return _whole_numbers(columns, counts)

    def _represented(self) -> dict[str, list[Any]]:
        from ..stats import normal_quantile

        z, nan = normal_quantile(self.confidence), math.nan
        found = [row.represented for row in self.rows]
        limits = [(nan, nan) if one is None else one.limits(z) for one in found]
        return {
            "population": [nan if one is None else one.population for one in found],
            "representation": [nan if one is None else one.value for one in found],
            "representation_lower": [low for low, _ in limits],
            "representation_upper": [high for _, high in limits],
        }

    @property
    def sentence(self) -> str:
        """The group whose share is furthest from that in the population, or that they cannot tell; without a population, who is in the data."""
        return told(self.published())

    def html(self) -> str:
        """Give the published description as an HTML table."""
        return description_table(self.published())


_SHARE = {"share": "value", "lower": "lower", "upper": "upper"}


def _reason(row: DescriptionRow, has_population: bool) -> str:
    reasons = [row.share.reason]
    if row.represented is not None and row.represented.population == 0:
        reasons.append("nobody in the population")
    if has_population and row.represented is None and MISSING in row.group:
        reasons.append("group not known")
    return "; ".join(filter(None, reasons))


def _whole_numbers(columns: dict[str, list[Any]], counts: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    made: dict[str, Any] = {
        name: pd.array(values, dtype="Int64") if name in counts and None in values else values for name, values in columns.items()
    }
    return _frame(made)
