"""Metric: a rate as data, two vectors of 0 and 1 over the outcome cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from ..exceptions import BadValue, MetricNotFound, WrongKind, listed

if TYPE_CHECKING:
    from ._formula import Formula

CELLS = ((0, 0), (0, 1), (1, 0), (1, 1), (None, 0), (None, 1))
"""The outcome cells in order, as (y_true, y_pred); None is an unlabelled person."""

Weights = tuple[int, int, int, int, int, int]
Favorable = Literal["event", "opposite"] | None


@dataclass(frozen=True, slots=True)
class Metric:
    """A proportion: people in some outcome cells among the people in some more of them.

    Parameters
    ----------
    name
        Its id, in scikit-learn's and fairlearn's words.
    numerator, denominator
        Six weights of 0 or 1 over `CELLS`; every cell of the numerator is one of the denominator.
    label
        What a table or an axis calls it.
    among
        Which people are in the denominator, as the tail of "Of 100 Black applicants".
    event
        What happens to those in the numerator, as the tail of "52 of them".
        Both may use the words {decision} and {truth} of the spec.
    favorable
        "event" if the people want what the numerator counts whenever they want the predicted event, "opposite" if they
        then do not, None if the rate itself says nothing about what a person wants.
    of_all
        Whether the denominator is everybody's, so that the value is a group's share and depends on how large it is.

    Examples
    --------
    >>> from fairlens import metrics
    >>> metrics.get("true_positive_rate").numerator
    (0, 0, 0, 1, 0, 0)
    """

    name: str
    numerator: Weights
    denominator: Weights
    label: str
    among: str = ""
    event: str = "count"
    favorable: Favorable = None
    of_all: bool = False

    def __post_init__(self) -> None:
        vectors = isinstance(self.numerator, list | tuple) and isinstance(self.denominator, list | tuple)
        pairs = list(zip(self.numerator, self.denominator, strict=False)) if vectors else []
        fits = vectors and len(self.numerator) == len(self.denominator) == len(CELLS)
        if not fits or any(top not in (0, 1) or bottom not in (0, 1) or top > bottom for top, bottom in pairs):
            raise BadValue(
                f"The metric {self.name!r} has numerator {self.numerator} and denominator {self.denominator}.",
                "Both are six weights of 0 or 1 over (y_true, y_pred) = 00, 01, 10, 11, ?0, ?1,"
                " and every cell of the numerator is one of the denominator.",
                hint="Metric('hits', (0, 0, 0, 1, 0, 0), (0, 0, 1, 1, 0, 0), 'Hits')",
                role="metric",
                value=self.name,
            )

    @property
    def opposite(self) -> Metric:
        """The rate of those in the denominator who are not in the numerator."""
        top = tuple(int(below - above) for above, below in zip(self.numerator, self.denominator, strict=True))
        return replace(self, name=f"not_{self.name}", numerator=top, favorable=None)  # type: ignore[arg-type]

    @property
    def needs_y_true(self) -> bool:
        """Whether the rate changes with the true label."""
        return any(
            len({weights[i] for i in same}) > 1
            for weights in (self.numerator, self.denominator)
            for same in ((0, 2, 4), (1, 3, 5))
        )

    @property
    def needs_decision(self) -> bool:
        """Whether the rate changes with the decision."""
        return any(
            weights[i] != weights[i + 1] for weights in (self.numerator, self.denominator) for i in (0, 2, 4)
        )


def get(metric: str | Metric | Formula | Callable[..., float]) -> Metric | Formula:
    """Find a metric by its id, by scikit-learn's other name for it, or make one of ``f(y_true, y_pred, sample_weight)``."""
    from ._formula import Formula, every_name, find, formula_of, takes_weights

    if isinstance(metric, Metric | Formula):
        return metric
    if callable(metric) and takes_weights(metric):
        return formula_of(metric)
    if not isinstance(metric, str):
        raise WrongKind(
            f"`metric` is a {type(metric).__name__}.",
            "It must be the id of a metric, a Metric, a function of (y_true, y_pred, sample_weight), or a list of these.",
            hint='audit.by_group("selection_rate")',
            role="metric",
            value=metric,
        )
    found = find(metric)
    if found is None:
        raise MetricNotFound(
            f"There is no metric {metric!r}.",
            f"There are: {', '.join(every_name())}.",
            hint=f"audit.by_group({_nearest(metric, every_name())!r})",
            role="metric",
            value=metric,
        )
    return found


def names() -> tuple[str, ...]:
    """List the ids of all rates."""
    from ._rates import RATES

    return tuple(RATES)


def chosen(metrics: Any, has_y_true: bool, other: Callable[[Any], Any] = lambda metric: None) -> tuple[Any, ...]:
    """Read the argument `metrics`: one, several, or None for every rate that the audit's roles allow.

    `other` knows metrics that are no function of the outcome cells, and gives None for the rest.
    """
    if metrics is None:
        every = [get(name) for name in names()]
        return tuple(metric for metric in every if has_y_true or not metric.needs_y_true)
    if isinstance(metrics, str) or callable(metrics) or not isinstance(metrics, list | tuple):
        return (other(metrics) or get(metrics),)
    if not metrics:
        raise WrongKind(
            f"`metrics` is {metrics!r}.",
            f"It must be one metric or a list of metrics: {listed(names())}.",
            hint='audit.by_group(["selection_rate", "true_positive_rate"])',
            role="metrics",
            value=metrics,
        )
    found: dict[str, Any] = {}
    for metric in (other(metric) or get(metric) for metric in metrics):
        if found.setdefault(metric.name, metric) != metric:
            raise BadValue(
                f"`metrics` has two different metrics with the name {metric.name!r}.",
                "Their rows could not be told apart.",
                hint=f"dataclasses.replace(metric, name={f'my_{metric.name}'!r}), or fl.metrics.register({f'my_{metric.name}'!r}, function)",
                role="metrics",
                value=metric.name,
            )
    return tuple(found.values())


def _nearest(name: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    return (get_close_matches(name, known, 1, 0.0) or [known[0]])[0]
