"""How many people it takes: before an audit from rates alone, and after one for the groups that it could not settle."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from .._html import Cell, percent, table
from .._result import Query, Result
from ..exceptions import BadValue, OutOfRange, ShapesDiffer, listed
from ..stats import (
    detectable_difference,
    detectable_ratio,
    equivalence_people,
    equivalence_ratio_people,
    people_per_group,
)
from ._criterion import _check_choice as check_choice
from ._criterion import _check_difference as check_difference
from ._criterion import _check_ratio as check_ratio
from ._plan_inputs import check_inside, check_share, is_number, numbers, people_of, rates_of, together
from ._plan_words import detectable_sentence, points, size_sentence

if TYPE_CHECKING:
    import pandas as pd

Numbers = npt.ArrayLike
Scale = Literal["difference", "ratio"]
_NO_RATIO = "the reference's rate is 0, so there is no ratio"


@dataclass(frozen=True, slots=True)
class SizeRow:
    """One plan: the rates it is for, or the margin, and the people it takes. `n` is None where no number would do."""

    rate: float
    other: float
    margin: float
    n: int | None
    n_reference: int | None

    @property
    def gap(self) -> float:
        """The difference of the two rates, or the margin where the plan is for that."""
        return self.other - self.rate if math.isnan(self.margin) else self.margin


@dataclass(frozen=True, repr=False)
class SampleSize(Result):
    """How many people it takes to tell two rates apart, or to show that they lie within a margin. Made by `sample_size`."""

    rows: tuple[SizeRow, ...]
    comparison: Scale
    direction: str
    power: float
    confidence: float
    reference_size: float
    query: Query | None = field(default=None, compare=False)

    @property
    def is_within(self) -> bool:
        """Whether the plan is to show that two rates lie within a margin."""
        return not math.isnan(self.rows[0].margin)

    @property
    def n(self) -> int | None:
        """People of the group, for the plan that needs most; None where no number would do."""
        sizes = [row.n for row in self.rows]
        return None if None in sizes else max(size for size in sizes if size is not None)

    def to_frame(self) -> pd.DataFrame:
        """Give one row per plan: rate (the reference's), other, difference, ratio, margin, n, n_reference, power, confidence, reason."""
        import pandas as pd

        rates, others = (np.array([getattr(row, name) for row in self.rows]) for name in ("rate", "other"))
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = np.where(rates > 0, others / rates, np.nan)
        return pd.DataFrame(
            {
                "rate": rates,
                "other": others,
                "difference": others - rates,
                "ratio": ratios,
                "margin": [row.margin for row in self.rows],
                "n": pd.array([row.n for row in self.rows], dtype="Int64"),
                "n_reference": pd.array([row.n_reference for row in self.rows], dtype="Int64"),
                "power": self.power,
                "confidence": self.confidence,
                "reason": ["" if rate > 0 else _NO_RATIO for rate in rates],
            }
        )

    @property
    def sentence(self) -> str:
        """How many people, and what for."""
        return size_sentence(self)

    def html(self) -> str:
        """Give the plans as an HTML table."""
        headers = ["rate of the reference", "margin" if self.is_within else "rate of the group", "n", "n reference"]
        lines = [
            [
                Cell(percent(row.rate), row.rate),
                self.told_margin(row.margin) if self.is_within else Cell(percent(row.other), row.other),
                _count(row.n),
                _count(row.n_reference),
            ]
            for row in self.rows
        ]
        return table(headers, lines, 2)

    def told_margin(self, margin: float) -> str:
        """Write a margin."""
        return f"{margin:g} to {1 / margin:g}" if self.comparison == "ratio" else f"{points(margin)} points"


@dataclass(frozen=True, slots=True)
class DetectableRow:
    """What one number of people can tell. `detectable` is NaN where nothing that is possible would be told."""

    name: str
    rate: float
    n: float
    n_reference: float
    detectable: float


@dataclass(frozen=True, repr=False)
class MinimumDetectable(Result):
    """The smallest difference, or the ratio nearest to 1, that so many people would show. Made by `minimum_detectable`."""

    rows: tuple[DetectableRow, ...]
    comparison: Scale
    power: float
    confidence: float
    query: Query | None = field(default=None, compare=False)

    def to_frame(self) -> pd.DataFrame:
        """Give one row per number of people: name (where there are names), rate (the reference's), n, n_reference, detectable, ..."""
        import pandas as pd

        named = {"name": [row.name for row in self.rows]} if any(row.name for row in self.rows) else {}
        columns = {name: [getattr(row, name) for row in self.rows] for name in ("rate", "n", "n_reference", "detectable")}
        return pd.DataFrame({**named, **columns, "comparison": self.comparison, "power": self.power, "confidence": self.confidence})

    @property
    def sentence(self) -> str:
        """What could not be told with so many people."""
        return detectable_sentence(self)

    def html(self) -> str:
        """Give the numbers as an HTML table."""
        named = any(row.name for row in self.rows)
        headers = [*(["group"] if named else []), "n", "n reference", "rate of the reference", f"smallest {self.comparison} that would be told"]
        lines = [
            [
                *([row.name] if named else []),
                f"{row.n:,.10g}",
                f"{row.n_reference:,.10g}",
                Cell(percent(row.rate), row.rate),
                self.told(row.detectable),
            ]
            for row in self.rows
        ]
        return table(headers, lines, 1)

    def told(self, detectable: float) -> str:
        """Write what can be told."""
        if math.isnan(detectable):
            return "none that is possible"
        return f"{detectable:.2f}" if self.comparison == "ratio" else f"{points(detectable)} points"


def sample_size(
    rate: Numbers,
    other: Numbers | None = None,
    *,
    difference: Numbers | None = None,
    ratio: Numbers | None = None,
    margin: Numbers | None = None,
    comparison: Scale | None = None,
    direction: Literal["both", "lower", "higher"] | None = None,
    power: float = 0.8,
    confidence: float = 0.95,
    reference_size: float = 1.0,
) -> SampleSize:
    """How many people an audit needs, before there is one.

    Parameters
    ----------
    rate
        The rate of the reference; a number or a list.
    other, difference, ratio
        One of these: the rate of the group, by how much it is more (or, below 0, less), or how many times as high. The answer is how many
        people it takes to tell the two apart.
    margin
        Instead of these: how many people it takes to show that two equal rates lie within this margin.
    comparison, direction
        Of the margin: as for a `Criterion`; a difference on both sides if nothing is said. Without a margin they say nothing.
    power
        Probability that the answer is found if it is there.
    confidence
        One less the level of the test; each side of a margin is tested at that level.
    reference_size
        People in the reference for each person of the group.

    Returns
    -------
    SampleSize
        With ``n`` and a row per plan.

    Notes
    -----
    Formulas as in `fairlens.stats.people_per_group` ("score") and `fairlens.stats.equivalence_people`.

    Examples
    --------
    >>> import fairlens as fl
    >>> fl.sample_size(0.30, 0.24).n, fl.sample_size(0.30, margin=0.05).n
    (859, 1439)
    """
    check_share("power", power)
    check_share("confidence", confidence)
    given = {name: value for name, value in (("other", other), ("difference", difference), ("ratio", ratio), ("margin", margin)) if value is not None}
    if len(given) != 1:
        raise BadValue(
            f"{listed(given) if given else 'None'} of 'other', 'difference', 'ratio' and 'margin' was given.",
            "It must be one of them.",
            hint="fl.sample_size(0.30, 0.24), or fl.sample_size(0.30, margin=0.05)",
            role="other",
        )
    if not is_number(reference_size) or reference_size <= 0:
        raise OutOfRange(
            f"`reference_size` is {reference_size!r}.", "It must be above 0.", hint="reference_size=1.0", role="reference_size", value=reference_size
        )  # fmt: skip
    base = rates_of("rate", rate)
    role, value = next(iter(given.items()))
    if role != "margin":
        _check_unused(role, comparison, direction)
    comparison, direction = comparison or "difference", direction or "both"
    if role == "margin":
        check_choice("comparison", comparison, ("difference", "ratio"))
        check_choice("direction", direction, ("both", "lower", "higher"))
        base, edge = together(rate=base, margin=numbers("margin", value))
        for one in edge:
            check_ratio(float(one)) if comparison == "ratio" else check_difference(float(one), True)
        method = equivalence_ratio_people if comparison == "ratio" else equivalence_people
        sizes = method(base, edge, power, confidence, reference_size, sides=2 if direction == "both" else 1)
        rates = base
    else:
        comparison = "ratio" if role == "ratio" else "difference"
        base, change = together(rate=base, **{role: numbers(role, value)})
        rates = change if role == "other" else base + change if role == "difference" else base * change
        check_inside(role, rates)
        edge = np.full_like(base, np.nan)
        sizes = people_per_group(rates, base, power, confidence, reference_size)
    rows = tuple(
        SizeRow(float(r), float(o), float(m), _whole(n), _whole(np.ceil(n * reference_size)))
        for r, o, m, n in zip(base, rates, edge, sizes, strict=True)
    )
    return SampleSize(rows, comparison, direction, power, confidence, float(reference_size))


def minimum_detectable(
    rate: Numbers,
    n: Numbers,
    n_reference: Numbers,
    *,
    power: float = 0.8,
    confidence: float = 0.95,
    comparison: Scale = "difference",
    names: Sequence[str] | None = None,
) -> MinimumDetectable:
    """What so many people can tell: the smallest difference, or the ratio below 1 and nearest to it, that they would show.

    Parameters
    ----------
    rate
        The rate of the reference; a number or a list.
    n, n_reference
        People in the group and in the reference; numbers or lists.
    power, confidence
        As for `sample_size`.
    comparison
        "difference" or "ratio".
    names
        The groups, for tables and pictures.

    Returns
    -------
    MinimumDetectable
        A row per number of people.

    Notes
    -----
    Formulas as in `fairlens.stats.detectable_difference` and `detectable_ratio`.

    Examples
    --------
    >>> import fairlens as fl
    >>> fl.minimum_detectable(0.30, [50, 200], [1000, 2000]).to_frame()["detectable"].round(3).tolist()
    [0.192, 0.098]
    """
    check_share("power", power)
    check_share("confidence", confidence)
    check_choice("comparison", comparison, ("difference", "ratio"))
    base, group, reference = together(rate=rates_of("rate", rate), n=people_of("n", n), n_reference=people_of("n_reference", n_reference))
    if names is not None and (isinstance(names, str) or len(names) != len(base)):
        raise ShapesDiffer(
            f"`names` is {names!r}.", f"There are {len(base)} rows.", hint='names=["Black", "Asian"], one per row', role="names", value=names
        )  # fmt: skip
    found = (detectable_ratio if comparison == "ratio" else detectable_difference)(base, group, reference, power, confidence)
    labels = [str(name) for name in names] if names is not None else [""] * len(base)
    rows = tuple(
        DetectableRow(name, float(r), float(n1), float(n2), float(least))
        for name, r, n1, n2, least in zip(labels, base, group, reference, found, strict=True)
    )
    return MinimumDetectable(rows, comparison, power, confidence)


def _check_unused(role: str, comparison: str | None, direction: str | None) -> None:
    """Refuse what only a margin has; a power is that of a test on both sides."""
    scale = "ratio" if role == "ratio" else "difference"
    for name, value, same in (("comparison", comparison, scale), ("direction", direction, "both")):
        if value is not None and value != same:
            raise BadValue(
                f"`{name}` is {value!r} beside {role!r}.",
                f"It is that of a margin. With {role!r} it is planned to tell two rates apart, on whichever side.",
                hint=f"leave {name} out, or fl.sample_size(0.3, margin={0.8 if value == 'ratio' else 0.05}, {name}={value!r})",
                role=name,
                value=value,
            )


def _whole(n: float) -> int | None:
    return None if math.isnan(n) else int(n)


def _count(n: int | None) -> str:
    return "no number" if n is None else f"{n:,}"


