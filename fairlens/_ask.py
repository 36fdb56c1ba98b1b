"""Arguments that several questions share, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ._levels import Level
from .exceptions import BadValue, WrongKind, listed
from .metrics._disparity import NAMED

Reference = Level | tuple[Level, ...]


def check_interval(interval: Any, known: Sequence[str]) -> None:
    """Check the kind of interval that was asked for."""
    if interval not in known:
        raise BadValue(
            f"`interval` is {interval!r}.",
            f"There are: {', '.join(known)}.",
            hint=f"interval={known[0]!r}",
            role="interval",
            value=interval,
        )


def check_reference(reference: Any) -> Reference:
    """Check a reference: a level, a tuple of levels, or a word."""
    found = reference.item() if getattr(reference, "ndim", None) == 0 else reference
    if not isinstance(found, str | int | float | tuple):
        raise WrongKind(
            f"`reference` is {reference!r}.",
            f"It must be a level, a tuple of levels, or one of {listed(NAMED)}.",
            hint="reference='largest'",
            role="reference",
            value=reference,
        )
    return found
