"""What may leave: tables in which no small group can be read or worked out.

Small groups are blanked together with enough partners. Every table of every subset of the group axes is published, so a blank
is one unknown of a system of equations, one for each line whose cells add up to a cell of the table with one axis less. A blank
stays hidden while the system leaves it free: each equation has two unknowns or more, and no unknown has a unique solution.
Since only cells with people in them are blanked, the true solution is inside the positive orthant, and an unknown that is
free in the linear system is free within it too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Literal

import numpy as np
import numpy.typing as npt

from ._cube import SCORE_BIN, Cube
from ._levels import MISSING
from ._tables import Counts, Tables
from .exceptions import BadValue, TooManyCells

Profile = Literal["restricted", "internal"]
PROFILES = ("restricted", "internal")
MAX_PUBLISHED_CELLS = 100_000
_STEPS = 20
_MAX_UNKNOWNS = 1500
Blank = npt.NDArray[np.bool_]
Key = tuple[str, ...]


@dataclass(eq=False)
class PublishedTables(Tables):
    """Tables for readers, and how many people are not in them."""

    left_out: tuple[tuple[str, int], ...] = ()
    """(attribute, people) who left the published universe, since too few have no value there."""

    @cached_property
    def _edges(self) -> tuple[float, ...] | None:
        spec = self.cube.spec
        if spec.edges is None or self.blanks is None:
            return spec.edges
        low, high = spec.score_range
        width = len(spec.edges) - 1
        grid = {k / _STEPS if (low, high) == (0.0, 1.0) else low + (high - low) * k / _STEPS for k in range(_STEPS + 1)}
        return tuple(sorted(grid | {t for t in spec.declared if spec.holds(t)})) if width else spec.edges

    @property
    def published_edges(self) -> tuple[float, ...] | None:
        """Edges that a reader may decide at: steps of a twentieth of the range, and every declared threshold."""
        return self._edges


def publish(cube: Cube, profile: Profile = "restricted") -> PublishedTables:
    """Make the tables that may be printed, drawn or exported under a profile.

    Parameters
    ----------
    cube
        Counts of people.
    profile
        "restricted" blanks groups with fewer than ``spec.suppress_below`` people and enough others to keep them hidden;
        "internal" hides nothing.

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
        return PublishedTables(cube)
    floor = cube.spec.suppress_below
    cube, left_out = _leave_out_missing(cube, floor)
    coarse = _coarsen(cube)
    tables = Tables(coarse)
    _check_size(tables)
    blanks = _blanks(tables, floor)
    return PublishedTables(coarse, blanks, left_out=left_out)


def subsets(axes: Key) -> list[Key]:
    """List every subset of the axes, the empty one first."""
    return [subset for size in range(len(axes) + 1) for subset in combinations(axes, size)]


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


def _coarsen(cube: Cube) -> Cube:
    """Round scores down to the edges that a reader may decide at."""
    if SCORE_BIN not in cube.axes:
        return cube
    levels = [float(level) for level in cube.levels_of(SCORE_BIN)]
    edges = PublishedTables(cube, {}).published_edges
    if edges is None:
        if len(levels) <= _STEPS:
            return cube
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
    return Cube.from_columns(cube.spec, columns, dict(cube.sums))


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


class _Blanker:
    """The search for partners. Cells of all tables are numbered through; equations are lists of those numbers."""

    def __init__(self, tables: Tables, floor: int) -> None:
        self.floor = floor
        self.start: dict[Key, int] = {}
        people, decided = [], []
        size = 0
        for subset in subsets(tables.axes):
            table = tables.table(subset)
            self.start[subset] = size
            size += len(table.counts)
            people.append(table.people)
            decided.append(_decisions(tables, table.counts))
        self.people: Counts = np.concatenate(people)
        self.decided: Counts = np.concatenate(decided)
        self.blank = (self.people > 0) & (self.people < floor)
        self.lines = self._lines(tables)

    def run(self) -> Blank:
        while self._mend_lines() or self._mend_system():
            pass
        return self.blank

    def _lines(self, tables: Tables) -> list[tuple[int, Counts]]:
        """Each line: the cell of the smaller table, and the cells of the larger one that add up to it."""
        lines = []
        for subset in subsets(tables.axes)[1:]:
            codes = tables.table(subset).codes
            for j in range(len(subset)):
                rest = subset[:j] + subset[j + 1 :]
                at = {tuple(code): i for i, code in enumerate(tables.table(rest).codes.tolist())}
                owner = np.array([at[tuple(code)] for code in np.delete(codes, j, axis=1).tolist()]) if rest else np.zeros(len(codes), int)
                for margin in np.unique(owner):
                    lines.append((self.start[rest] + int(margin), self.start[subset] + np.flatnonzero(owner == margin)))
        return lines

    def _mend_lines(self) -> bool:
        changed = False
        for margin, cells in self.lines:
            while (partner := self._partner(margin, cells)) is not None:
                self.blank[partner] = True
                changed = True
        return changed

    def _partner(self, margin: int, cells: Counts) -> int | None:
        """The cell to blank next on a line that gives something away, or None."""
        hidden = cells[self.blank[cells]]
        shown = cells[~self.blank[cells]]
        if self.blank[margin]:
            return self._smallest(shown) if len(hidden) == 0 else None
        if len(hidden) == 0:
            return None
        residual = self.people[hidden].sum()
        if len(hidden) == 1 or residual < self.floor:
            partner = self._smallest(shown)
            return margin if partner is None else partner
        for decision in (0, 1):  # a residual that was all refused, or all accepted, tells what each of them got
            if self.decided[hidden, decision].sum() == 0:
                mixed = shown[self.decided[shown, decision] > 0]
                if len(mixed):
                    return self._smallest(mixed)
        return None

    def _smallest(self, cells: Counts) -> int | None:
        return int(cells[np.argmin(self.people[cells])]) if len(cells) else None

    def _mend_system(self) -> bool:
        """Blank a partner of every unknown that the equations together determine."""
        unknown = np.flatnonzero(self.blank)
        if len(unknown) == 0:
            return False
        if len(unknown) > _MAX_UNKNOWNS:
            return self._blank_all_but_margins()
        column = {cell: k for k, cell in enumerate(unknown.tolist())}
        rows = []
        for margin, cells in self.lines:
            row = np.zeros(len(unknown))
            row[[column[cell] for cell in cells.tolist() if self.blank[cell]]] = 1
            if self.blank[margin]:
                row[column[margin]] = -1
            if row.any():
                rows.append(row)
        determined = unknown[_determined(np.array(rows))]
        changed = False
        for cell in determined.tolist():
            changed |= self._free(cell)
        return changed

    def _free(self, cell: int) -> bool:
        candidates = [
            other
            for margin, cells in self.lines
            if cell == margin or cell in cells
            for other in (*cells.tolist(), margin)
            if not self.blank[other] and self.people[other] > 0 and other != 0
        ]
        if not candidates:
            return False
        self.blank[min(candidates, key=lambda other: (self.people[other], other))] = True
        return True

    def _blank_all_but_margins(self) -> bool:
        """Too many unknowns to solve for: keep the whole and the tables of one attribute, hide every finer one."""
        depth = [len(subset) for subset in self.start for _ in range(self._length(subset))]
        finer = (np.array(depth) > 1) & (self.people > 0)
        changed = bool((finer & ~self.blank).any())
        self.blank |= finer
        return changed

    def _length(self, subset: Key) -> int:
        starts = [*self.start.values(), len(self.people)]
        at = list(self.start).index(subset)
        return starts[at + 1] - starts[at]


def _determined(equations: npt.NDArray[np.float64]) -> Blank:
    """Say which unknowns have one solution: those at which every direction of the null space is 0."""
    if len(equations) == 0:
        return np.zeros(0, bool)
    _, singular, directions = np.linalg.svd(equations, full_matrices=True)
    rank = int((singular > 1e-9 * max(equations.shape)).sum())
    free = np.abs(directions[rank:]) > 1e-9
    return ~free.any(axis=0) if len(free) else np.ones(equations.shape[1], bool)


def _decisions(tables: Tables, counts: Counts) -> Counts:
    """(cells, 2) people without and with the predicted event, at the decision of the audit."""
    threshold = None if tables.decided else tables.cube.spec.threshold
    six = tables.decide(counts, threshold)
    return np.stack([six[:, 0::2].sum(axis=1), six[:, 1::2].sum(axis=1)], axis=1)


def _blanks(tables: Tables, floor: int) -> dict[Key, Blank]:
    search = _Blanker(tables, floor)
    blank = search.run()
    ends = [*list(search.start.values())[1:], len(blank)]
    return {subset: blank[start:end] for (subset, start), end in zip(search.start.items(), ends, strict=True)}
