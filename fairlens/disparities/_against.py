"""What a criterion compares: each group with its reference, or with itself in a baseline. From an audit to readings."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from .._measure import Measured
from .._tables import PairedView
from ..exceptions import BadValue, OneGroup, RoleNeeded
from ..metrics import Formula, GroupRow, Metric, PairRow
from ..metrics._group_rows import LOST, MOST_LOST, evaluate
from ..metrics._row import Group
from ..scores._ids import ScoreMetric
from ..stats import bonett_price, normal_quantile, paired_replicates
from ..stats._bootstrap import percentile_interval
from ..texts import texts_of
from ._criterion import Criterion
from ._judging import Interval, Samples, intervals

BASELINE, _NO_WIDTH = "baseline", 1e-12
REASONS = texts_of()["rulings"]
_LEVEL = Callable[[float], Interval]


@dataclass(frozen=True, slots=True)
class Reading:
    """One change, and how sure it is: an interval for any confidence. `gone` says why there is no number.

    `worth` is the number of independent people who would tell as much as the group's, and as the reference's; `few` says where one of
    them is too small. `ends` are those of a change between groups that are known as probabilities, and `unsure` says that they do not decide.
    """

    columns: tuple[str, ...]
    group: Group
    reference: str | Group
    value: float = math.nan
    base: float = math.nan
    change: float = math.nan
    n: int | None = None
    n_reference: int | None = None
    interval: _LEVEL = lambda confidence: (math.nan, math.nan)
    samples: Samples | None = None
    per_person: float = 1.0
    is_exact: bool = False
    gone: str = ""
    told: str = ""
    few: str = ""
    worth: float = math.inf
    worth_reference: float = math.inf
    least: int = 1
    ends: Interval | None = None
    unsure: str = ""


def readings(measured: Measured, criterion: Criterion, baseline: Measured | None) -> list[Reading]:
    """One reading per group that the criterion speaks of."""
    if criterion.comparison == BASELINE:
        return _to_baseline(measured, criterion, baseline)
    found: list[Reading] = []
    for columns, view in measured._compared(criterion.by, criterion.reference):
        try:
            rows = _pairs(measured, criterion, columns)
        except OneGroup:
            alone = view.groups[0] if view.groups else ("(all)",) * len(columns)
            found.append(Reading(columns, alone, "nobody", gone=REASONS["one"]))
            continue
        if isinstance(criterion.measure, ScoreMetric):
            found += _scores(measured, criterion, columns, rows)
        else:
            found += [_read_pair(columns, pair, criterion.is_ratio) for pair in rows]
    return found


def _pairs(measured: Measured, criterion: Criterion, columns: tuple[str, ...], confidence: float = 0.95) -> tuple[PairRow, ...]:
    table = measured.ratio if criterion.is_ratio else measured.difference
    return table(criterion.metric, by=list(columns), reference=criterion.reference, confidence=confidence).rows


def _scores(measured: Measured, criterion: Criterion, columns: tuple[str, ...], pairs: Sequence[PairRow]) -> list[Reading]:
    """Numbers of scores: the limits of `Audit.difference` at whatever confidence is asked for."""
    at: dict[float, tuple[PairRow, ...]] = {}

    def limits(i: int, confidence: float) -> Interval:
        if confidence not in at:
            at[confidence] = _pairs(measured, criterion, columns, confidence)
        return at[confidence][i].lower, at[confidence][i].upper

    found = []
    for i, pair in enumerate(pairs):
        row, base = pair.row, pair.base
        read = Reading(columns, row.group, pair.reference, row.value, base.value, n=row.n, n_reference=base.n)
        if not all(map(math.isfinite, (pair.change, pair.lower, pair.upper))):
            why = REASONS["hidden"].format(reason=pair.reason) if pair.status == "suppressed" else pair.reason or REASONS["no_interval"]
            found.append(replace(read, gone=why))
        else:
            found.append(replace(read, change=pair.change, interval=partial(limits, i), **_worth(row, base), **_told(pair)))
    return found


def limits_of(found: Sequence[Reading], confidence: float) -> list[Interval]:
    """The limits of every reading at one confidence; those of two samples are found together, which is many times faster."""
    sampled = [reading.samples for reading in found if reading.samples is not None]
    together = iter(intervals(sampled, normal_quantile(confidence)))
    return [reading.interval(confidence) if reading.samples is None else next(together) for reading in found]


def _read_pair(columns: tuple[str, ...], pair: PairRow, is_ratio: bool) -> Reading:
    row, base = pair.row, pair.base
    rates = (columns, row.group, pair.reference, row.value, base.value)
    if not math.isfinite(pair.change):
        hidden = pair.status == "suppressed"
        return Reading(*rates, n=row.n, n_reference=base.n, gone=REASONS["hidden"].format(reason=pair.reason) if hidden else pair.reason or REASONS["no_interval"])
    counts = (pair.change, row.n, base.n)
    worth = {**_worth(row, base), **_told(pair)}
    if pair.draws is not None and _varies(pair.draws):
        return Reading(*rates, *counts, interval=_drawn(pair.draws, pair.change), **worth)
    if isinstance(row.metric, Formula):
        return Reading(*rates, n=row.n, n_reference=base.n, gone=REASONS["no_interval"])
    other = base if pair.rest is None else pair.rest
    share = 0.0 if pair.rest is None else row.denominator / base.denominator
    samples = Samples(row.value, row.effective, other.value, other.effective, is_ratio, share)
    exact = share == 0 and row.effective == row.n and other.effective == other.n
    return Reading(*rates, *counts, interval=_scored(samples), samples=samples, per_person=_per_person(row), is_exact=exact, **worth)


def _worth(row: GroupRow, base: GroupRow) -> dict[str, Any]:
    """As many independent people as the denominators are worth: people, or fewer where these have weights or several rows."""
    sizes = [min(one.n or 0, math.inf if math.isnan(one.effective) else one.effective) for one in (row, base)]
    return {"worth": sizes[0], "worth_reference": sizes[1]}


def _told(pair: PairRow) -> dict[str, Any]:
    return {"few" if pair.status == "small" else "told": pair.reason}


def _scored(samples: Samples) -> _LEVEL:
    return lambda confidence: samples.interval(normal_quantile(confidence))


def _drawn(draws: Any, change: float) -> _LEVEL:
    """Percentiles of resampled changes, which hold the change itself."""

    def interval(confidence: float) -> Interval:
        low, high, _ = (float(one) for one in percentile_interval(draws, confidence))
        return min(low, change), max(high, change)

    return interval


def _varies(draws: Any) -> bool:
    """Whether resampled changes are not all one number: people who are all alike tell nothing about chance."""
    kept = np.asarray(draws)[np.isfinite(draws)]
    return len(kept) > 0 and float(np.ptp(kept)) > _NO_WIDTH


def _per_person(row: GroupRow) -> float:
    """Effective people per person, so that a plan is in people."""
    return row.effective / row.n if row.n and row.effective > 0 else 1.0


def _to_baseline(measured: Measured, criterion: Criterion, baseline: Measured | None) -> list[Reading]:
    found: list[Reading] = []
    for columns, _ in measured._views(criterion.by):
        fixed = dict(measured.selection)
        paired = measured.tables.paired_view(columns, fixed) if baseline is None else None
        if paired is not None and measured.threshold is not None:
            raise BadValue(
                f"The criterion {criterion.label!r} compares two decisions about the same people, in an audit {measured.setting}.",
                "Both decisions are counted as they were taken, whatever the threshold.",
                hint="fl.check(audit.at(None), criteria)",
                role="measured",
                value=measured.threshold,
            )
        if paired is not None:
            _check_counted(measured, criterion)
            found += _paired(columns, paired, criterion, measured.spec.suppress_below)
        elif baseline is None:
            raise RoleNeeded(
                f"The criterion {criterion.label!r} compares with a baseline, and there is none.",
                "This audit holds one decision per person.",
                hint='fl.check(audit, criteria, baseline=other_audit), or fl.audit(..., y_pred={"before": ..., "after": ...})',
                role="baseline",
            )
        else:
            found += _unpaired(columns, measured, baseline, criterion)
    return found


def _check_counted(measured: Measured, criterion: Criterion) -> None:
    """Two decisions about the same people are compared as so many independent people, each counting once."""
    spec = measured.spec
    role, column = ("sample_weight", spec.sample_weight) if spec.sample_weight is not None else ("cluster", spec.cluster)
    if column is None:
        return
    what = "count by weights" if role == "sample_weight" else "belong to persons who may have several"
    raise BadValue(
        f"The criterion {criterion.label!r} compares two decisions about the same people, in an audit whose rows {what} ({column!r}).",
        "Such pairs are not counted. Two audits can be compared, each with its own weights or persons; that is cautious, because it leaves"
        " out what they share.",
        hint=f"fl.check(audit, criteria, baseline=fl.audit(data, y_pred={spec.y_base!r}, {role}={column!r}, ...)), with audit made of {spec.y_pred!r} alone",
        role=role,
        value=column,
    )


def _unpaired(columns: tuple[str, ...], measured: Measured, baseline: Measured, criterion: Criterion) -> list[Reading]:
    """Two audits of their own, as independent samples; of the same people this is cautious, because it leaves out what they share."""
    rows, others = ({row.group: row for row in one.by_group(criterion.metric, by=list(columns)).rows} for one in (measured, baseline))
    found = [_read_unpaired(columns, row, others.get(group)) for group, row in rows.items()]
    return found + [Reading(columns, group, BASELINE, gone=REASONS["not_in_audit"]) for group in others if group not in rows]


def _read_unpaired(columns: tuple[str, ...], row: GroupRow, base: GroupRow | None) -> Reading:
    if base is None:
        return Reading(columns, row.group, BASELINE, gone=REASONS["not_in_baseline"])
    for one in (row, base):
        if one.status in ("suppressed", "undefined"):
            why = f"suppressed: {one.reason}" if one.status == "suppressed" else one.reason if one is row else REASONS["baseline_undefined"]
            return Reading(columns, row.group, BASELINE, gone=why)
    change = row.value - base.value
    known = (columns, row.group, BASELINE, row.value, base.value, change, row.n, base.n)
    few = next((one.reason for one in (row, base) if one.status == "small"), "")
    if row.draws is not None and base.draws is not None:
        shuffled = np.random.default_rng(0).permutation(np.asarray(base.draws))  # both audits draw from one seed
        draws = np.asarray(row.draws) - shuffled
        if _varies(draws):
            return Reading(*known, interval=_drawn(draws, change), few=few, **_worth(row, base))
    if isinstance(row.metric, Formula):
        return Reading(columns, row.group, BASELINE, n=row.n, n_reference=base.n, gone=REASONS["no_interval"])
    samples = Samples(row.value, row.effective, base.value, base.effective)
    return Reading(*known, interval=_scored(samples), samples=samples, per_person=_per_person(row), few=few, **_worth(row, base))


def _paired(columns: tuple[str, ...], view: PairedView, criterion: Criterion, floor: int) -> list[Reading]:
    """Both decisions about the same people."""
    found = []
    for group, counts, hidden in zip(view.groups, view.counts, view.suppressed, strict=True):
        if hidden:
            found.append(Reading(columns, group, BASELINE, gone=REASONS["suppressed"].format(floor=floor)))
        else:
            found.append(_read_paired(columns, group, np.asarray(counts, float), criterion.measure))
    return found


def _read_paired(columns: tuple[str, ...], group: Group, counts: Any, metric: Any) -> Reading:
    """Counts are label by earlier decision by decision."""
    earlier, later = counts.sum(axis=2).reshape(6), counts.sum(axis=1).reshape(6)
    value, base = (float(evaluate(metric, six[None])[0]) for six in (later, earlier))
    below = np.asarray(metric.counted if isinstance(metric, Formula) else metric.denominator, float)
    n, n_base = round(float(below @ later)), round(float(below @ earlier))
    if not (math.isfinite(value) and math.isfinite(base)):
        return Reading(columns, group, BASELINE, n=n, n_reference=n_base, gone=texts_of()["reasons"]["undefined"])
    known = (columns, group, BASELINE, value, base, value - base, n, n_base)
    if isinstance(metric, Metric) and _same_people(metric):
        counted = np.asarray(metric.numerator, float).reshape(3, 2)
        gained, lost = (
            float((counts * ((after == 1) & (before == 0))).sum())
            for after, before in ((counted[:, None, :], counted[:, :, None]), (counted[:, :, None], counted[:, None, :]))
        )
        return Reading(*known, interval=lambda confidence: _floats(bonett_price(gained, lost, n, normal_quantile(confidence))))
    draws = paired_replicates(
        counts,
        lambda t: evaluate(metric, t.sum(axis=3).reshape(-1, 6)),
        lambda t: evaluate(metric, t.sum(axis=2).reshape(-1, 6)),
    )
    kept = draws[np.isfinite(draws)]
    if _varies(draws):
        lost = 1 - len(kept) / len(draws)
        told = LOST.format(share=round(100 * lost)) if lost > MOST_LOST else ""
        return Reading(*known, interval=_drawn(draws, value - base), told=told)
    if isinstance(metric, Formula):
        return Reading(columns, group, BASELINE, n=n, n_reference=n_base, gone=REASONS["no_interval"])
    return Reading(*known, interval=_scored(Samples(value, n, base, n_base)))


def _same_people(metric: Metric) -> bool:
    """Whether the denominator does not change with the decision."""
    return all(metric.denominator[i] == metric.denominator[i + 1] for i in (0, 2, 4))


def _floats(limits: tuple[Any, Any]) -> Interval:
    return float(limits[0]), float(limits[1])


def family(found: list[Reading], criterion: Criterion) -> int:
    """How many comparisons a criterion makes: its groups, or with the best group as the reference all pairs of them.

    Groups with too few people or without a number count too, so that a verdict is the same where they are suppressed.
    """
    groups = sum(reading.gone != REASONS["one"] for reading in found)
    return max(groups * (groups + 1) // 2 if criterion.reference == "best" else groups, 1)
