"""whole_number_fixed(): which unknowns have one value only among whole numbers. People come whole; a linear programme does not know that."""

from __future__ import annotations

from time import monotonic
from typing import Any

import numpy as np
import numpy.typing as npt

from ._progress import Progress

_WANDERINGS = 12
_MAX_NODES = 200
_PATIENCE = 1.0
"""Seconds before anybody is told how far this is."""
Marked = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]


def whole_number_fixed(known: Any, truth: Numbers, slack: Any, least: Numbers, wanted: Marked) -> Marked:
    """Say which of the wanted unknowns have one value only among whole numbers.

    A solution other than the truth clears every unknown that differs in it. A few solutions far from the truth clear most; each of
    the others is asked for a value below and one above its own. What takes too long to answer counts as fixed.

    Parameters
    ----------
    known
        (equations, unknowns) sparse; ``known @ unknowns`` is what a reader knows.
    truth
        (unknowns,) their values.
    slack, least
        ``slack @ unknowns >= least``.
    wanted
        (unknowns,) the ones that are asked about.

    Returns
    -------
    array of bool
        (unknowns,) never true where `wanted` is not; all false where the true values are not whole, as where people count by shares.
    """
    fixed = wanted.copy()
    if not wanted.any() or np.abs(truth - np.round(truth)).max() > 1e-9:
        return np.zeros_like(wanted)
    search = _Search(known, np.round(truth), slack, least)
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (_WANDERINGS, len(truth)))
    idle = 0
    for sign in signs:
        if not fixed.any() or idle == 2:
            break
        before = fixed.sum()
        fixed &= ~search.other(sign * fixed)
        idle = idle + 1 if fixed.sum() == before else 0
    asked, begun = np.flatnonzero(wanted), monotonic()
    with Progress("Asking which hidden numbers could be worked out") as told:
        for done, unknown in enumerate(asked):
            if monotonic() - begun > _PATIENCE:
                told(done, len(asked))
            for step in (-1, 1):
                if fixed[unknown]:
                    fixed &= ~search.other(np.zeros(len(truth)), (int(unknown), step))
    return fixed


class _Search:
    """Solutions in whole numbers other than the truth."""

    def __init__(self, known: Any, truth: Numbers, slack: Any, least: Numbers) -> None:
        from scipy.optimize import LinearConstraint  # type: ignore[import-untyped]

        self.truth = truth
        self.told = known @ truth
        self.limits = [LinearConstraint(slack, least, np.inf)] + ([LinearConstraint(known, self.told, self.told)] if known.shape[0] else [])
        self.most = 2 * truth.sum() + 10

    def other(self, cost: Numbers, beyond: tuple[int, int] | None = None) -> Marked:
        """Which unknowns differ from the truth in the cheapest solution found; `beyond` asks one to be less, or more, than it is."""
        from scipy.optimize import Bounds, milp

        lower, upper = np.zeros(len(self.truth)), np.full(len(self.truth), self.most)
        if beyond is not None:
            unknown, step = beyond
            bound = upper if step < 0 else lower
            bound[unknown] = self.truth[unknown] + step
            if upper[unknown] < 0:
                return np.zeros(len(self.truth), bool)
        found = milp(
            cost, integrality=np.ones(len(self.truth)), bounds=Bounds(lower, upper), constraints=self.limits,
            options={"node_limit": _MAX_NODES, "mip_rel_gap": 1e6},
        )  # fmt: skip
        if found.x is None:
            return np.zeros(len(self.truth), bool)
        whole = np.round(found.x)
        differs: Marked = whole != self.truth
        return differs
