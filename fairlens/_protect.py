"""What may leave: tables in which no small group can be read or worked out.

Small groups are blanked together with enough partners. Every table of every subset of the group axes is published, so a blank
is one unknown of a system of equations, one for each line whose cells add up to a cell of the table with one axis less; a
reader also knows that a blank group has somebody in it, that nobody got a decision twice, and that people are whole numbers. Partners
are added until no blank is found whose number of people has one solution only: not by a linear programme, nor among whole numbers. How many of
a small group got a decision has several solutions too, unless every group on its lines that could bring another one is blank already.

What this does not promise: counts of outcomes inside shown groups are published, at every step of the score. Where only few people had an
outcome, the margins of two attributes can still tell in which blank group they are, whatever else is blanked; only coarser outcomes
(fewer declared thresholds, no labels) take that away.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from ._blanking import Key, blanks, subsets
from ._classes import Classes
from ._clusters import Clusters
from ._cube import SCORE_BIN, Cube
from ._levels import MISSING, Level
from ._missing import MissingInputs
from ._tables import Fixed, PairedView, StepsView, Tables, View
from ._thresholds import Threshold
from .exceptions import BadValue, TooManyCells

Profile = Literal["restricted", "internal"]
PROFILES = ("restricted", "internal")
MAX_PUBLISHED_CELLS = 100_000
_STEPS = 20


@dataclass(eq=False)
class PublishedTables(Tables):
    """Tables for readers, and how many people are not in them."""

    left_out: tuple[tuple[str, int], ...] = ()
    """(attribute, people) who left the published universe, since too few have no value there."""
    coarse_edges: tuple[float, ...] | None = None
    """Steps that whole-number scores were rounded down to; None where each is kept."""

    @cached_property
    def _edges(self) -> tuple[float, ...] | None:
        spec = self.cube.spec
        if spec.edges is None or self.blanks is None:
            return self.coarse_edges if spec.edges is None else spec.edges
        low, high = spec.score_range
        grid = {k / _STEPS if (low, high) == (0.0, 1.0) else low + (high - low) * k / _STEPS for k in range(_STEPS + 1)}
        return tuple(sorted(grid | {t for t in spec.declared if spec.holds(t)}))

    @property
    def published_edges(self) -> tuple[float, ...] | None:
        """Edges that a reader may decide at: steps of a twentieth of the range, and every declared threshold."""
        return self._edges

    def known_levels(self, axis: str) -> tuple[Level, ...]:
        """The levels that a question may name: also that of the people who left the universe."""
        left = axis in {name for name, _ in self.left_out}
        return (*self.levels(axis), MISSING) if left else self.levels(axis)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "clusters": None, "classes": None, "missing": None}

    def view(self, by: Key, fixed: Fixed, threshold: Threshold, *, clustered: bool = True) -> View:
        """Count as any tables do; where the people of a level that left the universe are asked for, everything is suppressed."""
        kept = self._published(fixed)
        seen = super().view(by, kept, threshold, clustered=clustered)
        if len(kept) == len(fixed):
            return seen
        nothing, hidden = np.zeros_like(seen.counts), np.ones(len(seen.groups), bool)
        return View(by, seen.groups, nothing, nothing, nothing, hidden, None, None, None)

    def steps_view(self, by: Key, fixed: Fixed) -> StepsView:
        """Count scores as any tables do; people who left the universe are suppressed here too."""
        kept = self._published(fixed)
        seen = super().steps_view(by, kept)
        if len(kept) == len(fixed):
            return seen
        nothing, hidden = np.zeros_like(seen.counts), np.ones(len(seen.groups), bool)
        return StepsView(by, seen.groups, nothing, nothing, nothing, nothing, nothing, hidden, None)

    def paired_view(self, by: Key, fixed: Fixed) -> PairedView | None:
        """Count both decisions as any tables do; people who left the universe are suppressed here too."""
        kept = self._published(fixed)
        seen = super().paired_view(by, kept)
        if seen is None or len(kept) == len(fixed):
            return seen
        return PairedView(by, seen.groups, np.zeros_like(seen.counts), np.ones(len(seen.groups), bool))

    def _published(self, fixed: Fixed) -> Fixed:
        """What is asked of people who are in these tables."""
        left = {axis for axis, _ in self.left_out}
        return {axis: levels for axis, levels in fixed.items() if axis not in left or MISSING not in levels}


def publish(
    cube: Cube,
    profile: Profile = "restricted",
    clusters: Clusters | None = None,
    classes: Classes | None = None,
    missing: MissingInputs | None = None,
) -> PublishedTables:
    """Make the tables that may be printed, drawn or exported under a profile.

    Parameters
    ----------
    cube
        Counts of people.
    profile
        "restricted" blanks groups with fewer than ``spec.suppress_below`` people and enough others to keep them hidden;
        "internal" hides nothing.
    clusters
        Whose rows they are, for intervals; never part of what leaves.
    classes
        People by their probabilities of groups, for bounds; never part of what leaves.
    missing
        What the model's inputs lack, of which only protected counts leave.

    Raises
    ------
    BadValue
        If the profile is not known.
    TooManyCells
        If all tables together have more than 100,000 cells.
    """
    if profile not in PROFILES:
        raise BadValue(
            f"`profile` is {profile!r}.",
            f"There are: {', '.join(PROFILES)}.",
            hint='audit.protect("restricted")',
            role="profile",
            value=profile,
        )
    if profile == "internal":
        return PublishedTables(cube, clusters=clusters, classes=classes, missing=missing)
    floor = cube.spec.suppress_below
    cube, left_out = _leave_out_missing(cube, floor)
    coarse, edges = _coarsen(cube)
    tables = Tables(coarse)
    _check_size(tables)
    return PublishedTables(coarse, blanks(tables, floor), clusters, classes, missing, left_out=left_out, coarse_edges=edges)


def _leave_out_missing(cube: Cube, floor: int) -> tuple[Cube, tuple[tuple[str, int], ...]]:
    left = []
    for axis in cube.groups:
        levels = cube.levels_of(axis)
        if MISSING not in levels or len(levels) == 1:
            continue
        unknown = cube.where(**{axis: MISSING}).n
        if unknown < floor:
            left.append((axis, unknown))
            cube = cube.where(**{axis: [level for level in levels if level != MISSING]})
    return cube, tuple(left)


def _coarsen(cube: Cube) -> tuple[Cube, tuple[float, ...] | None]:
    """Round scores down to the edges that a reader may decide at; give these too, for whole-number scores that were rounded."""
    if SCORE_BIN not in cube.axes:
        return cube, None
    levels = [float(level) for level in cube.levels_of(SCORE_BIN)]
    edges = PublishedTables(cube, {}).published_edges
    if edges is None:
        if len(levels) <= _STEPS:
            return cube, None
        wanted = np.unique(np.quantile(levels, np.arange(_STEPS) / _STEPS, method="lower"))
        edges = tuple(sorted({*wanted.tolist(), *cube.spec.declared, levels[0]}))
    at = np.searchsorted(np.asarray(edges), levels, side="right") - 1
    place = cube.axes.index(SCORE_BIN)
    integer = cube.spec.edges is None
    columns = {}
    for j, axis in enumerate(cube.axes):
        names = cube.levels[j]
        if j == place:
            names = tuple(int(edges[i]) if integer and float(edges[i]).is_integer() else edges[i] for i in at)
        columns[axis] = [names[code] for code in cube.codes[:, j]]
    return Cube.from_columns(cube.spec, columns, dict(cube.sums)), edges if integer else None


def _check_size(tables: Tables) -> None:
    outcomes = tables.table(()).counts.size
    cells = sum(len(tables.table(subset).codes) for subset in subsets(tables.axes)) * outcomes
    if cells > MAX_PUBLISHED_CELLS * 6:
        widest = max(tables.axes, key=lambda axis: len(tables.levels(axis)))
        raise TooManyCells(
            f"The tables to publish have {cells:,} counts; the budget is {MAX_PUBLISHED_CELLS * 6:,}.",
            f"The widest axis is {widest!r}, with {len(tables.levels(widest)):,} levels.",
            hint=f"audit with fewer group columns, or give {widest!r} fewer levels",
            role=widest,
            value=cells,
        )
