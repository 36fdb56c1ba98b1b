"""Part: what one input, or one group of inputs, carries of a gap; and the rows that are no input."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

MIX, NOT_EXPLAINED = "(label mix)", "(rows not explained)"
Kind = Literal["input", "label_mix", "not_explained"]


@dataclass(frozen=True, slots=True)
class Part:
    """What one input carries of a gap: NaN where there is no number to show.

    `se` is the standard error of the contribution; it contains `monte_carlo_se`, that of the sampling alone. The simultaneous limits
    hold together with those of all other parts, and of all other gaps that were asked for with it. `n` people tell this number.

    Two kinds of parts are no input: the label mix, which is what the labels of the two groups make of the gap whatever the model does,
    and the rows not explained, by which the gap of everybody differs from that of the people who were sampled.
    """

    feature: str
    contribution: float = math.nan
    lower: float = math.nan
    upper: float = math.nan
    se: float = math.nan
    monte_carlo_se: float = math.nan
    simultaneous_lower: float = math.nan
    simultaneous_upper: float = math.nan
    n: int | None = None
    kind: Kind = "input"

    @property
    def is_clear(self) -> bool:
        """Whether the simultaneous interval excludes 0."""
        return self.simultaneous_lower > 0 or self.simultaneous_upper < 0

    @property
    def is_supported(self) -> bool:
        """Whether the data support that this input carries something."""
        return self.kind == "input" and self.is_clear


def named(part: Part) -> tuple[str, float, float, float]:
    """Give what a sentence needs."""
    return part.feature, part.contribution, part.lower, part.upper


def ordered(parts: list[Part]) -> tuple[Part, ...]:
    """The inputs with the largest contribution first, then the rest."""
    inputs = sorted((part for part in parts if part.kind == "input"), key=lambda part: -abs(part.contribution))
    return (*inputs, *(part for part in parts if part.kind != "input"))
