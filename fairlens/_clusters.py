"""Clusters: which rows are of one person. Kept beside a private handle, never saved, never printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ._levels import Level
from ._thresholds import GroupThresholds, Threshold

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class ClusterRows:
    """Rows of a view by cluster: which cluster, which group of the view (-1: none), which outcome cell, which weight."""

    cluster: Ints
    group: Ints
    cell: Ints
    weight: Floats

    def effective(self, numerator: Floats, denominator: Floats, group: int | None, *, rest: bool = False) -> float:
        """Give the number of independent people who would tell as much about a rate as these rows do.

        The variance of the ratio is linearised over whole clusters (ultimate clusters, with the factor C / (C - 1)); the effective
        number is p (1 - p) / variance, at most Kish's number for the weights alone. Where the rate is 0 or 1, or there is no variance, it is the number of
        clusters, as if all rows of one cluster told the same.

        Notes
        -----
        E. L. Korn and B. I. Graubard, Survey Methodology 24 (1998) 193-201, use the same effective number for proportions.
        """
        inside = np.ones(len(self.group), bool) if group is None else self.group == group
        inside = ~inside if rest else inside
        top, bottom = (self.weight * weights[self.cell] * inside for weights in (numerator, denominator))
        total = float(bottom.sum())
        if total <= 0:
            return 0.0
        clusters = len(np.unique(self.cluster[bottom > 0]))
        kish = total**2 / float((bottom * self.weight).sum())
        rate = float(top.sum()) / total
        residual = np.bincount(self.cluster, top - rate * bottom)
        variance = float((residual**2).sum()) / total**2 * clusters / max(clusters - 1, 1)
        plain = rate * (1 - rate)
        if plain <= 1e-12 or variance <= 1e-300 or clusters < 2:
            return float(min(clusters, kish))
        return min(plain / variance, kish)

    def tables(self, groups: int) -> tuple[Ints, Floats]:
        """Give the clusters that occur, and for each the weights by group and outcome cell, (clusters, groups, 6)."""
        inside = self.group >= 0
        found, place = np.unique(self.cluster[inside], return_inverse=True)
        out = np.zeros((len(found), groups, 6))
        np.add.at(out, (place, self.group[inside], self.cell[inside]), self.weight[inside])
        return found, out


@dataclass(frozen=True, eq=False, repr=False)
class Clusters:
    """Distinct rows of people by cluster: cluster, level of each group axis, label, score step, decision, number and weight."""

    cluster: Ints
    axes: tuple[str, ...]
    levels: tuple[tuple[Level, ...], ...]
    codes: Ints
    label: Ints
    step: Floats
    decision: Ints
    weight: Floats

    @property
    def size(self) -> int:
        """Number of clusters."""
        return len(np.unique(self.cluster))

    def rows(
        self, by: tuple[str, ...], groups: tuple[tuple[Level, ...], ...], fixed: Mapping[str, tuple[Level, ...]], threshold: Threshold
    ) -> ClusterRows:
        """Place the rows among the groups of a view and in its outcome cells."""
        keep = np.ones(len(self.cluster), bool)
        for axis, wanted in fixed.items():
            keep &= np.isin(self._codes(axis), [self._levels(axis).index(level) for level in wanted])
        group = np.full(len(self.cluster), -1)
        columns = [self._codes(axis) for axis in by]
        for i, levels in enumerate(groups):
            at = np.ones(len(self.cluster), bool)
            for axis, column, level in zip(by, columns, levels, strict=True):
                at &= column == (self._levels(axis).index(level) if level in self._levels(axis) else -1)
            group[at] = i
        decided = self.decision if threshold is None else self._decide(threshold)
        cell = 2 * self.label + decided
        return ClusterRows(self.cluster[keep], group[keep], cell[keep], self.weight[keep])

    def _decide(self, threshold: float | GroupThresholds) -> Ints:
        if isinstance(threshold, GroupThresholds):
            cuts = np.array([threshold.of(level) for level in self._levels(threshold.axis)])[self._codes(threshold.axis)]
            return np.asarray(self.step >= cuts, np.int64)
        return np.asarray(self.step >= threshold, np.int64)

    def _codes(self, axis: str) -> Ints:
        return np.asarray(self.codes[:, self.axes.index(axis)])

    def _levels(self, axis: str) -> tuple[Level, ...]:
        return self.levels[self.axes.index(axis)]
