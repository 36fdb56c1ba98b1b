"""Bounds: how many rows an explanation has at most, as far as readers may know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ._attributor import at_most
from ._sample import LEAST, Sample
from ._values import Group


@dataclass(frozen=True, slots=True)
class Bounds:
    """Rows to explain and rows of the background, at most, where their numbers would tell of people who are not shown.

    `tells_background` is whether readers know the number of background rows itself.
    """

    rows: int
    background: int
    tells_background: bool


def bounds_of(sample: Sample, people: dict[Group, int], there: set[Group], few: int, left_out: int, rows: int, background: int, own: Any) -> Bounds | None:
    """Bound what is drawn by what readers know; None where nothing is hidden.

    Parameters
    ----------
    sample
        What was drawn.
    people
        The groups that are shown, with their people.
    there
        The groups that readers know of.
    few
        Groups of fewer people are hidden.
    left_out
        Number of columns whose people without a value are not published: fewer than `few` in each.
    rows, background
        Rows per group, and of a background to draw, that were asked for.
    own
        The background that was given; None where it was drawn.
    """
    if bool(sample.published.all()) and all(one.group in people for one in sample.strata):
        return None
    unpublished = max(few - 1, 0) * left_out
    everybody, most = int(sample.published.sum()), max(rows, LEAST)
    drawn = sum(min(most, people.get(group, everybody)) for group in there)
    size = len(sample.background) if own is None else len(own)
    if people and size >= few:
        return Bounds(min(drawn, everybody) + unpublished, size, True)
    at_least = min(background, everybody + unpublished) if own is None else int(at_most(max(size, few)))
    return Bounds(min(drawn, everybody) + unpublished, at_least, False)
