"""Sample: which rows are explained. Every group is drawn from by itself, so that none is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._columns import read, weights_of
from .._cube import Y_PRED
from .._levels import ALL, MISSING
from .._tally import read_scores, row_levels
from ._values import Group, Places

if TYPE_CHECKING:
    from .._audit import Audit

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]
LEAST = 30
"""Rows of a group that are explained at least, where it has as many."""
BACKGROUND = 100


@dataclass(frozen=True, slots=True, eq=False)
class Stratum:
    """One group: how many people it has, and the places of those that were drawn, the first `n` of one order of all people."""

    group: Group
    people: int
    drawn: Places


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """What is explained: strata, the places of all their rows, and what the audit holds of each row.

    Attributes
    ----------
    strata : tuple of Stratum
        In the order of `audit.by_group`.
    places : array of int
        All rows to explain, each once, ascending.
    background : array of int
        Places of a background that was drawn; empty where one was given.
    scored : array
        By row of the audit: the model's score, or its decision as 1 and 0.
    weights : array or None
        By row of the audit.
    published : array of bool
        By row of the audit: whether the person is one of those that readers are told about.
    """

    strata: tuple[Stratum, ...]
    places: Places
    background: Places
    scored: Numbers
    weights: Numbers | None
    published: Mask


def draw(audit: Audit, views: Sequence[tuple[str, ...]], attributes: Sequence[str], rows: int, background: int | None, left_out: Sequence[str], seed: int) -> Sample:
    """Draw rows of every group, and a background of rows of everybody.

    Parameters
    ----------
    views
        Columns to group by: one after the other, each with its own groups.
    attributes
        Columns of the answer; a view that does not use one shows "(all)" in it.
    rows
        Rows per group: all where a group has fewer, and never fewer than 30 of more.
    background
        Rows of the background, drawn from the people who are published, where these are not too few; None where one was given.
    left_out
        Columns whose people without a value are not published.
    seed
        Of the one random order of people that every group is drawn by: the overlap of groups is explained once.
    """
    spec, frame = audit.spec, audit.handle.columns
    groups = [audit.tables.view(view, dict(audit.selection), audit.own_threshold, clustered=False).groups for view in views]
    levels = {axis: row_levels(frame, axis, spec) for axis in {*(name for view in views for name in view), *(axis for axis, _ in audit.selection), *left_out}}
    weights = weights_of(read(frame), spec.sample_weight) if spec.sample_weight is not None else None
    size = len(next(iter(levels.values())))
    inside = np.ones(size, bool) if weights is None else weights > 0
    for axis, chosen in audit.selection:
        inside &= _at(levels[axis], chosen)
    published = np.ones(size, bool)
    for axis in left_out:
        published &= ~_at(levels[axis], (MISSING,))
    rng = np.random.default_rng(seed)
    rank = rng.permutation(size)
    strata = tuple(
        Stratum(tuple(group[view.index(name)] if name in view else ALL for name in attributes), int(members.sum()), _first(members, rank, max(rows, LEAST)))
        for view, known in zip(views, groups, strict=True)
        for group, members in _members(known, [levels[axis] for axis in view], inside)
    )
    every = [one.drawn for one in strata]
    places = np.unique(np.concatenate(every)) if every else np.zeros(0, np.int64)
    known = inside & published
    pool = known if known.sum() >= spec.suppress_below else inside
    against = np.zeros(0, np.int64) if background is None else _draw_background(pool, background, weights, rng)
    scored = read_scores(frame, spec) if spec.y_score is not None else np.asarray(row_levels(frame, Y_PRED, spec), float)
    return Sample(strata, places, against, scored, weights, published)


def _members(groups: Sequence[Group], columns: Sequence[list[Any]], inside: Mask) -> list[tuple[Group, Mask]]:
    """Each group of a view and its rows."""
    number = {group: k for k, group in enumerate(groups)}
    codes = np.fromiter((number.get(row, -1) for row in zip(*columns, strict=True)), np.int64, len(inside))
    return [(group, inside & (codes == k)) for k, group in enumerate(groups)]


def _first(members: Mask, rank: Places, count: int) -> Places:
    """The members that come first in an order of everybody."""
    places = np.flatnonzero(members)
    if len(places) <= count:
        return places
    return np.sort(places[np.argpartition(rank[places], count)[:count]])


def _draw_background(inside: Mask, count: int, weights: Numbers | None, rng: np.random.Generator) -> Places:
    places = np.flatnonzero(inside)
    if len(places) <= count:
        return places
    chance = None if weights is None else weights[places] / weights[places].sum()
    return np.sort(rng.choice(places, count, replace=False, p=chance))


def _at(levels: Sequence[Any], wanted: Sequence[Any]) -> Mask:
    return np.fromiter((level in wanted for level in levels), bool, len(levels))
