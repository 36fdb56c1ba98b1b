"""What a reader of LIME has to know: how it was run, how well the parts add up, and how stable they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from ..exceptions import listed
from ._attributor import Places, Remarks, Warned
from ._lime_pool import Mask, Numbers

if TYPE_CHECKING:
    from ._lime import LimeAttributor

_UNSTABLE, _UNFAITHFUL = 0.2, 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Quality:
    """Contributions (repeats, rows, inputs), local R2 of each row, and what the contributions leave out of it."""

    values: Numbers
    fidelity: Numbers
    residual: Numbers

    @property
    def spread(self) -> Numbers:
        """Standard deviation of each contribution over the repeats; NaN with one."""
        if len(self.values) == 1:
            return np.full(self.values.shape[1:], np.nan)
        found: Numbers = self.values.std(axis=0, ddof=1)
        return found

    @property
    def relative_spread(self) -> float:
        """Mean standard deviation of one repeat over the mean size of a contribution; NaN where all are 0."""
        size = float(np.abs(self.values).mean()) if self.values.size else 0.0
        return float(self.spread.mean()) / size if size else float("nan")

    @property
    def correlation(self) -> float:
        """Mean correlation of two repeats, over all rows and inputs; NaN with one repeat or without variation."""
        flat = self.values.reshape(len(self.values), -1)
        if not flat.shape[1]:
            return float("nan")
        off = flat - flat.mean(axis=1, keepdims=True)
        sizes = np.sqrt((off**2).sum(axis=1))
        if len(flat) == 1 or not sizes.all():
            return float("nan")
        return float(np.mean([off[i] @ off[k] / (sizes[i] * sizes[k]) for i, k in combinations(range(len(flat)), 2)]))

    @property
    def common_error(self) -> float:
        """Largest standard error, over the repeats, of the mean of an input over all rows; NaN with one repeat."""
        if len(self.values) == 1 or not self.values.size:
            return float("nan")
        return float((self.values.mean(axis=1).std(axis=0, ddof=1) / np.sqrt(len(self.values))).max())

    def of(self, rows: Places) -> Quality:
        """The same of some rows."""
        return Quality(self.values[:, rows], self.fidelity[rows], self.residual[rows])

    def numbers(self) -> tuple[tuple[str, float], ...]:
        """Give each measure a name."""
        size = np.abs(self.residual)
        return (
            ("median local R2", _quantile(self.fidelity, 0.5)),
            ("local R2 that one row in ten is under", _quantile(self.fidelity, 0.1)),
            ("median abs(base + sum - f)", _quantile(size, 0.5)),
            ("correlation of two repeats", self.correlation),
            ("standard deviation of a repeat / mean size", self.relative_spread),
        )


def describe(lime: LimeAttributor, seed: int) -> str:
    """Say what was run."""
    cut = "numbers cut at their quartiles" if lime.discretize else "numbers not discretised"
    times = f"{lime.repeats:,} {'repeat' if lime.repeats == 1 else 'repeats'} of {lime.n_samples:,} perturbations"
    where = (
        f"one pool for all rows, solved like lime 0.2.0.1 does; {times}"
        if lime.pool
        else f"lime {version('lime')}; {times} for each row"
    )
    number = "" if lime.discretize else "a slope times the distance from the mean of the background, "
    return (
        f"LIME ({where}, {cut}, seed {seed}). Local weights are centred into contributions: {number}"
        f"a step times the share of the background on its other side."
    )


def remarks(lime: LimeAttributor, quality: Quality, names: Sequence[str], new: Mask, gaps: Mask, rows: Places | None = None) -> Remarks:
    """Say what a reader has to know of all rows, or of some.

    Parameters
    ----------
    lime, quality
        How LIME was run, and what came of it.
    names
        Of the inputs.
    new, gaps
        Which values (rows, inputs) are categories that the background lacks, and which are missing.
    rows
        Places of the rows that may be spoken of.
    """
    if rows is not None:
        quality, new, gaps = quality.of(rows), new[rows], gaps[rows]
    strange, lacking = ([names[j] for j in np.flatnonzero(some.any(axis=0)).tolist()] for some in (new, gaps))
    stability, fidelity = _stability(lime, quality), _fidelity(quality)
    warned = []
    if stability and quality.relative_spread > _UNSTABLE:
        warned.append(Warned(stability, "LIME's repeats differ a lot"))
    middle = _quantile(quality.fidelity, 0.5)
    if middle < _UNFAITHFUL:
        warned.append(Warned(fidelity, f"LIME's line accounts for only {100 * max(middle, 0):.0f} % of the variation of the model's answer"))
    notes = [_adding_up(quality), stability, fidelity, _pool(quality) if lime.pool else ""]
    if strange:
        notes.append(
            f"The background lacks values that rows have in {listed(strange)}. LIME drew them as if the row were one more of"
            " the background, so little tells it what they do; a larger background helps."
        )
    if lacking:
        notes.append(f"A missing category is taken as a category of its own, in {listed(lacking)}.")
    return Remarks(tuple(text for text in notes if text), tuple(warned), quality.numbers())


def _adding_up(quality: Quality) -> str:
    if not len(quality.residual):
        return ""
    size = np.abs(quality.residual)
    return (
        "LIME fits a line, so its contributions do not add up exactly: base and contributions miss the model's answer by"
        f" {_short(np.median(size))} in the median row, and by more than {_short(np.quantile(size, 0.9))} in one row of ten."
    )


def _stability(lime: LimeAttributor, quality: Quality) -> str:
    if len(quality.values) == 1:
        return "Each row was explained once, so how far LIME depends on its random numbers is not known; repeats=3 tells."
    spread = quality.relative_spread
    if np.isnan(spread):
        return ""
    correlation = "" if np.isnan(quality.correlation) else f"two repeats correlate by {quality.correlation:.2f}; "
    told = (
        f"Stability of LIME: {correlation}the standard deviation of one repeat is {100 * spread:.1f} % of the mean size of a"
        f" contribution, and contributions are means of {lime.repeats:,} repeats."
    )
    return told + (f" That is a lot: n_samples={4 * lime.n_samples:_} would halve it." if spread > _UNSTABLE else "")


def _fidelity(quality: Quality) -> str:
    middle = _quantile(quality.fidelity, 0.5)
    if np.isnan(middle):
        return "The model gives the same answer for all perturbations of every row, so no input does anything." if len(quality.fidelity) else ""
    told = f"Around the median row LIME's line accounts for {100 * middle:.0f} % of the variation of the model's answer (local R2)."
    return told + (" Under one half, so the contributions say little about this model." if middle < _UNFAITHFUL else "")


def _pool(quality: Quality) -> str:
    error = quality.common_error
    single = float(quality.spread.mean(axis=0).max() / np.sqrt(len(quality.values))) if not np.isnan(error) else error
    told = (
        ""
        if np.isnan(error)
        else f" Judged by the repeats, the input with the largest such error has a standard error of {_short(single)} for one row, and"
        f" {_short(error)} for the mean over all rows."
    )
    return (
        "All rows share one pool of perturbations, so their sampling errors go together: they average out less over the rows of a group,"
        f" not at all where these are alike, and intervals, which come from the spread over rows, do not contain them.{told}"
    )


def _quantile(values: Numbers, share: float) -> float:
    known = values[np.isfinite(values)]
    return float(np.quantile(known, share)) if len(known) else float("nan")


def _short(value: float) -> str:
    return f"{float(value):.2g}"
