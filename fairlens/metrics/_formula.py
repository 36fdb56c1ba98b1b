"""Formula: a smooth function of the outcome cells that is no single proportion, and the register of users' own metrics."""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..exceptions import BadValue, WrongKind
from ._metric import Metric, Weights
from ._rates import ALIASES, RATES, SHARES

Array = npt.NDArray[np.float64]
_LABELLED = (1, 1, 1, 1, 0, 0)
_POSITIVES, _NEGATIVES = (0, 0, 1, 1, 0, 0), (1, 1, 0, 0, 0, 0)
_SLOW_DRAWS = 500
"""A user's function is called once per resampled table and group."""
_TRUE, _DECIDED = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
_WEIGHT_NAMES = ("sample_weight", "sample_weights", "weight", "weights", "w")
_OF_SCORES = (
    "roc_auc", "average_precision", "brier_score_loss", "brier_skill", "calibration_in_the_large", "calibration_intercept",
    "calibration_slope", "expected_calibration_error",
)  # fmt: skip
"""Ids of what is measured on scores: they are taken, and live a floor above."""


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
    parts
        The cells of each of its denominators, where it has several; the smallest of them says whether it rests on few people.
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
    evaluate: Callable[[Array], Array] = field(hash=False)
    counted: Weights = _LABELLED
    parts: tuple[Weights, ...] = ()
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

    def smallest(self, counts: Any) -> float:
        """Give the number of people in the smallest of its denominators."""
        return min(float(np.asarray(cells) @ np.asarray(counts)) for cells in (self.counted, *self.parts))

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
    Formula("balanced_accuracy", "Balanced accuracy", _balanced_accuracy, parts=(_POSITIVES, _NEGATIVES)),
    Formula("f1_score", "F1 score", _f1, counted=(0, 1, 1, 1, 0, 0)),
    Formula("positive_likelihood_ratio", "Positive likelihood ratio", _positive_likelihood, parts=(_POSITIVES, _NEGATIVES), most=np.inf),
    Formula("negative_likelihood_ratio", "Negative likelihood ratio", _negative_likelihood, parts=(_POSITIVES, _NEGATIVES), most=np.inf),
)
FORMULAS = {formula.name: formula for formula in _FORMULAS}
_REGISTERED: dict[str, Measure] = {}


def find(name: str) -> Measure | None:
    """Find a rate, a formula or a registered metric by its id or by scikit-learn's other name for it."""
    known = ALIASES.get(name, name)
    own = _REGISTERED.get(name)
    if isinstance(own, Formula) and isinstance(own.evaluate, _OnCells):
        own = replace(own, evaluate=_OnCells(own.evaluate.function, own.name))  # with nothing remembered: what it reads may have changed
    return RATES.get(known) or FORMULAS.get(known) or SHARES.get(known) or own


def every_name() -> tuple[str, ...]:
    """List the ids of all rates, formulas and registered metrics."""
    return (*RATES, *FORMULAS, *SHARES, *_REGISTERED)


def formula_of(function: UserMetric, name: str = "", label: str = "") -> Formula:
    """Make a metric of ``f(y_true, y_pred, sample_weight)``: it is run on the four labelled cells with their counts as weights."""
    called = name or _name_of(function)
    return Formula(
        called, label or called.replace("_", " ").capitalize(), _OnCells(function, called), least=-np.inf, most=np.inf, draws=_SLOW_DRAWS
    )


def _name_of(function: Any) -> str:
    """The name of a function, or of the one that a partial fills; a lambda has none."""
    while not hasattr(function, "__name__") and hasattr(function, "func"):
        function = function.func
    name = str(getattr(function, "__name__", type(function).__name__))
    return name if name.isidentifier() else "metric"


def takes_weights(function: Callable[..., Any]) -> bool:
    """Whether something can be called as ``f(y_true, y_pred, sample_weight)``."""
    return not isinstance(function, type) and _way(function) is not None


def _way(function: Callable[..., Any]) -> str | None:
    """How a function takes the weights: as the keyword "sample_weight", as "third" argument, or not at all."""
    try:
        taken = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # a built-in function that does not tell
        return None
    placed = [one for one in taken if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    named = [one.name for one in taken if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]
    if len([one for one in placed if one.name != "sample_weight"]) < 2:
        return None
    if "sample_weight" in named or any(one.kind is one.VAR_KEYWORD for one in taken):
        return "sample_weight"
    third = placed[2] if len(placed) == 3 else None
    return "third" if third is not None and (third.default is third.empty or third.name in _WEIGHT_NAMES) else None


def register(
    name: str, function: UserMetric | Measure, *, label: str = "", favorable: Literal["event", "opposite"] | None = None,
    overwrite: bool = False,
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
    overwrite
        Whether another function may take a name that was registered already.

    Returns
    -------
    Metric or Formula
        What was registered.

    Raises
    ------
    BadValue
        If the name is one that fairlens uses itself, or was given to another function.
    WrongKind
        If `function` cannot be called.

    Examples
    --------
    >>> from sklearn.metrics import matthews_corrcoef
    >>> from fairlens import metrics
    >>> metrics.register("mcc", matthews_corrcoef, label="Matthews correlation").label
    'Matthews correlation'
    """
    if not isinstance(name, str) or not name.isidentifier() or name in (*RATES, *FORMULAS, *SHARES, *ALIASES, *_OF_SCORES):
        raise BadValue(
            f"`name` is {name!r}.",
            "A metric's name is a word of letters, digits and underscores, and not one that fairlens uses itself.",
            hint=f"fl.metrics.register({'my_' + name if isinstance(name, str) and name.isidentifier() else 'my_metric'!r}, function)",
            role="name",
            value=name,
        )
    if favorable not in (None, "event", "opposite"):
        raise BadValue(
            f"`favorable` is {favorable!r}.",
            "It says when people want a high value: with the predicted event, or with its opposite.",
            hint=f'fl.metrics.register({name!r}, function, favorable="event")',
            role="favorable",
            value=favorable,
        )
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
    if _REGISTERED.get(name, made) != made and not overwrite:
        raise BadValue(
            f"`name` is {name!r}, and another metric was registered under it.",
            "Criteria and tables that name it would mean something else from now on.",
            hint=f"fl.metrics.register({'other_' + name!r}, function), or overwrite=True",
            role="name",
            value=name,
        )
    _REGISTERED[name] = made
    return made


@dataclass(frozen=True, slots=True)
class _OnCells:
    """A user's function, run on the four labelled cells; equal to another of the same function, and as easily pickled.

    It remembers its values, so that what is shown of an answer costs no more than the answer.
    """

    function: Callable[..., Any]
    name: str
    seen: dict[bytes, float] = field(default_factory=dict, compare=False, repr=False)

    def __call__(self, counts: Array) -> Array:
        distinct, place = np.unique(counts.reshape(-1, counts.shape[-1])[:, :4], axis=0, return_inverse=True)
        by_name = _way(self.function) == "sample_weight"
        values = np.array([self._remembered(cells, by_name) for cells in distinct])
        found: Array = values[place.reshape(-1)].reshape(counts.shape[:-1])
        return found

    def _remembered(self, weights: Array, by_name: bool) -> float:
        key = weights.tobytes()
        if key not in self.seen:
            self.seen[key] = self._value(weights, by_name)
        return self.seen[key]

    def _value(self, weights: Array, by_name: bool) -> float:
        kept = weights > 0
        if not kept.any():
            return math.nan
        given = {"sample_weight": weights[kept]} if by_name else {}
        more = () if by_name else (weights[kept],)
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a metric that warns was asked for something it does not define
            try:
                found = self.function(_TRUE[kept], _DECIDED[kept], *more, **given)
            except (ValueError, ZeroDivisionError, Warning):
                return math.nan
            except Exception as error:
                raise BadValue(
                    f"The metric {self.name!r} raised {type(error).__name__}: {error}.",
                    "It was called with labels, decisions (both 0 or 1) and weights, one of each per outcome cell.",
                    hint=f"{self.name}(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([40.0, 10.0, 5.0, 45.0])) shows where",
                    role="metric",
                    value=self.name,
                ) from error
        return self._number(found)

    def _number(self, found: Any) -> float:
        if isinstance(found, int | float) or (np.ndim(found) == 0 and hasattr(found, "item") and isinstance(found.item(), int | float)):
            return float(found)
        raise WrongKind(
            f"The metric {self.name!r} gave a {type(found).__name__}.",
            "A metric gives one number; NaN where it is not defined.",
            hint=f"fl.metrics.register('mine', lambda y, p, sample_weight: float({self.name}(y, p, sample_weight=sample_weight)))",
            role="metric",
            value=self.name,
        )
