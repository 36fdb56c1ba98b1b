"""What a criterion asks, in words of any language."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..metrics._sentence import ENGLISH, label_of
from ..texts import Texts

if TYPE_CHECKING:
    from .._ask import Reference
    from ._criterion import Criterion

NAMED = ("largest", "rest", "overall", "best")


def label_in(criterion: Criterion, texts: Texts = ENGLISH) -> str:
    """The metric, the columns and what is within; without the criterion's own name."""
    said, metric = texts["verdicts"], criterion.measure
    about = said["about"].format(axes=said["and"].join(criterion.by)) if criterion.by else ""
    return said["label"].format(metric=texts.metric(metric.name, "label", metric.label), about=about, asks=asks_in(criterion, texts))


def asks_in(criterion: Criterion, texts: Texts = ENGLISH) -> str:
    """What is within, in words."""
    said = texts["verdicts"]
    than = said["baseline"] if criterion.comparison == "baseline" else told_reference(criterion.reference, texts)
    low, high = (texts.number(round(bound, 6)) if math.isfinite(bound) else "" for bound in criterion.bounds)
    asked = f"ratio_{criterion.direction}" if criterion.is_ratio else f"difference_{criterion.direction}"
    return said[asked].format(than=than, low=low, high=high, margin=margin_in(criterion, texts))


def margin_in(criterion: Criterion, texts: Texts = ENGLISH) -> str:
    """The margin in words: points of a difference of rates, a range of ratios."""
    if criterion.is_ratio:
        low, high = texts.number(criterion.margin), texts.number(round(1 / criterion.margin, 6))
        return {"both": texts["verdicts"]["range"].format(low=low, high=high), "lower": low, "higher": high, "adverse": low}[criterion.direction]
    if not criterion.is_rate:
        return texts.number(criterion.margin)
    size = texts.number(round(100 * criterion.margin, 6))
    return texts["verdicts"]["point" if size == "1" else "points"].format(size=size)


def told_reference(reference: Reference, texts: Texts = ENGLISH) -> str:
    """Name a reference in words."""
    if isinstance(reference, str) and reference in NAMED:
        return texts["verdicts"][reference]
    return label_of(reference if isinstance(reference, tuple) else (reference,))
