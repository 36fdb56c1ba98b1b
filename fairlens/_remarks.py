"""Remarks: what a reader has to know beside the numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._html import number
from ._levels import name_of
from ._protect import PublishedTables
from ._spec import Spec
from ._tables import Tables

INTERNAL = "Internal: nothing is suppressed in this document; small groups of people can be recognised."
_MOST_GROUPS = 12


def remarks(
    tables: PublishedTables, spec: Spec, *, internal: bool, selected: bool, notes: tuple[str, ...]
) -> tuple[str, ...]:
    """Say what is hidden, who is not counted or not labelled, where decisions and threshold differ, how inputs were matched.

    An internal profile has its own first line. Counts are of the whole audit, which is said where a part of it is `selected`.
    """
    people = spec.word("persons")
    floor = spec.suppress_below
    hidden = f"Groups of fewer than {floor} people are suppressed, with as many others as it takes to hide how many they are."
    if floor <= 1:
        hidden = f"No group is suppressed, however small: the audit was made with suppress_below={floor}."
    few = f"Few people: a rate over fewer than {spec.min_denominator}; shown, and never chosen as the largest gap."
    left = [
        f"{n:,} {people} without a value of {axis} are not in these numbers: too few to show." for axis, n in tables.left_out
    ]
    counted = [*_unlabelled(tables, spec), *_disagreements(tables, spec)]
    if selected:
        counted = [f"In the whole audit: {text[0].lower()}{text[1:]}" for text in counted]
    return (*([] if internal else [hidden]), few, *left, *counted, *_counting(spec), *notes)


def _counting(spec: Spec) -> list[str]:
    """Say where a row is not one independent person of one known group."""
    said = []
    if spec.sample_weight is not None:
        said.append(f"Rows are weighted by {spec.sample_weight}: n is rows, rates are weighted, and intervals use the number of equally weighted rows that would tell as much (Kish).")
    if spec.cluster is not None:
        said.append(f"Rows of one {spec.cluster} belong together: n is rows, and intervals allow for that.")
    said += [
        f"{name} is known as probabilities only: each person counts as fractions, n is an expected number, and what the probabilities"
        " leave open is not in the intervals (fl.bound shows it)."
        for name, _ in spec.membership
    ]
    return said


def _unlabelled(tables: PublishedTables, spec: Spec) -> list[str]:
    """How many have no label, and how many of each group have one: error rates are about those only."""
    whole = tables.table(())
    missing = _people(whole.counts[0, 2])
    if not tables.has_y_true or missing == 0 or whole.blank[0]:
        return []
    total = _people(whole.people[0])
    text = f"Error rates leave out {missing:,} of {total:,} {spec.word('persons')}, whose label is missing."
    for axis in spec.sensitive_features:
        table = tables.table((axis,))
        if len(table.counts) > _MOST_GROUPS:
            continue
        shares = [
            f"{name_of(tables.levels(axis)[code])} " + ("suppressed" if blank else f"{_people(cell[:2]):,} of {_people(cell):,}")
            for (code,), cell, blank in zip(table.codes.tolist(), table.counts, table.blank, strict=True)
        ]
        text += f" Labelled by {axis}: {', '.join(shares)}."
    return [text]


def disagreements(tables: Tables, spec: Spec) -> int | None:
    """How many were decided about otherwise than the declared threshold says; None unless there are decisions and a threshold."""
    if not tables.decided or tables.steps is None or spec.threshold is None:
        return None
    counts = tables.table(()).counts[0]
    above = np.asarray(tables.steps) >= spec.threshold
    return _people(counts[:, above, 0].sum() + counts[:, ~above, 1].sum())


def _disagreements(tables: Tables, spec: Spec) -> list[str]:
    whole, differing = tables.table(()), disagreements(tables, spec)
    if spec.threshold is None or not differing or whole.blank[0]:
        return []
    return [
        f"For {differing:,} of {_people(whole.people[0]):,} {spec.word('persons')} the decision is not what the threshold"
        f" {number(spec.threshold)} says; rates are of the decisions where no threshold is chosen."
    ]


def _people(counts: Any) -> int:
    """How many people; whole where they are counted in fractions."""
    return round(float(np.sum(counts)))
