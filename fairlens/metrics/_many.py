"""What a table of comparisons says about all its rows together: adjusted p-values, and the smallest change that would have been seen."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .._levels import ALL
from ..stats import adjust_pairs, detectable_difference, detectable_ratio
from ._row import PairRow, informed


def adjusted(rows: Sequence[PairRow]) -> tuple[float, ...]:
    """Adjust the p-values of all rows that can be compared, as `p_adjusted` says."""
    families: dict[object, list[int]] = {}
    for i, pair in enumerate(rows):
        if pair.status == "ok" and not math.isnan(pair.p_value):
            families.setdefault((pair.row.metric.name, tuple(level == ALL for level in pair.row.group)), []).append(i)
    found = [math.nan] * len(rows)
    for family in families.values():
        for i, p in zip(family, _family([rows[i] for i in family]), strict=True):
            found[i] = min(1.0, max(p, rows[i].p_value) * len(families))
    return tuple(found)


def _family(pairs: Sequence[PairRow]) -> Sequence[float]:
    if len(pairs) == 1 or any(pair.draws is not None or not pair.row.metric.event for pair in pairs):
        return [min(1.0, pair.p_value * len(pairs)) for pair in pairs]
    groups = [_settled(informed(pair.row)) for pair in pairs]
    to_one = not isinstance(pairs[0].reference, str)
    if to_one:
        groups.append(_settled(informed(pairs[0].base)))
    x, n = ([group[k] for group in groups] for k in (0, 1))
    whole = all(float(size).is_integer() for group in groups for size in group)
    weight = None if whole or to_one else [pair.row.denominator for pair in pairs]
    found: list[float] = adjust_pairs(x, n, len(groups) - 1 if to_one else None, whole, weight=weight).tolist()
    return found[: len(pairs)]


def _settled(sizes: tuple[float, float]) -> tuple[float, float]:
    """Whole numbers where only rounding errors keep numbers from being whole."""
    x, n = (float(round(one)) if abs(one - round(one)) <= 1e-9 * max(one, 1.0) else one for one in sizes)
    return x, n


def detectable(rows: Sequence[PairRow], ratio: bool, confidence: float) -> tuple[float, ...]:
    """Give for each row the smallest change that it would have shown with a power of 0.8."""
    if not rows:
        return ()
    bases = [pair.base if pair.rest is None else pair.rest for pair in rows]
    able = [pair.status in ("ok", "small") and bool(pair.row.metric.event) for pair in rows]
    rate = [base.value if fits else math.nan for base, fits in zip(bases, able, strict=True)]
    own, others = ([informed(row)[1] for row in several] for several in ([pair.row for pair in rows], bases))
    find = detectable_ratio if ratio else detectable_difference
    found = find(rate, own, others, confidence=confidence)
    shares = [1.0 if pair.rest is None else 1 - pair.row.denominator / pair.base.denominator for pair in rows]
    if ratio:
        return tuple(float(one) / (share * 1 + (1 - share) * float(one)) for one, share in zip(found, shares, strict=True))
    return tuple(float(one) * share for one, share in zip(found, shares, strict=True))
