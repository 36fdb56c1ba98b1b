"""Formula: a smooth function of the outcome cells that is no single proportion, and the register of users' own metrics."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..exceptions import BadValue, WrongKind
from ._metric import Metric, Weights
from ._rates import ALIASES, RATES, SHARES

Array = npt.NDArray[np.float64]
_LABELLED = (1, 1, 1, 1, 0, 0)
_SLOW_DRAWS = 500
"""A user's function is called once per resampled table and group."""
_TRUE, _DECIDED = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])


@dataclass(frozen=True, slots=True)
class Formula:
    """A metric computed from counts of the outcome cells; its interval comes from a bootstrap over these cells.

    Parameters
    ----------
    name, label
        Its id, and what a table or an axis calls it.
    evaluate
        From counts of shape (..., 6) in the order of `metrics.CELLS` to values of shape (...); NaN where it is undefined.
    counted
        Which cells are its people, as six weights of 0 or 1.
    least, most
        The lowest and the highest value that are possible.
    favorable
        As for a `Metric`.
    among, event
        Empty: it counts no people, so sentences give its value.
    draws
        How many resampled tables its interval comes from.

    Examples
    --------
    >>> from fairlens import metrics
    >>> metrics.get("balanced_accuracy").value([10, 0, 5, 5, 0, 0])
    0.75
    """

    name: str
    label: str
    evaluate: Callable[[Array], Array] = field(compare=False)
    counted: Weights = _LABELLED
    least: float = 0.0
    most: float = 1.0
    favorable: Literal["event", "opposite"] | None = None
    among: str = ""
    event: str = ""
    draws: int = 2_000

    @property
    def needs_y_true(self) -> bool:
        """Always true: what needs no label is a proportion of decisions."""
        return True

    @property
    def needs_decision(self) -> bool:
        """Always true."""
        return True

    def value(self, counts: Any) -> float:
        """Give the value for one group's counts."""
        return float(self.evaluate(np.asarray(counts, float)[None])[0])


Measure = Metric | Formula
UserMetric = Callable[[Any, Any, Any], float]


def _quotient(top: Array, bottom: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Array = np.where(bottom > 0, top / bottom, np.nan)
    return found


def _rates_of(c: Array) -> tuple[Array, Array]:
    return _quotient(c[..., 3], c[..., 2] + c[..., 3]), _quotient(c[..., 1], c[..., 0] + c[..., 1])


def _balanced_accuracy(c: Array) -> Array:
    tpr, fpr = _rates_of(c)
    return (tpr + 1 - fpr) / 2


def _f1(c: Array) -> Array:
    return _quotient(2 * c[..., 3], 2 * c[..., 3] + c[..., 1] + c[..., 2])


def _positive_likelihood(c: Array) -> Array:
    tpr, fpr = _rates_of(c)
    return _quotient(tpr, fpr)


def _negative_likelihood(c: Array) -> Array:
    tpr, fpr = _rates_of(c)
    return _quotient(1 - tpr, 1 - fpr)


_FORMULAS = (
    Formula("balanced_accuracy", "Balanced accuracy", _balanced_accuracy),
    Formula("f1_score", "F1 score", _f1),
    Formula("positive_likelihood_ratio", "Positive likelihood ratio", _positive_likelihood, most=np.inf),
    Formula("negative_likelihood_ratio", "Negative likelihood ratio", _negative_likelihood, most=np.inf),
)
FORMULAS = {formula.name: formula for formula in _FORMULAS}
_REGISTERED: dict[str, Measure] = {}


def find(name: str) -> Measure | None:
    """Find a rate, a formula or a registered metric by its id or by scikit-learn's other name for it."""
    known = ALIASES.get(name, name)
    return RATES.get(known) or FORMULAS.get(known) or SHARES.get(known) or _REGISTERED.get(name)


def every_name() -> tuple[str, ...]:
    """List the ids of all rates, formulas and registered metrics."""
    return (*RATES, *FORMULAS, *SHARES, *_REGISTERED)


def formula_of(function: UserMetric, name: str = "", label: str = "") -> Formula:
    """Make a metric of ``f(y_true, y_pred, sample_weight)``: it is run on the four labelled cells with their counts as weights."""
    called = name or getattr(function, "__name__", "metric")
    return Formula(called, label or called.replace("_", " ").capitalize(), _on_cells(function), least=-np.inf, most=np.inf, draws=_SLOW_DRAWS)


def takes_weights(function: Callable[..., Any]) -> bool:
    """Whether something can be called as ``f(y_true, y_pred, sample_weight)``."""
    import inspect

    if isinstance(function, type):
        return False
    try:
        taken = inspect.signature(function).parameters
    except ValueError:  # a built-in function that does not tell
        return False
    return "sample_weight" in taken or len(taken) == 3


def register(
    name: str, function: UserMetric | Measure, *, label: str = "", favorable: Literal["event", "opposite"] | None = None
) -> Measure:
    """Make a metric known by a name, so that every question takes it.

    Parameters
    ----------
    name
        Its id; not one that fairlens uses itself.
    function
        ``f(y_true, y_pred, sample_weight)``, as in scikit-learn; or a `Metric`, or a `Formula`. A function is run on the four labelled
        cells with their counts as weights, which is exact for whatever depends on labels and decisions alone. Where it raises
        ValueError or ZeroDivisionError, warns, or gives NaN, the value is undefined.
    label
        What tables and axes call it.
    favorable
        "event" if people want a high value whenever they want the predicted event, "opposite" if they then do not.

    Returns
    -------
    Metric or Formula
        What was registered.

    Raises
    ------
    BadValue
        If the name is one that fairlens uses itself.
    WrongKind
        If `function` cannot be called.

    Examples
    --------
    >>> from sklearn.metrics import matthews_corrcoef
    >>> from fairlens import metrics
    >>> metrics.register("mcc", matthews_corrcoef, label="Matthews correlation").label
    'Matthews correlation'
    """
    if not isinstance(name, str) or not name.isidentifier() or name in (*RATES, *FORMULAS, *SHARES, *ALIASES):
        raise BadValue(
            f"`name` is {name!r}.",
            "A metric's name is a word of letters, digits and underscores, and not one that fairlens uses itself.",
            hint=f"fl.metrics.register({'my_' + name if isinstance(name, str) and name.isidentifier() else 'my_metric'!r}, function)",
            role="name",
            value=name,
        )
    from dataclasses import replace

    made: Measure
    if isinstance(function, Metric | Formula):
        made = replace(function, name=name, label=label or function.label, favorable=favorable or function.favorable)
    elif callable(function) and takes_weights(function):
        made = replace(formula_of(function, name, label), favorable=favorable)
    else:
        raise WrongKind(
            f"`function` is a {type(function).__name__}.",
            "It must be f(y_true, y_pred, sample_weight), or a Metric.",
            hint="fl.metrics.register('mcc', sklearn.metrics.matthews_corrcoef)",
            role="function",
            value=function,
        )
    _REGISTERED[name] = made
    return made


def _on_cells(function: Callable[..., float]) -> Callable[[Array], Array]:
    import inspect

    by_name = "sample_weight" in inspect.signature(function).parameters

    def called(truth: Any, decided: Any, weight: Any) -> float:
        return function(truth, decided, sample_weight=weight) if by_name else function(truth, decided, weight)

    def evaluate(counts: Array) -> Array:
        distinct, place = np.unique(counts.reshape(-1, counts.shape[-1])[:, :4], axis=0, return_inverse=True)
        values = np.array([_one(called, cells) for cells in distinct])
        return values[place.reshape(-1)].reshape(counts.shape[:-1])

    return evaluate


def _one(function: UserMetric, weights: Array) -> float:
    kept = weights > 0
    if not kept.any():
        return float("nan")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a metric that warns was asked for something it does not define
        try:
            return float(function(_TRUE[kept], _DECIDED[kept], weights[kept]))
        except (ValueError, ZeroDivisionError, Warning):
            return float("nan")
