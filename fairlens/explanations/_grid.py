"""Grid: the values of one input that a model is asked about, and how many people of a group are near each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt

from ..exceptions import BadValue, ColumnNotFound, WrongKind, listed
from ._attributor import Vector
from ._encoding import encoding
from ._engines import Places, engine

_MOST_VALUES, _STEPS, _MOST_LEVELS = 12, 16, 20
_TAIL = 0.025


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Values to ask about.

    Attributes
    ----------
    feature : str
        The input.
    place : int
        Its position among the inputs.
    values : tuple
        Numbers, ascending; or levels.
    codes : array
        The same as the model's encoded rows hold them.
    own : array
        Of every audited row: its own value, as a number or a code.
    is_number : bool
        Whether the values have an order and distances.
    examples : array of int
        Rows that hold the levels, so that each can be decoded.
    """

    feature: str
    place: int
    values: tuple[Any, ...]
    codes: Vector
    own: Vector
    is_number: bool
    examples: Places

    def near(self, places: Places) -> npt.NDArray[np.int64]:
        """How many of some rows have a value of their own that is nearer to this than to any other, and no further than half a step."""
        own = self.own[places]
        own = own[np.isfinite(own)]
        if not self.is_number or len(self.codes) < 2:
            return np.array([int((own == code).sum()) for code in self.codes], np.int64)
        middles = (self.codes[1:] + self.codes[:-1]) / 2
        first, last = 2 * self.codes[0] - middles[0], 2 * self.codes[-1] - middles[-1]
        counts = np.histogram(own, [first, *middles, last])[0]
        return counts.astype(np.int64)


def make_grid(inputs: Any, feature: Any, given: Sequence[Any] | None, people: Places, floor: int) -> Grid:
    """Choose the values: those that were given, or round numbers, or levels, where at least `floor` of the people are.

    Raises
    ------
    ColumnNotFound
        If no input has that name.
    WrongKind
        If `given` is no list of values.
    BadValue
        If a given value is no finite number, or a level that no row has; or if there is nothing to ask about.
    """
    names = engine(_head(inputs)).names
    if feature not in names:
        raise ColumnNotFound(
            f"`feature` is {feature!r}.", f"The model's inputs are: {listed(names, 30)}.", hint=f"fl.dependence(audit, {names[0]!r})",
            role="feature", value=feature,
        )  # fmt: skip
    if isinstance(given, str | bytes | Mapping) or not (given is None or np.iterable(given)):
        raise WrongKind(
            f"`grid` is {given!r}, a {type(given).__name__}.", "It must be a list of values to set, or None.", hint=f"grid=[{given!r}]" if not isinstance(given, Mapping) else "grid=[20, 30, 40]",
            role="grid", value=given,
        )  # fmt: skip
    given = None if given is None else list(given)
    place = names.index(feature)
    column = encoding(_only(inputs, place, feature))
    own, coded = column.matrix[:, 0], column.coded[0]
    if coded is None:
        values = _numbers(given, feature) if given is not None else _round_numbers(own[people], floor)
        grid = Grid(feature, place, tuple(values), np.array(values, float), own, True, np.zeros(0, np.int64))
    else:
        codes = _levels(given, coded.levels, feature) if given is not None else _common(own[people], len(coded.levels), floor)
        held = [code for code in codes if coded.places[code] >= 0]
        levels = tuple(coded.levels[code] for code in held)
        grid = Grid(feature, place, levels, np.array(held, float), own, False, coded.places[coded.places >= 0])
    if not grid.values:
        raise BadValue(
            f"No value of {feature!r} is held by {floor} people.", "There is nothing to ask the model about.", hint="grid=[...] with values of your own",
            role="grid",
        )  # fmt: skip
    return grid


def _head(inputs: Any) -> Any:
    """One row, which has the names."""
    if isinstance(inputs, np.ndarray):
        return inputs[:1]
    return inputs.iloc[:1] if nw.dependencies.is_pandas_dataframe(inputs) else nw.from_native(inputs, eager_only=True)[:1].to_native()


def _only(inputs: Any, place: int, name: str) -> Any:
    """One column, as a table of the same kind."""
    if isinstance(inputs, np.ndarray):
        return inputs[:, [place]]
    if nw.dependencies.is_pandas_dataframe(inputs):
        return inputs.iloc[:, [place]]
    return nw.from_native(inputs, eager_only=True).select(name).to_native()


def _numbers(given: Sequence[Any], feature: str) -> list[float]:
    wrong = [one for one in given if isinstance(one, bool | str) or not np.isscalar(one) or not np.isfinite(np.float64(one))]  # type: ignore[arg-type]
    if wrong or not len(given):
        raise BadValue(
            f"`grid` holds {wrong[0]!r}." if wrong else "`grid` is empty.", f"{feature!r} is a column of numbers.", hint="grid=[20, 30, 40]",
            role="grid", value=wrong[0] if wrong else given,
        )  # fmt: skip
    return sorted({float(one) for one in given})


def _levels(given: Sequence[Any], levels: Sequence[Any], feature: str) -> list[int]:
    known = list(levels)
    wrong = [one for one in given if one not in known]
    if wrong or not len(given):
        raise BadValue(
            f"`grid` holds {wrong[0]!r}." if wrong else "`grid` is empty.", f"{feature!r} has: {listed(known)}.", hint=f"grid=[{known[0]!r}]" if known else "",
            role="grid", value=wrong[0] if wrong else given,
        )  # fmt: skip
    return list(dict.fromkeys(known.index(one) for one in given))


def _common(own: Vector, count: int, floor: int) -> list[int]:
    """The levels that most people have, in their order."""
    held = np.bincount(own[np.isfinite(own)].astype(np.int64), minlength=count)
    most = sorted(range(count), key=lambda code: -held[code])[:_MOST_LEVELS]
    return sorted(code for code in most if held[code] >= floor)


def _round_numbers(own: Vector, floor: int) -> list[float]:
    """The values themselves where they are few; else round numbers between the tails, none of which is a person's own for sure."""
    own = own[np.isfinite(own)]
    distinct, counts = np.unique(own, return_counts=True)
    if len(distinct) <= _MOST_VALUES:
        return [float(value) for value, count in zip(distinct, counts, strict=True) if count >= floor]
    low, high = (float(end) for end in np.quantile(own, (_TAIL, 1 - _TAIL)))
    if low == high:
        ordered = np.sort(own)
        low, high = float(ordered[min(floor, len(ordered)) - 1]), float(ordered[-min(floor, len(ordered))])
    if low >= high:
        return [low]
    step = _step((high - low) / _STEPS)
    if (distinct == np.floor(distinct)).all():
        step = max(math.ceil(step), 1)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [float(f"{k * step:.12g}") for k in range(first, last + 1)]


def _step(least: float) -> float:
    """The next round number."""
    power: float = 10.0 ** math.floor(math.log10(least))
    return next(digit * power for digit in (1, 2, 2.5, 5, 10) if digit * power >= least * (1 - 1e-9))
