"""Which outcome a criterion is about: of a rate that says what people want, the outcome that they want."""

from __future__ import annotations

from dataclasses import replace

from .._spec import Spec
from ..exceptions import BadValue
from ..metrics import Metric
from ..metrics._disparity import need_favorable
from ..metrics._rates import RATES
from ._criterion import Criterion


def about_wanted(criterion: Criterion, spec: Spec) -> Criterion:
    """The criterion as it is judged: about what people want where its metric says so, with "adverse" as a side.

    Differences on both sides are the same for a rate and its opposite, and stay as they are.

    Raises
    ------
    RoleNeeded
        If the audit does not say what people want, and the criterion depends on it.
    BadValue
        If harm is said to be on the higher side of an outcome whose opposite is judged.
    """
    metric = criterion.measure
    if metric.favorable is None or (criterion.direction == "both" and not criterion.is_ratio):
        return criterion
    if spec.event_is_favorable is None:
        raise need_favorable(f"The criterion {criterion.label!r}")
    wanted = spec.event_is_favorable == (metric.favorable == "event")
    if not isinstance(metric, Metric):
        return criterion if criterion.direction != "adverse" else replace(criterion, direction="lower" if wanted else "higher")
    side = "lower" if criterion.direction == "adverse" else criterion.direction
    if wanted:
        return replace(criterion, direction=side)
    opposite = opposite_of(metric)
    if side == "higher":
        raise BadValue(
            f"The criterion {criterion.label!r} puts harm on the higher side, and `favorable` says that people do not want what it counts.",
            f"It is judged by the opposite ({opposite.label.lower()}), of which the lower side does harm.",
            hint=f'Criterion({metric.name!r}, ..., direction="adverse")',
            role="direction",
            value="higher",
        )
    return replace(criterion, metric=opposite.name if RATES.get(opposite.name) == opposite else opposite, direction=side)


def opposite_of(metric: Metric) -> Metric:
    """The rate of everybody else in the denominator, by its own name where it has one.

    Examples
    --------
    >>> from fairlens import metrics
    >>> opposite_of(metrics.get("selection_rate")).name
    'rejection_rate'
    """
    turned = metric.opposite
    known = (one for one in RATES.values() if (one.numerator, one.denominator) == (turned.numerator, turned.denominator))
    own = replace(turned, label=f"Opposite of {metric.label}", event=f"do not count in {metric.label}", favorable="opposite" if metric.favorable == "event" else "event")
    return next(known, own)
