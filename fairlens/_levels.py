"""Levels: the values of a group column, brought to one form whatever engine they came from."""

from __future__ import annotations

import math
from collections.abc import Iterable

from .exceptions import ReservedLevel, WrongKind

Level = str | int | float | bool

MISSING = "(missing)"
"""The level of people whose group is not known. It prints as it is written, sorts last and is never dropped."""

UNLABELLED = "(unlabelled)"
"""The outcome of people whose true label is not known."""

ALL = "(all)"
"""What a table shows in the column of an attribute that it does not use."""

_RESERVED = (MISSING, UNLABELLED, ALL)


def normalise(value: object, role: str = "sensitive_features") -> Level:
    """Bring one value to a level: whole floats to int, null, NaN and NaT to `MISSING`, bool kept."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return MISSING
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        value = value.item()
    if isinstance(value, float):
        return _normalise_float(value)
    if isinstance(value, bool | int):
        return value
    if not _has_name(value):
        raise WrongKind(
            f"`{role}` has a value of the type {type(value).__name__}, which has no name to print.",
            "A level is a text, a number, a truth value or a date.",
            hint=f"{role}=[str(value) for value in values], or one column per part",
            role=role,
            value=type(value).__name__,
        )
    text = str(value)
    if text in _RESERVED:
        raise ReservedLevel(
            f"`{role}` has the value {text!r}, which fairlens uses itself for people without a value.",
            hint=f"data = data.replace({text!r}, None), or give the level another name",
            role=role,
            value=text,
        )
    return text


def _has_name(value: object) -> bool:
    """Whether a value prints as itself: not a nested one, and not as the address of an object."""
    kind = type(value)
    nested = isinstance(value, list | dict | set) or hasattr(value, "ndim")
    return not nested and not (kind.__str__ is object.__str__ and kind.__repr__ is object.__repr__)


def _normalise_float(value: float) -> Level:
    if math.isnan(value):
        return MISSING
    if math.isinf(value):
        return str(value)
    return int(value) if value.is_integer() else float(value)


def sort_levels(values: Iterable[Level]) -> tuple[Level, ...]:
    """Distinct levels in one order for every engine: false, true, numbers, texts, missing."""
    return tuple(sorted(dict.fromkeys(values), key=_rank))


def _rank(level: Level) -> tuple[int, float, str]:  # an int stays one: 10**400 is no float
    if isinstance(level, str):
        return (3 if level in _RESERVED else 2, 0.0, level)
    return (0 if isinstance(level, bool) else 1, level, "")
