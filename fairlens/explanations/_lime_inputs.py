"""What LIME can take: rows without missing numbers, and a model with a finite answer for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..exceptions import EmptyData, MissingValues, ShapesDiffer, WrongKind, listed
from ._attributor import Function, Matrix, Report, Vector

LACKING = -1.0
"""The code of a missing category; other codes count from 0."""


def without_nan(rows: Matrix, categorical: Sequence[int]) -> Matrix:
    """Give a missing category a code of its own; -0.0 becomes 0.0, so that equal rows have equal bytes."""
    rows = rows + 0.0
    codes = rows[:, list(categorical)]
    rows[:, list(categorical)] = np.where(np.isnan(codes), LACKING, codes)
    return rows


@dataclass(slots=True, eq=False)
class Model:
    """The model as a function of rows without NaN, which reports how many it was asked about."""

    f: Function
    categorical: list[int]
    progress: Report | None
    total: int
    done: int = field(default=0, init=False)

    def __call__(self, rows: Matrix) -> Vector:
        rows = rows.copy()
        codes = rows[:, self.categorical]
        rows[:, self.categorical] = np.where(codes == LACKING, np.nan, codes)
        found = np.asarray(self.f(rows), float)
        if found.shape != (len(rows),):
            raise WrongKind(
                f"The model gave an array of shape {found.shape} for {len(rows):,} rows.",
                "LIME needs one number per row.",
                hint="f=lambda rows: clf.predict_proba(rows)[:, 1]",
                role="f",
            )
        lacking = len(found) - int(np.isfinite(found).sum())
        if lacking:
            raise MissingValues(
                f"The model gave no finite number for {lacking:,} of {len(rows):,} perturbed rows.",
                "LIME fits a line to the answers, and one that is infinite or missing leaves it without a slope.",
                hint='output="score", which is finite; log-odds are infinite where a model is certain',
                role="model",
            )
        self.done += len(rows)
        if self.progress is not None:
            self.progress(self.done, max(self.total, self.done))
        return found


def check(Z: Matrix, background: Matrix, categorical: Sequence[int], names: Sequence[str]) -> None:
    """Refuse what lime cannot take, by the name of the column."""
    if Z.ndim != 2 or background.ndim != 2 or Z.shape[1] != background.shape[1] or not Z.shape[1]:
        raise ShapesDiffer(
            f"The rows have the shape {Z.shape}, and the background {background.shape}.",
            "Both must be matrices with the same columns, one at least.",
            hint="background=Z",
            role="background",
        )
    if not len(background):
        raise EmptyData("The background has no rows.", hint="background=100, or rows of your own", role="background")
    both = np.concatenate([Z, background])
    numeric = np.setdiff1d(np.arange(Z.shape[1]), list(categorical))
    for kind, wrong in (("missing", np.isnan(both)), ("infinite", np.isinf(both))):
        counts = wrong.sum(axis=0)
        bad = [names[j] for j in numeric if counts[j]]
        if bad:
            drop = f"X{'' if kind == 'missing' else '.replace([np.inf, -np.inf], np.nan)'}.dropna(subset={bad[:3]!r})"
            raise MissingValues(
                f"LIME was asked about rows in which numbers are {kind}, in {listed(bad)}.",
                "It draws numbers around the mean of a column, which these do not have, and takes categories only if they are missing.",
                hint=f'method="shap", which takes them; or audit rows without: {drop}',
                role="method",
                value=bad,
            )
