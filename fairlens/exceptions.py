"""Every error that fairlens raises on purpose.

::

    FairlensError
    ├── ColumnNotFound (KeyError)          a role names a column that the data do not have
    ├── LevelNotFound (KeyError)           a group, reference or filter names a level that does not occur
    ├── MetricNotFound (KeyError)          a metric id that is not known
    ├── WrongKind (TypeError)              an argument or a column of a kind that its role cannot use
    ├── PackageMissing (ImportError)       an extra that is not installed
    ├── ModelFailed (RuntimeError)         the model raised an error of its own, which is the cause
    ├── DataNotFound (FileNotFoundError)   a public data set that is nowhere, and cannot be fetched
    └── BadValue (ValueError)              the kind is right and the value is not
        ├── OutOfRange                     scores outside ``score_range``, a confidence outside 0 to 1
        ├── NotTwoValues                   labels or decisions that are not two values
        ├── MissingValues                  missing decisions or scores
        ├── ShapesDiffer                   lengths or indexes that differ
        ├── EmptyData                      no rows, or no labels at all
        ├── ReservedLevel                  a real value spelled like one of our own levels
        ├── BinsNeeded                     a numeric group column with too many values
        ├── TooManyCells                   more cells than the budget
        ├── TooManyPredictions             more predictions than the budget
        ├── CubesDiffer                    cubes that cannot be added
        ├── ThresholdNotHeld               a threshold between two edges of the score bins
        ├── RoleNeeded                     a question needs a role that the audit was not given
        ├── OneGroup                       a comparison with one group only
        ├── DataDiffers                    a file of a public data set whose bytes are not those published
        └── RowsNotHeld                    a question needs rows or a model, and this audit holds neither

A message says what was asked (role and value) and what there is, and ends in a line that starts with
``Hint:`` and writes the next line of code.
"""

from __future__ import annotations

__all__ = [
    "BadValue",
    "BinsNeeded",
    "ColumnNotFound",
    "CubesDiffer",
    "DataDiffers",
    "DataNotFound",
    "EmptyData",
    "FairlensError",
    "LevelNotFound",
    "MetricNotFound",
    "MissingValues",
    "ModelFailed",
    "NotTwoValues",
    "OneGroup",
    "OutOfRange",
    "PackageMissing",
    "ReservedLevel",
    "RoleNeeded",
    "RowsNotHeld",
    "ShapesDiffer",
    "ThresholdNotHeld",
    "TooManyCells",
    "TooManyPredictions",
    "WrongKind",
]


class FairlensError(Exception):
    """Base of every error raised on purpose.

    Parameters
    ----------
    asked
        What was asked, with the role and the value.
    have
        What there is instead.
    hint
        The next line of code to try.
    role, value
        The argument and what it was given, for programs that catch the error.
    """

    def __init__(
        self, asked: str, have: str = "", *, hint: str, role: str = "", value: object = None
    ) -> None:
        self.asked, self.have, self.hint, self.role, self.value = asked, have, hint, role, value
        super().__init__("\n".join(part for part in (asked, have, f"Hint: {hint}") if part))

    def __str__(self) -> str:  # KeyError would print the repr, with the line breaks escaped
        return str(self.args[0])

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.asked, self.have, self.hint, self.role, self.value)


def _rebuild(
    kind: type[FairlensError], asked: str, have: str, hint: str, role: str, value: object
) -> FairlensError:
    return kind(asked, have, hint=hint, role=role, value=value)


class ColumnNotFound(FairlensError, KeyError):
    """A role names a column that the data do not have."""


class LevelNotFound(FairlensError, KeyError):
    """A group, a reference or a filter names a level that does not occur."""


class MetricNotFound(FairlensError, KeyError):
    """A metric id that is not known."""


class WrongKind(FairlensError, TypeError):
    """An argument or a column of a kind that its role cannot use."""


class PackageMissing(FairlensError, ImportError):
    """An extra that is not installed."""


class ModelFailed(FairlensError, RuntimeError):
    """The model raised an error of its own, which is the cause (``__cause__``)."""


class DataNotFound(FairlensError, FileNotFoundError):
    """A public data set that is in no folder and no cache, and that cannot be fetched."""


class BadValue(FairlensError, ValueError):
    """The kind is right and the value is not."""


class OutOfRange(BadValue):
    """A number outside the range that its role allows."""


class NotTwoValues(BadValue):
    """Labels or decisions that are not two values."""


class MissingValues(BadValue):
    """Missing decisions or scores."""


class ShapesDiffer(BadValue):
    """Lengths or indexes that differ."""


class EmptyData(BadValue):
    """No rows, or no labels at all."""


class ReservedLevel(BadValue):
    """A real value spelled like one of fairlens' own levels."""


class BinsNeeded(BadValue):
    """A numeric group column with too many values."""


class TooManyCells(BadValue):
    """More cells than the budget allows."""


class TooManyPredictions(BadValue):
    """More predictions than the budget allows."""


class CubesDiffer(BadValue):
    """Cubes that cannot be added."""


class ThresholdNotHeld(BadValue):
    """A threshold that falls between two edges of the score bins."""


class RoleNeeded(BadValue):
    """A question needs a role that the audit was not given."""


class OneGroup(BadValue):
    """A comparison with one group only."""


class DataDiffers(BadValue):
    """A file of a public data set whose bytes are not those that were published."""


class RowsNotHeld(BadValue):
    """A question needs rows or a model, and this audit holds neither."""


def listed(values: object, limit: int = 12) -> str:
    """Write values for a message: quoted, comma-separated, cut after `limit`."""
    items = [repr(value) for value in values]  # type: ignore[attr-defined]
    more = f" and {len(items) - limit} more" if len(items) > limit else ""
    return ", ".join(items[:limit]) + more
