"""Tables of counts by any subset of the group axes, and the views that metrics read from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ._cube import SCORE_BIN, Y_PRED, Y_TRUE, Codes, Cube
from ._html import number
from ._levels import UNLABELLED, Level
from ._spec import is_number
from .exceptions import LevelNotFound, RoleNeeded, ThresholdNotHeld, WrongKind, listed

Counts = npt.NDArray[Any]
Fixed = Mapping[str, tuple[Level, ...]]
_LABELS = (0, 1, UNLABELLED)


@dataclass(frozen=True, slots=True)
class Table:
    """Counts of one subset of axes: codes (cells, axes), counts (cells, 3 labels, score steps, decisions), blanks (cells)."""

    codes: Codes
    counts: Counts
    blank: npt.NDArray[np.bool_]

    @property
    def people(self) -> Counts:
        """People per cell."""
        total: Counts = self.counts.sum(axis=(1, 2, 3))
        return total


@dataclass(frozen=True, slots=True)
class View:
    """What a metric needs: one row per group, six counts each, in the order of `metrics._metric.CELLS`.

    `suppressed` marks the groups whose counts are not to be shown; `total` is None where the whole is not.
    """

    by: tuple[str, ...]
    groups: tuple[tuple[Level, ...], ...]
    counts: Counts
    suppressed: npt.NDArray[np.bool_]
    total: Counts | None

    @property
    def people(self) -> Counts:
        """People per group."""
        summed: Counts = self.counts.sum(axis=1)
        return summed


@dataclass(eq=False)
class Tables:
    """All tables of one cube; `blanks` says, by subset of axes, which cells must not be shown."""

    cube: Cube
    blanks: Mapping[tuple[str, ...], npt.NDArray[np.bool_]] | None = None
    _made: dict[tuple[str, ...], Table] = field(default_factory=dict, repr=False)

    @property
    def axes(self) -> tuple[str, ...]:
        """The group axes."""
        return self.cube.groups

    def levels(self, axis: str) -> tuple[Level, ...]:
        """The levels of a group axis."""
        return self.cube.levels_of(axis)

    @property
    def has_y_true(self) -> bool:
        """Whether there are labels."""
        return Y_TRUE in self.cube.axes

    @property
    def decided(self) -> bool:
        """Whether there is a column of decisions, apart from any threshold."""
        return Y_PRED in self.cube.axes

    @property
    def steps(self) -> tuple[float, ...] | None:
        """Score steps that occur, ascending: integer scores, or lower edges of the score bins; None without scores."""
        return tuple(float(level) for level in self.levels(SCORE_BIN)) if SCORE_BIN in self.cube.axes else None

    def table(self, axes: Iterable[str]) -> Table:
        """Give the table of a subset of the group axes."""
        kept = tuple(axis for axis in self.axes if axis in set(axes))
        if kept not in self._made:
            self._made[kept] = self._count(kept)
        return self._made[kept]

    def view(self, by: tuple[str, ...], fixed: Fixed, threshold: float | None) -> View:
        """Count the groups of `by` among the people at the levels `fixed`, deciding at `threshold` (None: as decided)."""
        self._check(by, fixed)
        groups = self._groups(by, fixed)
        needed = tuple(axis for axis in self.axes if axis in by or axis in fixed)
        table, keep = self._matching(needed, fixed)
        counts = np.zeros((len(groups), *table.counts.shape[1:]), table.counts.dtype)
        suppressed = np.zeros(len(groups), bool)
        place = {group: i for i, group in enumerate(groups)}
        columns = [(needed.index(axis), self.levels(axis)) for axis in by]
        for cell in np.flatnonzero(keep):
            at = place[tuple(levels[table.codes[cell, j]] for j, levels in columns)]
            if table.blank[cell]:
                suppressed[at] = True
            else:
                counts[at] += table.counts[cell]
        counts[suppressed] = 0
        whole, inside = self._matching(tuple(axis for axis in self.axes if axis in fixed), fixed)
        hidden = bool(whole.blank[inside].any())
        total = None if hidden else self.decide(whole.counts[inside].sum(axis=0)[None], threshold)[0]
        return View(by, groups, self.decide(counts, threshold), suppressed, total)

    def decide(self, counts: Counts, threshold: float | None) -> Counts:
        """Fold (groups, labels, steps, decisions) to the six outcome cells of a decision."""
        if threshold is None:
            folded = counts.sum(axis=2)
        else:
            selected = np.asarray(self.steps) >= threshold
            folded = np.stack(
                [counts[:, :, ~selected].sum(axis=(2, 3)), counts[:, :, selected].sum(axis=(2, 3))], axis=-1
            )
        six: Counts = folded.reshape(len(counts), 6)
        return six

    def check_threshold(self, threshold: float | None) -> None:
        """Raise where a decision at `threshold` cannot be counted from these bins."""
        if threshold is None:
            if not self.decided:
                raise RoleNeeded(
                    "The decision as it was taken was asked for.",
                    "This audit has scores and a threshold, and no `y_pred`.",
                    hint="fl.audit(..., y_pred=...), or audit.at(0.5)",
                    role="y_pred",
                )
            return
        if not is_number(threshold):
            raise WrongKind(
                f"`threshold` is {threshold!r}.",
                "It must be one number.",
                hint="audit.at(0.5)",
                role="threshold",
                value=threshold,
            )
        if self.steps is None:
            raise RoleNeeded(
                f"A decision at the threshold {number(threshold)} was asked for.",
                "This audit has decisions and no scores.",
                hint="fl.audit(..., y_score=..., threshold=...)",
                role="y_score",
            )
        edges = self.cube.spec.edges if self.blanks is None else self.published_edges
        if edges is not None and threshold not in edges:
            near = sorted(edges, key=lambda edge: abs(edge - threshold))[:2]
            raise ThresholdNotHeld(
                f"A decision at the threshold {threshold!r} was asked for.",
                f"The nearest edges of the score bins are {listed(sorted(near))}.",
                hint=f"declare it: fl.audit(..., threshold=[{', '.join(map(repr, (*self.cube.spec.declared, threshold)))}])",
                role="threshold",
                value=threshold,
            )

    @property
    def published_edges(self) -> tuple[float, ...] | None:
        """Edges that a reader may decide at; of raw tables, all of them."""
        return self.cube.spec.edges

    def _count(self, axes: tuple[str, ...]) -> Table:
        cube = self.cube.rollup([*axes, *(axis for axis in (Y_TRUE, SCORE_BIN, Y_PRED) if axis in self.cube.axes)])
        width = len(axes)
        if width:
            cells, place = np.unique(cube.codes[:, :width], axis=0, return_inverse=True)
        else:
            cells, place = np.zeros((1, 0), np.int64), np.zeros(cube.cells, np.int64)
        steps = len(cube.levels_of(SCORE_BIN)) if SCORE_BIN in cube.axes else 1
        counts = np.zeros((len(cells), 3, steps, 2), np.int64)
        label = _recode(cube, Y_TRUE, _LABELS, 2)
        step = cube.codes[:, cube.axes.index(SCORE_BIN)] if SCORE_BIN in cube.axes else 0
        decision = _recode(cube, Y_PRED, (0, 1), 0)
        index: Any = (place.reshape(-1), label, step, decision)
        np.add.at(counts, index, cube.sums["n"])
        names = [self.cube.levels_of(axis) for axis in axes]
        codes = np.array(
            [[names[j].index(cube.levels[j][code]) for j, code in enumerate(cell)] for cell in cells], np.int64
        ).reshape(len(cells), width)
        blank = np.zeros(len(counts), bool) if self.blanks is None else self.blanks[axes]
        return Table(codes, counts, blank)

    def _groups(self, by: tuple[str, ...], fixed: Fixed) -> tuple[tuple[Level, ...], ...]:
        table, keep = self._matching(tuple(axis for axis in self.axes if axis in by), fixed)
        order = [[axis for axis in self.axes if axis in by].index(axis) for axis in by]
        cells = sorted(tuple(int(table.codes[cell, j]) for j in order) for cell in np.flatnonzero(keep))
        return tuple(tuple(self.levels(axis)[code] for axis, code in zip(by, cell, strict=True)) for cell in cells)

    def _matching(self, axes: tuple[str, ...], fixed: Fixed) -> tuple[Table, npt.NDArray[np.bool_]]:
        table = self.table(axes)
        keep = np.ones(len(table.counts), bool)
        for j, axis in enumerate(axes):
            if axis in fixed:
                keep &= np.isin(table.codes[:, j], [self.levels(axis).index(level) for level in fixed[axis]])
        return table, keep

    def _check(self, by: tuple[str, ...], fixed: Fixed) -> None:
        for role, axis in [*(("by", axis) for axis in by), *(("where", axis) for axis in fixed)]:
            if axis not in self.axes:
                raise LevelNotFound(
                    f"`{role}` names {axis!r}.",
                    f"This audit has the group columns: {listed(self.axes)}.",
                    hint=f"{role}=[{self.axes[0]!r}]" if role == "by" else f"where({self.axes[0]}=...)",
                    role=role,
                    value=axis,
                )
        for axis, levels in fixed.items():
            for level in levels:
                if level not in self.levels(axis):
                    raise LevelNotFound(
                        f"`where` asks for {axis}={level!r}, which does not occur.",
                        f"{axis} has: {listed(self.levels(axis))}.",
                        hint=f"where({axis}={self.levels(axis)[0]!r})",
                        role=axis,
                        value=level,
                    )


def _recode(cube: Cube, axis: str, known: tuple[Level, ...], absent: int) -> Any:
    if axis not in cube.axes:
        return absent
    at = cube.axes.index(axis)
    table = np.array([known.index(level) for level in cube.levels[at]], np.int64)
    return table[cube.codes[:, at]]
