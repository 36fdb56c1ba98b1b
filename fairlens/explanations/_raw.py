"""Raw columns: the values of one column, as floats or as keys that tell values apart."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..exceptions import BadValue, WrongKind

Floats = npt.NDArray[np.float64]
Kind = Literal["number", "bool", "code"]
_EXACT = 2**53
_DATES = (datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64)


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """One column: its floats if it holds numbers, else a key for each value (None where missing) and the order of the keys."""

    name: str
    kind: Kind
    floats: Floats | None = None
    values: Sequence[Any] = ()
    keys: Sequence[Any] = ()
    order: dict[Any, int] | None = None

    @property
    def absent(self) -> int:
        """A place without a value; -1 where there is none."""
        return next((place for place, key in enumerate(self.keys) if key is None), -1)

    def distinct(self) -> dict[Any, int]:
        """Each key and the first place that has it, in the order of the categories, or sorted."""
        first: dict[Any, int] = {}
        for place, key in enumerate(self.keys):
            if key is not None:
                first.setdefault(key, place)
        if self.order is not None:
            order = self.order
            return dict(sorted(first.items(), key=lambda item: order[item[0]]))
        try:
            return dict(sorted(first.items()))
        except TypeError:  # values of one type that have no order
            return dict(sorted(first.items(), key=lambda item: repr(item[0])))


def read_values(name: str, kind: Kind, values: list[Any], missing: npt.NDArray[np.bool_], order: dict[Any, int] | None) -> Raw:
    """Read values that are no column of numbers, unless all of them are numbers."""
    known = [value for value, lacks in zip(values, missing, strict=True) if not lacks]
    if order is None and kind == "code" and known:
        wrong = next((value for value in known if isinstance(value, _DATES) or value.__hash__ is None), None)
        if wrong is not None:
            raise no_column(name, type(wrong).__name__)
        if all(isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool) for value in known):
            floats = np.array([np.nan if lacks else float(value) for value, lacks in zip(values, missing, strict=True)])
            return Raw(name, "number", floats)
    keys = [None if lacks else key_of(value) for value, lacks in zip(values, missing, strict=True)]
    return Raw(name, kind, None, values, keys, order)


def key_of(value: Any) -> Any:
    """What tells two values apart: 1, 1.0 and True are not the same to every model."""
    if isinstance(value, str):
        return ("str", str(value))
    return (type(value).__name__, value.item() if hasattr(value, "item") else value)


def exact(name: str, floats: Floats, is_integer: bool) -> Floats:
    """Refuse whole numbers that no float holds."""
    if is_integer and (np.abs(floats) > _EXACT).any():
        raise BadValue(
            f"The column {name!r} holds whole numbers beyond 2^53, such as {floats[np.abs(floats) > _EXACT][0]:.0f}.",
            "No float is exactly such a number, and to explain a model its inputs are mixed as floats. It may be an identifier.",
            hint=f"X[{name!r}] = X[{name!r}].astype(str) and a model that is fitted on it, or leave the column out",
            role="data",
            value=name,
        )
    return floats


def no_column(name: str, dtype: object) -> WrongKind:
    """Write the error of a column that no explanation can mix."""
    return WrongKind(
        f"The model's input {name!r} holds {dtype}.",
        "An explanation mixes numbers, truth values, texts and categories; dates and nested values have no place among them.",
        hint=f"X[{name!r}] = (X[{name!r}] - X[{name!r}].min()).dt.days, say, and a model that is fitted on it",
        role="data",
        value=name,
    )
