"""Remarks: what a reader has to know beside the numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._levels import name_of
from ._protect import PublishedTables
from ._spec import Spec
from ._tables import Tables
from .metrics._sentence import ENGLISH, word_of
from .texts import Texts

INTERNAL = ENGLISH["remarks"]["internal"]
_MOST_GROUPS = 12


def remarks(tables: PublishedTables, spec: Spec, *, internal: bool, selected: bool, texts: Texts = ENGLISH) -> tuple[str, ...]:
    """Say what is hidden, who is not counted or not labelled, where decisions and threshold differ.

    An internal profile has its own first line. Counts are of the whole audit, which is said where a part of it is `selected`.
    """
    said, people = texts["remarks"], word_of(spec, "persons", texts)
    floor = texts.count(spec.suppress_below)
    hidden = said["hidden" if spec.suppress_below > 1 else "shown"].format(floor=floor)
    few = said["few"].format(least=texts.count(spec.min_denominator))
    left = [said["left"].format(n=texts.count(n), persons=people, axis=axis) for axis, n in tables.left_out]
    counted = [*_unlabelled(tables, spec, texts), *_disagreements(tables, spec, texts)]
    if selected:
        counted = [said["whole"].format(text=f"{text[0].lower()}{text[1:]}") for text in counted]
    return (*([] if internal else [hidden]), few, *left, *counted, *_counting(spec, texts))


def title(n: int | None, spec: Spec, *, selected: bool, texts: Texts = ENGLISH) -> str:
    """Say how many people an audit counts; of fewer than may be shown only that."""
    said = texts["remarks"]
    hidden = said["unknown"] if selected else said["fewer"].format(floor=texts.count(spec.suppress_below))
    return said["title"].format(n=hidden if n is None else texts.count(n), persons=word_of(spec, "persons", texts))


def _counting(spec: Spec, texts: Texts) -> list[str]:
    """Say where a row is not one independent person of one known group."""
    said = texts["remarks"]
    named = [("weighted", spec.sample_weight), ("clustered", spec.cluster), *(("membership", name) for name, _ in spec.membership)]
    return [said[kind].format(column=column) for kind, column in named if column is not None]


def _unlabelled(tables: PublishedTables, spec: Spec, texts: Texts) -> list[str]:
    """How many have no label, and how many of each group have one: error rates are about those only."""
    whole, said = tables.table(()), texts["remarks"]
    missing = _people(whole.counts[0, 2])
    if not tables.has_y_true or missing == 0 or whole.blank[0]:
        return []
    total = texts.count(_people(whole.people[0]))
    text = said["unlabelled"].format(n=texts.count(missing), all=total, persons=word_of(spec, "persons", texts))
    for axis in spec.sensitive_features:
        table = tables.table((axis,))
        if len(table.counts) > _MOST_GROUPS:
            continue
        levels = tables.levels(axis)
        shares = [
            said["labelled_hidden" if blank else "labelled_share"].format(
                level=name_of(levels[code]), n=texts.count(_people(cell[:2])), all=texts.count(_people(cell))
            )
            for (code,), cell, blank in zip(table.codes.tolist(), table.counts, table.blank, strict=True)
        ]
        text += said["labelled"].format(axis=axis, shares=", ".join(shares))
    return [text]


def disagreements(tables: Tables, spec: Spec) -> int | None:
    """How many were decided about otherwise than the declared threshold says; None unless there are decisions and a threshold."""
    if not tables.decided or tables.steps is None or spec.threshold is None:
        return None
    counts = tables.table(()).counts[0]
    above = np.asarray(tables.steps) >= spec.threshold
    return _people(counts[:, above, 0].sum() + counts[:, ~above, 1].sum())


def _disagreements(tables: PublishedTables, spec: Spec, texts: Texts) -> list[str]:
    whole, differing = tables.table(()), disagreements(tables, spec)
    if spec.threshold is None or not differing or whole.blank[0]:
        return []
    values = {"n": texts.count(differing), "all": texts.count(_people(whole.people[0])), "threshold": texts.number(spec.threshold)}
    return [texts["remarks"]["differing"].format(persons=word_of(spec, "persons", texts), **values)]


def _people(counts: Any) -> int:
    """How many people; whole where they are counted in fractions."""
    return round(float(np.sum(counts)))
