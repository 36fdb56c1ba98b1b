"""What several questions about disparities read alike: which metrics are proportions, and which reference is one group."""

from __future__ import annotations

from .._ask import Reference
from .._measure import Measured, Metrics
from ..exceptions import BadValue, WrongKind
from ..metrics import Metric
from ..metrics._disparity import NAMED

_MANY = {"best": "best", "rest": "everybody else", "overall": "everybody"}


def proportions(measured: Measured, metric: Metrics, confidence: float, verb: str) -> tuple[Metric, ...]:
    """Read the argument `metric`, and refuse what is no proportion of each group's own people.

    Raises
    ------
    BadValue
        If a metric is a formula over counts, or a share of everybody.
    """
    found = []
    for one in measured._metrics(metric, confidence):
        if not isinstance(one, Metric) or one.of_all:
            raise BadValue(
                f"`fl.{verb}` was asked for {one.name!r}.",
                "It takes rates: some people of a group among more people of the same group.",
                hint=f'fl.{verb}(audit, "selection_rate")',
                role="metric",
                value=one.name,
            )
        found.append(one)
    return tuple(found)


def one_group(reference: Reference, verb: str) -> Reference:
    """Refuse a reference that is not one group: only "largest" and levels are.

    Raises
    ------
    BadValue, WrongKind
        If it is another word, or of a kind that no level is.
    """
    found = reference.item() if hasattr(reference, "item") else reference
    if not isinstance(found, str | int | float | tuple):
        raise WrongKind(
            f"`reference` is {reference!r}.",
            "It must be a level, a tuple of levels, or 'largest'.",
            hint=f'fl.{verb}(audit, "selection_rate", reference="largest")',
            role="reference",
            value=reference,
        )
    if isinstance(found, str) and found in NAMED and found != "largest":
        raise BadValue(
            f"`reference` is {found!r}, which is {_MANY[found]} and not one group.",
            f"`fl.{verb}` compares two groups.",
            hint=f'reference="largest", or the level to compare with; reference=({found!r},) for a level of that name',
            role="reference",
            value=found,
        )
    return found
