"""Reading the arguments of plans: numbers and lists of numbers, with errors that say what was given."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from ..exceptions import OutOfRange, ShapesDiffer, WrongKind

_MOST_ROWS = 10_000


def numbers(role: str, value: Any) -> npt.NDArray[np.float64]:
    """Read a number or a list of numbers."""
    try:
        found = np.atleast_1d(np.asarray(value, float))
    except (TypeError, ValueError):
        found = np.full(1, np.nan)
    if found.ndim != 1 or not 0 < len(found) <= _MOST_ROWS or not np.isfinite(found).all():
        raise WrongKind(
            f"`{role}` is {value!r}.", "It must be a number or a list of numbers.", hint=f"{role}=0.3" if role != "n" else "n=[50, 200]", role=role, value=value
        )  # fmt: skip
    return found


def rates_of(role: str, value: Any) -> npt.NDArray[np.float64]:
    """Read rates."""
    found = numbers(role, value)
    check_inside(role, found)
    return found


def check_inside(role: str, rates: npt.NDArray[np.float64]) -> None:
    """Refuse rates that are none."""
    outside = rates[(rates < 0) | (rates > 1)]
    if len(outside):
        about = "" if role in ("rate", "other") else f" `{role}` leads to it."
        near = outside[0] / 100 if 1 < outside[0] <= 100 else 0.3
        raise OutOfRange(
            f"`{role}` gives a rate of {float(outside[0])!r}.",
            f"A rate is between 0 and 1.{about}",
            hint=f"{role}={near:g}" if role in ("rate", "other") else f"a smaller {role}: share of 1, not points",
            role=role,
            value=float(outside[0]),
        )


def people_of(role: str, value: Any) -> npt.NDArray[np.float64]:
    """Read numbers of people."""
    found = numbers(role, value)
    if (found < 0).any():
        raise OutOfRange(
            f"`{role}` is {value!r}.", "It must be numbers of people, 0 or more.", hint=f"{role}=200", role=role, value=value
        )  # fmt: skip
    return found


def together(**parts: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], ...]:
    """Bring lists to one length."""
    try:
        return tuple(np.broadcast_arrays(*parts.values()))
    except ValueError:
        sizes = ", ".join(f"`{name}` {len(part)}" for name, part in parts.items())
        raise ShapesDiffer(
            f"Lists of different lengths were given: {sizes}.", hint="one number, or lists of one length", role=next(iter(parts))
        ) from None  # fmt: skip


def is_number(value: Any) -> bool:
    """Whether a value is one finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def check_share(role: str, value: Any) -> None:
    """Check a power or a confidence."""
    if not is_number(value) or not 0.5 < value < 1:
        raise OutOfRange(
            f"`{role}` is {value!r}.", "It must be above 0.5 and below 1.", hint=f"{role}={0.8 if role == 'power' else 0.95}", role=role, value=value
        )  # fmt: skip
