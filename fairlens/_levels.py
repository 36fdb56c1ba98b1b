"""Levels: the values of a group column, brought to one form whatever engine they came from."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable

from .exceptions import BadValue, ReservedLevel, WrongKind

Level = str | int | float | bool

MISSING = "(missing)"
"""The level of people whose group is not known. It prints as it is written, sorts last and is never dropped."""

UNLABELLED = "(unlabelled)"
"""The outcome of people whose true label is not known."""

ALL = "(all)"
"""What a table shows in the column of an attribute that it does not use."""

_RESERVED = {
    MISSING: "people without a value",
    UNLABELLED: "people whose true label is not known",
    ALL: "what a table shows in a column that it does not use",
}


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
        rename = f"data = data.replace({text!r}, {text.strip('()')!r})"
        nobody = f"data = data.replace({text!r}, None), or give the level another name"
        raise ReservedLevel(
            f"`{role}` has the value {text!r}, which fairlens uses itself for {_RESERVED[text]}.",
            hint=nobody if text == MISSING or (text == UNLABELLED and role == "y_true") else rename,
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


def name_of(level: Level) -> str:
    """Name a level for a reader; a text without anything to read gets quotes."""
    text = str(level)
    return text if text.strip() else repr(text)


def check_spelling(levels: Collection[Level], axis: str, role: str) -> None:
    """Refuse a number or truth value beside a text that reads alike: no table or picture could tell them apart."""
    found = {level for level in levels if isinstance(level, str)}
    for level in levels:
        if not isinstance(level, str) and str(level) in found:
            raise BadValue(
                f"`{role}` names the column {axis!r}, which has the {type(level).__name__} {level!r} and the text {str(level)!r}.",
                "They are two levels that read alike, and nobody could tell them apart.",
                hint=f"data[{axis!r}] = data[{axis!r}].astype(str)",
                role=role,
                value=level,
            )


def sort_levels(values: Iterable[Level]) -> tuple[Level, ...]:
    """Distinct levels in one order for every engine: false, true, numbers, texts, missing."""
    return tuple(sorted(dict.fromkeys(values), key=_rank))


def _rank(level: Level) -> tuple[int, float, str]:  # an int stays one: 10**400 is no float
    if isinstance(level, str):
        return (3 if level in _RESERVED else 2, 0.0, level)
    return (0 if isinstance(level, bool) else 1, level, "")


def is_one_of(level: Level, have: Iterable[Level]) -> bool:
    """Whether a level is one of those; True and 1 are two levels."""
    return any(one == level and isinstance(one, bool) == isinstance(level, bool) for one in have)
