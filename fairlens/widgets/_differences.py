"""What a record says otherwise than the panel that it is restored in: how it was counted, and what was counted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ._filled import filled

if TYPE_CHECKING:
    from ..texts import Texts

Cells = dict[frozenset[tuple[str, str]], list[Any] | None]


def differences(theirs: Mapping[str, Any], mine: Mapping[str, Any], texts: Texts) -> list[str]:
    """Say in words what differs between what a recorded view was sent with and what this panel was; what a record does not hold is not told."""
    said = texts["restored"]
    found = []

    def tell(name: str, here: str, there: str, **values: str) -> None:
        if here != there:
            found.append(filled(said[name], theirs=there, mine=here, **values))

    held = [name for name in ("confidence", "favorable", "banner") if name in theirs]
    if "confidence" in held:
        tell("confidence_differs", texts.share(mine["confidence"]), texts.share(theirs["confidence"]))
    if "favorable" in held:
        tell("favorable_differs", *(said["wanted" if one["favorable"] else "unwanted"] for one in (mine, theirs)))
    if "banner" in held:
        tell("profile_differs", *("internal" if one["banner"] else "restricted" for one in (mine, theirs)))
    here, there = _levels(mine), _levels(theirs)
    tell("columns_differ", ", ".join(sorted(here)), ", ".join(sorted(there)))
    for axis in here:
        if axis in there and set(here[axis]) != set(there[axis]):
            tell("levels_differ", ", ".join(here[axis]), ", ".join(there[axis]), axis=axis)
    same = {axis for axis in here if set(here[axis]) == set(there.get(axis, ()))}
    every, other = _compared(theirs, mine, same)
    if other:
        found.append(filled(said["counts_differ"], k=texts.count(other), all=texts.count(every)))
    return found


def _levels(data: Mapping[str, Any]) -> dict[str, list[str]]:
    return {axis["name"]: list(axis["levels"]) for axis in data["axes"]}


def _compared(theirs: Mapping[str, Any], mine: Mapping[str, Any], axes: set[str]) -> tuple[int, int]:
    """How many cells are shown in both, and how many of them are not the same."""
    fine = all(theirs.get(name) == mine.get(name) for name in ("steps", "decided", "labels"))
    every = other = 0
    for kind in ("counts", "weights"):
        here, there = _cells(mine, kind, axes), _cells(theirs, kind, axes)
        if not here or not there:
            continue
        for key in {*here, *there}:
            one, two = here.get(key, []), there.get(key, [])
            if one is None or two is None:
                continue
            every += 1
            other += not _same(one, two, fine=fine)
    return every, other


def _cells(data: Mapping[str, Any], kind: str, axes: set[str]) -> Cells:
    """Every cell by the names of its columns and levels; None for a suppressed one."""
    known = [(axis["name"], axis["levels"]) for axis in data["axes"]]
    return {
        frozenset((known[axis][0], known[axis][1][code]) for axis, code in zip(table["axes"], codes, strict=True)): cell
        for table in data["tables"]
        if kind in table and all(known[axis][0] in axes for axis in table["axes"])
        for codes, cell in zip(table["codes"], table[kind], strict=True)
    }


def _same(one: Sequence[float], two: Sequence[float], *, fine: bool) -> bool:
    """Whether two cells hold the same people, outcome by outcome where they were counted in the same way."""
    if not fine or not one or not two:
        return math.isclose(sum(one), sum(two), rel_tol=1e-9)
    return len(one) == len(two) and all(math.isclose(a, b, rel_tol=1e-9) for a, b in zip(one, two, strict=True))
