"""Tables of counts by any subset of the group axes, and the views that metrics read from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ._classes import Classes
from ._clusters import ClusterRows, Clusters
from ._cube import SCORE_BIN, Y_BASE, Y_PRED, Y_TRUE, Codes, Cube, distinct
from ._html import number
from ._levels import UNLABELLED, Level, is_one_of
from ._spec import is_number
from ._thresholds import GroupThresholds, Threshold, check_named, fold
from .exceptions import LevelNotFound, RoleNeeded, RowsNotHeld, ThresholdNotHeld, WrongKind, listed

Counts = npt.NDArray[Any]
Fixed = Mapping[str, tuple[Level, ...]]
Groups = tuple[tuple[Level, ...], ...]
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

    `weights` and `squares` are the sums of the weights and of their squares, equal to `counts` where there are no weights.
    `suppressed` marks the groups whose counts are not to be shown; the totals are None where the whole is not.
    """

    by: tuple[str, ...]
    groups: Groups
    counts: Counts
    weights: Counts
    squares: Counts
    suppressed: npt.NDArray[np.bool_]
    total: Counts | None
    total_weights: Counts | None
    total_squares: Counts | None
    clusters: ClusterRows | None = None

    @property
    def people(self) -> Counts:
        """People per group."""
        summed: Counts = self.counts.sum(axis=1)
        return summed

    @property
    def is_weighted(self) -> bool:
        """Whether a person counts for more or less than one."""
        return self.weights is not self.counts

    @property
    def is_plain(self) -> bool:
        """Whether every row is one independent person."""
        return not self.is_weighted and self.clusters is None


@dataclass(frozen=True, slots=True)
class StepsView:
    """Scores by group: people, weights, their squares, sums of score and of its square, each (groups, 3 labels, steps).

    Where rows have weights, so have the sums of scores. `total` has the same five without the group axis; None where it is not shown.
    """

    by: tuple[str, ...]
    groups: Groups
    counts: Counts
    weights: Counts
    squares: Counts
    scores: Counts
    scores2: Counts
    suppressed: npt.NDArray[np.bool_]
    total: Mapping[str, Counts] | None


@dataclass(frozen=True, slots=True)
class PairedView:
    """Two decisions about the same people by group: counts (groups, 3 labels, earlier decision, decision)."""

    by: tuple[str, ...]
    groups: Groups
    counts: Counts
    suppressed: npt.NDArray[np.bool_]


@dataclass(eq=False)
class Tables:
    """All tables of one cube; `blanks` says, by subset of axes, which cells must not be shown."""

    cube: Cube
    blanks: Mapping[tuple[str, ...], npt.NDArray[np.bool_]] | None = None
    clusters: Clusters | None = None
    classes: Classes | None = None
    missing: Any = None
    _made: dict[tuple[str, ...], Table] = field(default_factory=dict, repr=False)
    _sums: dict[tuple[tuple[str, ...], str], Counts] = field(default_factory=dict, repr=False)

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
    def is_paired(self) -> bool:
        """Whether there are two decisions about the same people."""
        return Y_BASE in self.cube.axes

    @property
    def steps(self) -> tuple[float, ...] | None:
        """Score steps that occur, ascending: integer scores, or lower edges of the score bins; None without scores."""
        return tuple(float(level) for level in self.levels(SCORE_BIN)) if SCORE_BIN in self.cube.axes else None

    def table(self, axes: Iterable[str]) -> Table:
        """Give the table of a subset of the group axes."""
        wanted = set(axes)
        kept = tuple(axis for axis in self.axes if axis in wanted)
        if kept not in self._made:
            codes, counts = self._dense(kept, "n")
            blank = np.zeros(len(counts), bool) if self.blanks is None else self.blanks[kept]
            self._made[kept] = Table(codes, counts, blank)
        return self._made[kept]

    def sums(self, axes: tuple[str, ...], name: str) -> Counts:
        """Give another sum of the cube in the shape of `Table.counts`; without weights, "w" and "w2" are the counts."""
        if name == "n" or (name in ("w", "w2") and "w" not in self.cube.sums):
            return self.table(axes).counts
        if name == "w2" and not {axis for axis, _ in self.cube.spec.membership} <= set(axes):
            name = "w2_whole"  # where nobody is shared out among groups, each counts as one person again
        if (axes, name) not in self._sums:
            self._sums[axes, name] = self._dense(axes, name)[1]
        return self._sums[axes, name]

    def view(self, by: tuple[str, ...], fixed: Fixed, threshold: Threshold, *, clustered: bool = True) -> View:
        """Count the groups of `by` among the people at the levels `fixed`, deciding at `threshold` (None: as decided)."""
        self._check(by, fixed)
        groups = self._groups(by, fixed)
        weighted = "w" in self.cube.sums
        names = ("n", "w", "w2") if weighted else ("n",)
        found, suppressed = self._placed(by, groups, fixed, names, threshold)
        whole, hidden = self._placed((), ((),), fixed, names, threshold)
        w, w2 = ("w", "w2") if weighted else ("n", "n")
        total, total_w, total_w2 = (None if hidden[0] else whole[name][0] for name in ("n", w, w2))
        clusters = self._cluster_rows(by, groups, fixed, threshold) if clustered else None
        return View(by, groups, found["n"], found[w], found[w2], suppressed, total, total_w, total_w2, clusters)

    def steps_view(self, by: tuple[str, ...], fixed: Fixed) -> StepsView:
        """Count labels and scores of the groups of `by` among the people at the levels `fixed`.

        Raises
        ------
        RoleNeeded
            If there are no scores.
        """
        if self.steps is None:
            raise RoleNeeded(
                "Scores were asked for.",
                "This audit has decisions and no scores.",
                hint="fl.audit(..., y_score=..., threshold=...)",
                role="y_score",
            )
        self._check(by, fixed)
        groups = self._groups(by, fixed)
        names = ("n", "w", "w2", "score", "score2")
        found, suppressed = self._placed(by, groups, fixed, names, None, fold_them=False)
        whole, hidden = self._placed((), ((),), fixed, names, None, fold_them=False)
        by_step = {name: values.sum(axis=3) for name, values in found.items()}
        total = None if hidden[0] else {name: values[0].sum(axis=2) for name, values in whole.items()}
        n, w, w2, score, score2 = (by_step[name] for name in names)
        return StepsView(by, groups, n, w, w2, score, score2, suppressed, total)

    def paired_view(self, by: tuple[str, ...], fixed: Fixed) -> PairedView | None:
        """Count both decisions about the same people; None where there is only one."""
        if not self.is_paired:
            return None
        self._check(by, fixed)
        groups = self._groups(by, fixed)
        counts = np.zeros((len(groups), 3, 2, 2), self.cube.sums["n"].dtype)
        for base in (0, 1):
            part = Cube.where(self.cube, **{Y_BASE: base}) if base in self.levels(Y_BASE) else None
            if part is not None:
                levels = {axis: part.levels_of(axis) for axis in fixed}
                kept = {axis: tuple(one for one in wanted if one in levels[axis]) for axis, wanted in fixed.items()}
                seen = {} if not all(kept.values()) else _six(Tables(part), by, kept)
                for i, group in enumerate(groups):
                    counts[i, :, base, :] = seen.get(group, np.zeros((3, 2)))
        suppressed = self._placed(by, groups, fixed, ("n",), None, fold_them=False)[1]
        counts[suppressed] = 0
        return PairedView(by, groups, counts, suppressed)

    def decide(self, counts: Counts, threshold: float | None) -> Counts:
        """Fold (groups, labels, steps, decisions) to the six outcome cells of a decision."""
        return fold(counts, self.steps, threshold)

    def check_threshold(self, threshold: Threshold) -> None:
        """Raise where a decision at `threshold` cannot be counted from these bins."""
        if threshold is None:
            if not self.decided:
                raise RoleNeeded(
                    "The decision as it was taken was asked for.",
                    "This audit has scores and a threshold, and no `y_pred`.",
                    hint="fl.audit(..., y_pred=...), or audit.at(0.5)",
                    role="y_pred",
                )
        elif isinstance(threshold, GroupThresholds):
            self._check((threshold.axis,), {})
            for cut in threshold:
                self._check_cut(cut)
            check_named(threshold, self.known_levels(threshold.axis), self.levels(threshold.axis))
        else:
            self._check_cut(threshold)

    def known_levels(self, axis: str) -> tuple[Level, ...]:
        """The levels that a question may name."""
        return self.levels(axis)

    def _check_cut(self, threshold: float) -> None:
        if not is_number(threshold):
            raise WrongKind(
                f"`threshold` is {threshold!r}.", "It must be one number.", hint="audit.at(0.5)", role="threshold", value=threshold
            )  # fmt: skip
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

    def _placed(
        self, by: tuple[str, ...], groups: Groups, fixed: Fixed, names: Iterable[str], threshold: Threshold, *, fold_them: bool = True
    ) -> tuple[dict[str, Counts], npt.NDArray[np.bool_]]:
        """Add up the cells of each group: by name of a sum, and which groups hold a cell that must not be shown."""
        split = {threshold.axis} if isinstance(threshold, GroupThresholds) else set()
        needed = tuple(axis for axis in self.axes if axis in {*by, *fixed, *split})
        table, keep = self._matching(needed, fixed)
        place = _places(table, [(needed.index(axis), self.levels(axis)) for axis in by], groups)
        shown = keep & ~table.blank
        suppressed = np.zeros(len(groups), bool)
        suppressed[place[keep & table.blank]] = True
        cuts: Any = threshold
        if isinstance(threshold, GroupThresholds):
            at = table.codes[shown, needed.index(threshold.axis)]
            cuts = np.array([threshold.of(level) for level in self.levels(threshold.axis)])[at]
        found = {}
        for name in names:
            cells = self.sums(needed, name)[shown]
            cells = fold(cells, self.steps, cuts) if fold_them else cells
            out = np.zeros((len(groups), *cells.shape[1:]), cells.dtype)
            np.add.at(out, place[shown], cells)
            out[suppressed] = 0
            found[name] = out
        return found, suppressed

    def _cluster_rows(self, by: tuple[str, ...], groups: Groups, fixed: Fixed, threshold: Threshold) -> ClusterRows | None:
        name = self.cube.spec.cluster
        if name is None:
            return None
        if self.clusters is None:
            raise RowsNotHeld(
                f"The rows of this audit belong to persons ({name!r}), one of whom may have several.",
                "Which rows belong together is not held here: the audit was loaded, added up, or made from a cube.",
                hint=f"fl.audit(data, ..., cluster={name!r}) of all rows at once",
                role="cluster",
                value=name,
            )
        counted = {axis: self.levels(axis) for axis in self.axes}  # people who left the published universe are not in them
        return self.clusters.rows(by, groups, {**counted, **fixed}, threshold)

    def _dense(self, axes: tuple[str, ...], name: str) -> tuple[Codes, Counts]:
        """Spread one sum over (cells, labels, score steps, decisions)."""
        cube = self.cube.rollup([*axes, *(axis for axis in (Y_TRUE, SCORE_BIN, Y_PRED) if axis in self.cube.axes)])
        width = len(axes)
        if width:
            cells, place = distinct(cube.codes[:, :width], tuple(len(names) for names in cube.levels[:width]))
        else:
            cells, place = np.zeros((1, 0), np.int64), np.zeros(cube.cells, np.int64)
        steps = len(cube.levels_of(SCORE_BIN)) if SCORE_BIN in cube.axes else 1
        counts = np.zeros((len(cells), 3, steps, 2), cube.sums[name].dtype)
        label = _recode(cube, Y_TRUE, _LABELS, 2)
        step = cube.codes[:, cube.axes.index(SCORE_BIN)] if SCORE_BIN in cube.axes else 0
        decision = _recode(cube, Y_PRED, (0, 1), 0)
        index: Any = (place.reshape(-1), label, step, decision)
        np.add.at(counts, index, cube.sums[name])
        names = [self.cube.levels_of(axis) for axis in axes]
        recode = [np.array([names[j].index(level) for level in cube.levels[j]], np.int64) for j in range(width)]
        codes = np.stack([recode[j][cells[:, j]] for j in range(width)], axis=1) if width else cells
        return codes, counts

    def _groups(self, by: tuple[str, ...], fixed: Fixed) -> Groups:
        table, keep = self._matching(tuple(axis for axis in self.axes if axis in by), fixed)
        order = [[axis for axis in self.axes if axis in by].index(axis) for axis in by]
        cells = sorted(set(map(tuple, table.codes[keep][:, order].tolist())))
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
                if not is_one_of(level, self.levels(axis)):
                    raise LevelNotFound(
                        f"`where` asks for {axis}={level!r}, which does not occur.",
                        f"{axis} has: {listed(self.levels(axis))}.",
                        hint=f"where({axis}={self.levels(axis)[0]!r})",
                        role=axis,
                        value=level,
                    )


def _places(table: Table, columns: list[tuple[int, tuple[Level, ...]]], groups: Groups) -> npt.NDArray[np.int64]:
    """Give for each cell the group that it belongs to; cells of no group get the last place and must not be used."""
    if not columns:
        return np.zeros(len(table.codes), np.int64)
    shape = tuple(len(levels) for _, levels in columns)
    key = np.ravel_multi_index(tuple(table.codes[:, j] for j, _ in columns), shape)
    at_level = [{level: i for i, level in enumerate(levels)} for _, levels in columns]
    codes = np.array([[at[level] for at, level in zip(at_level, group, strict=True)] for group in groups], np.int64).reshape(-1, len(columns))
    wanted = np.atleast_1d(np.ravel_multi_index(tuple(codes.T), shape))
    order = np.argsort(wanted)
    at = np.searchsorted(wanted[order], key) if len(groups) else np.zeros(len(key), np.int64)
    place: npt.NDArray[np.int64] = order[np.minimum(at, len(groups) - 1)] if len(groups) else at
    return place


def _six(tables: Tables, by: tuple[str, ...], fixed: Fixed) -> dict[tuple[Level, ...], Counts]:
    """Give (labels, decisions) by group of one part of the people."""
    seen = tables.view(by, fixed, None, clustered=False)
    return {group: counts.reshape(3, 2) for group, counts in zip(seen.groups, seen.counts, strict=True)}


def _recode(cube: Cube, axis: str, known: tuple[Level, ...], absent: int) -> Any:
    if axis not in cube.axes:
        return absent
    at = cube.axes.index(axis)
    table = np.array([known.index(level) for level in cube.levels[at]], np.int64)
    return table[cube.codes[:, at]]
