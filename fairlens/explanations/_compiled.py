"""The two inner loops that numba compiles where it is installed; without it `_leaf_tables` does the same with NumPy."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from ._tree_groups import Plan

Array = npt.NDArray[Any]

BLOCK = 1024
"""Rows at a time: a table is read once for all of them, and what is known of them stays near the processor."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The loops `add_groups` and `count_states`, compiled."""

    add: Callable[..., None]
    count: Callable[..., None]

    def values(self, plan: Plan, tables: Array, codes: Array, inputs: int, report: Callable[[], None]) -> Array:
        """Contributions (rows, inputs), shared out among the processors that this process may use; `report` may raise to stop it."""
        rows = codes.shape[1]
        found = np.zeros((rows, inputs))
        workers = max(1, min(_processors(), rows // 64))
        size = min(BLOCK, -(-rows // workers))
        starts = range(0, rows, max(size, 1))
        with ThreadPoolExecutor(workers) as pool:
            jobs = [pool.submit(self.add, _part(codes, start, size), found[start : start + size], tables, *_arrays(plan)) for start in starts]
            try:
                for job in jobs:
                    report()
                    job.result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)  # of what was stopped
        return found

    def counts(self, plan: Plan, codes: Array, report: Callable[[], None]) -> Array:
        """Number of rows in each state of each group."""
        found = np.zeros(int(plan.state_at[-1]))
        for start in range(0, codes.shape[1], BLOCK):
            report()
            self.count(_part(codes, start, BLOCK), found, *_questions(plan), plan.state_at)
        return found


@cache
def compiled() -> Compiled | None:
    """Compile, once; None where numba is not installed."""
    try:
        import numba
    except ImportError:
        return None

    def kept(loop: Callable[..., None]) -> Callable[..., None]:
        try:
            made: Callable[..., None] = numba.njit(nogil=True, cache=True)(loop)
        except RuntimeError:  # there is no folder where compiled code may be kept
            made = numba.njit(nogil=True)(loop)
        return made

    return Compiled(kept(add_groups), kept(count_states))


def add_groups(
    codes: Array,
    found: Array,
    tables: Array,
    question_at: Array,
    bit: Array,
    column: Array,
    code: Array,
    yes: Array,
    input_at: Array,
    inputs: Array,
    state_at: Array,
    table_at: Array,
) -> None:
    """Add every group's contributions to `found` (rows, inputs); compiled by numba."""
    rows, width = found.shape
    sums = np.zeros((width, rows))
    state = np.zeros(rows, np.uint32)
    for group in range(question_at.size - 1):
        state[:] = 0
        for q in range(question_at[group], question_at[group + 1]):
            asked, limit, no = codes[column[q]], code[q], np.uint32(1 << bit[q])
            if yes[q]:
                for r in range(rows):
                    state[r] |= np.uint32(asked[r] > limit) * no
            else:
                for r in range(rows):
                    state[r] |= np.uint32(asked[r] <= limit) * no
        states = state_at[group + 1] - state_at[group]
        start = table_at[group]
        for i in range(input_at[group], input_at[group + 1]):
            into, table = sums[inputs[i]], tables[start : start + states]
            for r in range(rows):
                into[r] += table[state[r]]
            start += states
    for j in range(width):
        for r in range(rows):
            found[r, j] += sums[j, r]


def count_states(
    codes: Array, found: Array, question_at: Array, bit: Array, column: Array, code: Array, yes: Array, state_at: Array
) -> None:
    """Count the rows in every state of every group; compiled by numba."""
    rows = codes.shape[1]
    state = np.zeros(rows, np.uint32)
    for group in range(question_at.size - 1):
        state[:] = 0
        for q in range(question_at[group], question_at[group + 1]):
            asked, limit, no = codes[column[q]], code[q], np.uint32(1 << bit[q])
            for r in range(rows):
                state[r] |= np.uint32((asked[r] > limit) == yes[q]) * no
        into = found[state_at[group] : state_at[group + 1]]
        for r in range(rows):
            into[state[r]] += 1.0


def _part(codes: Array, start: int, size: int) -> Array:
    """Some rows, always laid out alike, since numba compiles anew for every layout."""
    return np.ascontiguousarray(codes[:, start : start + size])


def _questions(plan: Plan) -> tuple[Array, ...]:
    return plan.question_at, plan.bit, plan.column, plan.code, plan.yes


def _arrays(plan: Plan) -> tuple[Array, ...]:
    return *_questions(plan), plan.input_at, plan.inputs, plan.state_at, plan.table_at


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
