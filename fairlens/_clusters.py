"""Clusters: which rows are of one person. Kept beside a private handle, never saved, never printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ._levels import Level
from ._thresholds import GroupThresholds, Threshold

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
_MOST_PAIRS = 10_000_000
_Z, _FEW = 1.959964, (12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157)
"""Quantiles for 95 %: of the normal distribution, and of Student's with 1 to 9 degrees of freedom."""


@dataclass(frozen=True, eq=False, repr=False)
class ClusterRows:
    """Rows of a view by cluster: which cluster, which group of the view (-1: none), which outcome cell, which weight and its square."""

    cluster: Ints
    group: Ints
    cell: Ints
    weight: Floats
    square: Floats

    def effective(self, numerator: Floats, denominator: Floats, groups: int) -> Floats:
        """Give for each group the number of independent people who would tell as much about a rate as its rows do.

        The variance of the ratio is linearised over whole clusters (ultimate clusters, with the factor C / (C - 1)); the effective
        number is p (1 - p) / variance, at most Kish's number for the weights alone. Where the rate is 0 or 1, or there is no variance, it is the number of
        clusters, as if all rows of one cluster told the same. With few clusters the variance itself is uncertain, so the number is
        smaller by the square of the ratio of a normal quantile to that of Student's t with C - 1 degrees of freedom, both for 95 %.

        Notes
        -----
        E. L. Korn and B. I. Graubard, Survey Methodology 24 (1998) 193-201, use the same effective number for proportions, with the
        same correction.
        """
        top, bottom, squares = (
            weight * cells[self.cell]
            for weight, cells in ((self.weight, numerator), (self.weight, denominator), (self.square, denominator))
        )
        inside = (self.group >= 0) & (bottom > 0)
        place, cluster = self.group[inside], self.cluster[inside]
        total, counted, noise = (np.bincount(place, sums[inside], groups).astype(float) for sums in (bottom, top, squares))
        with np.errstate(divide="ignore", invalid="ignore"):
            rate, kish = counted / total, total**2 / noise
            at, owner = _pairs(place, cluster, groups)
            residual = np.bincount(at, top[inside] - rate[place] * bottom[inside], len(owner))
            clusters = np.bincount(owner[np.bincount(at, minlength=len(owner)) > 0], minlength=groups).astype(float)
            variance = np.bincount(owner, residual**2, groups) / total**2 * clusters / np.maximum(clusters - 1, 1)
            plain = rate * (1 - rate)
            known = (plain > 1e-12) & (variance > 1e-24) & (clusters >= 2)
            worth = plain / np.where(known, variance, 1.0) * few_clusters(clusters - 1)
            found: Floats = np.where(known, np.minimum(worth, kish), np.minimum(clusters, kish))
        return np.where(total > 0, found, 0.0)

    def together(self, left_out: int | None = None) -> ClusterRows:
        """All groups as one, or all but one."""
        group = np.zeros_like(self.group) if left_out is None else np.where(self.group == left_out, -1, 0)
        return replace(self, group=group)

    def marked(self, group: int) -> ClusterRows:
        """All groups as one, with the outcome cells of `group` numbered from 6 on: its share of everybody is a rate of these twelve."""
        return replace(self, group=np.zeros_like(self.group), cell=self.cell + 6 * (self.group == group))

    def tables(self, groups: int) -> Floats:
        """Give for each cluster that occurs the weights by group and outcome cell, (clusters, groups, 6)."""
        inside = self.group >= 0
        found, place = np.unique(self.cluster[inside], return_inverse=True)
        out = np.zeros((len(found), groups, 6))
        np.add.at(out, (place, self.group[inside], self.cell[inside]), self.weight[inside])
        return out


def few_clusters(df: Floats) -> Floats:
    """Square of the ratio of the normal quantile 1.96 to Student's, for 95 % and `df` degrees of freedom.

    Student's by the expansion of R. A. Fisher and E. A. Cornish, Technometrics 2 (1960) 209-225, and exact under 10 degrees.
    """
    z, v = _Z, np.maximum(df, 1.0)
    t = z + (z**3 + z) / (4 * v) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2) + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
    exact = np.array(_FEW)[np.clip(v.astype(np.int64) - 1, 0, len(_FEW) - 1)]
    found: Floats = (z / np.where(v < len(_FEW) + 1, exact, t)) ** 2
    return found


@dataclass(frozen=True, eq=False, repr=False)
class Clusters:
    """Distinct rows of people by cluster: cluster, level of each group axis, label, score step, decision, weight and its square."""

    cluster: Ints
    axes: tuple[str, ...]
    levels: tuple[tuple[Level, ...], ...]
    codes: Ints
    label: Ints
    step: Floats
    decision: Ints
    weight: Floats
    square: Floats

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
        group = self._places(by, groups)
        decided = self.decision if threshold is None else self._decide(threshold)
        cell = 2 * self.label + decided
        return ClusterRows(self.cluster[keep], group[keep], cell[keep], self.weight[keep], self.square[keep])

    def _places(self, by: tuple[str, ...], groups: tuple[tuple[Level, ...], ...]) -> Ints:
        """Give each row the group of the view that it belongs to; -1 for none."""
        codes, inverse = np.unique(self.codes[:, [self.axes.index(axis) for axis in by]], axis=0, return_inverse=True)
        levels = [self._levels(axis) for axis in by]
        at = {group: i for i, group in enumerate(groups)}
        named = [tuple(names[code] for names, code in zip(levels, row, strict=True)) for row in codes.tolist()]
        return np.array([at.get(name, -1) for name in named], np.int64)[inverse.reshape(-1)]

    def _decide(self, threshold: float | GroupThresholds) -> Ints:
        if isinstance(threshold, GroupThresholds):
            cuts = np.array([threshold.of(level) for level in self._levels(threshold.axis)])[self._codes(threshold.axis)]
            return np.asarray(self.step >= cuts, np.int64)
        return np.asarray(self.step >= threshold, np.int64)

    def _codes(self, axis: str) -> Ints:
        return np.asarray(self.codes[:, self.axes.index(axis)])

    def _levels(self, axis: str) -> tuple[Level, ...]:
        return self.levels[self.axes.index(axis)]


def _pairs(place: Ints, cluster: Ints, groups: int) -> tuple[Ints, Ints]:
    """Number the pairs of a group and a cluster: the number of each row's pair, and the group of each pair."""
    clusters = int(cluster.max(initial=0)) + 1
    key = place * clusters + cluster
    if groups * clusters <= _MOST_PAIRS:
        return key, np.arange(groups * clusters) // clusters
    pairs, at = np.unique(key, return_inverse=True)
    return at, pairs // clusters
