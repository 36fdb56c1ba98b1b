"""Criterion: what is asked of a model, with its margin, set before anybody looks at the numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, get_args

from .._ask import Reference
from .._levels import Level
from .._measure import LARGEST
from ..exceptions import BadValue, OutOfRange, WrongKind, listed
from ..metrics import Formula, Metric, get
from ..metrics._formula import find
from ..scores._ids import SCORES, ScoreMetric, is_score_metric
from ._criterion_words import NAMED, asks_in, label_in, margin_in

Comparison = Literal["difference", "ratio", "baseline"]
Direction = Literal["both", "lower", "higher", "adverse"]
Inconclusive = Literal["block", "warn", "collect"]


@dataclass(frozen=True)
class Criterion:
    """One requirement: which rate, compared with whom, and how far apart it may be.

    Parameters
    ----------
    metric
        A metric id, a `Metric` or a `Formula`; for a difference also one of scores, such as "roc_auc".
    margin
        The greatest difference that is still within, in shares of 1 (0.05 is five points, and 0.5 the most for a rate); for a ratio
        the lowest one that is still within, such as 0.8, with its inverse 1.25 on the other side.
    comparison
        "difference" or "ratio" to the reference, or "baseline": the difference to the same group in another model's audit. The ratio
        of selection rates is the impact ratio of the four-fifths rule.
    reference
        As for `Audit.difference`: "largest", "rest", "overall", "best", a level, or a tuple of levels.
    direction
        Which side does harm: "lower" if only a lower value than the reference's can exceed, "higher", "both", or "adverse": the side
        that people do not want, for a rate that says what they want (selection and rejection rate). See the notes.
    by
        A group column, a list of columns to cross, or None for each sensitive feature by itself.
    minimum_n
        With fewer people in a denominator nothing is said but "inconclusive".
    on_inconclusive
        What to do where the data cannot tell, or there is no number: "block", "warn", or "collect" more of that group.
    confidence
        One less alpha, above 0.5.
    name, rationale
        What it is called, and why this margin.

    Notes
    -----
    A ratio of 0.8 of the approved is not one of 0.8 of the refused. Every ratio, and every criterion with one side, of a rate that says
    what people want is therefore about the outcome that they want, as the audit's `favorable` says: where the metric counts the other
    outcome, `check` judges the opposite rate, and "lower" is a lower share of people who get what they want. So a model that predicts
    default and its mirror that predicts repayment have one verdict. Other rates, such as error rates, are taken as they are.

    With a group as the reference and harm on one side, the reference can be the group that is harmed. Where another group is better off
    by more than the margin, that comparison exceeds, and the verdict names the reference.

    Examples
    --------
    >>> rule = Criterion("selection_rate", margin=0.8, comparison="ratio", direction="lower", rationale="four-fifths rule")
    >>> rule.label
    'Selection rate: ratio to the largest group not below 0.8'
    >>> Criterion.from_dict(rule.to_dict()) == rule
    True
    """

    metric: str | Metric | Formula | ScoreMetric
    margin: float = field(kw_only=True)
    comparison: Comparison = "difference"
    reference: Reference = LARGEST
    direction: Direction = "both"
    by: tuple[str, ...] | None = None
    minimum_n: int = 30
    on_inconclusive: Inconclusive = "block"
    confidence: float = 0.95
    name: str = ""
    rationale: str = ""

    def __post_init__(self) -> None:
        found = _measure_of(self.metric)
        if not isinstance(self.metric, str):
            object.__setattr__(self, "metric", found)
        for role, choices in (("comparison", Comparison), ("direction", Direction), ("on_inconclusive", Inconclusive)):
            _check_choice(role, getattr(self, role), get_args(choices))
        _check_number("margin", self.margin, 0.05)
        if self.comparison == "ratio":
            _check_ratio(self.margin)
        else:
            _check_difference(self.margin, self.is_rate)
        _check_number("confidence", self.confidence, 0.95)
        if not 0.5 < self.confidence < 1:
            raise OutOfRange(
                f"`confidence` is {self.confidence!r}.", "It must be above 0.5 and below 1.", hint="confidence=0.95", role="confidence", value=self.confidence
            )  # fmt: skip
        if not isinstance(self.minimum_n, int) or isinstance(self.minimum_n, bool) or self.minimum_n < 1:
            raise OutOfRange(
                f"`minimum_n` is {self.minimum_n!r}.", "It must be a whole number of people, 1 or more.", hint="minimum_n=30", role="minimum_n", value=self.minimum_n
            )  # fmt: skip
        for role in ("name", "rationale"):
            if not isinstance(getattr(self, role), str):
                raise WrongKind(
                    f"`{role}` is {getattr(self, role)!r}.", "It must be a text.", hint=f'{role}="..."', role=role, value=getattr(self, role)
                )  # fmt: skip
        object.__setattr__(self, "by", _columns(self.by))
        self._check_reference()
        self._check_kind()

    def _check_kind(self) -> None:
        metric = self.measure
        if isinstance(metric, ScoreMetric) and self.comparison != "difference":
            raise BadValue(
                f"`comparison` is {self.comparison!r}, for {metric.name!r}.",
                "Numbers of scores are compared by their difference to a reference.",
                hint='Criterion("roc_auc", margin=0.05, comparison="difference")',
                role="comparison",
                value=self.comparison,
            )
        if self.direction == "adverse" and metric.favorable is None:
            raise BadValue(
                f"`direction` is 'adverse', for {metric.name!r}.",
                "This metric does not say by itself what a person wants.",
                hint='direction="higher" if higher values do harm, direction="lower" if lower ones do',
                role="direction",
                value="adverse",
            )

    def _check_reference(self) -> None:
        if not isinstance(self.reference, str | int | float | tuple):
            raise WrongKind(
                f"`reference` is {self.reference!r}.",
                f"It must be a level, a tuple of levels, or one of {listed(NAMED)}.",
                hint="reference='largest'",
                role="reference",
                value=self.reference,
            )
        if self.comparison == "baseline" and self.reference != LARGEST:
            raise BadValue(
                f"`reference` is {self.reference!r} beside comparison='baseline'.",
                "Against a baseline each group is compared with itself.",
                hint='Criterion(..., comparison="baseline") without a reference',
                role="reference",
                value=self.reference,
            )

    @property
    def measure(self) -> Metric | Formula | ScoreMetric:
        """The metric."""
        return _measure_of(self.metric)

    @property
    def is_rate(self) -> bool:
        """Whether the metric is a share of people, and no other number."""
        return isinstance(self.measure, Metric)

    @property
    def is_ratio(self) -> bool:
        """Whether the margin is that of a ratio."""
        return self.comparison == "ratio"

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest change that is within; infinite where that side does no harm."""
        low, high = self.both_bounds
        return (-math.inf if self.direction == "higher" else low, math.inf if self.direction == "lower" else high)

    @property
    def both_bounds(self) -> tuple[float, float]:
        """Lowest and highest change that is within the margin on either side."""
        return (self.margin, 1 / self.margin) if self.is_ratio else (-self.margin, self.margin)

    @property
    def judges_reference(self) -> bool:
        """Whether the reference is a group that could itself be the one that is harmed, on the side that this criterion leaves open."""
        return self.direction != "both" and self.comparison != "baseline" and self.reference not in ("rest", "overall")

    @property
    def label(self) -> str:
        """Its name, or what it asks in words."""
        if self.name:
            return self.name
        return label_in(self)

    @property
    def asks(self) -> str:
        """What is within, in words."""
        return asks_in(self)

    @property
    def told_margin(self) -> str:
        """The margin in words: points of a difference of rates, a range of ratios."""
        return margin_in(self)

    def to_dict(self) -> dict[str, Any]:
        """Give plain numbers, texts and lists; `from_dict` is the inverse.

        Raises
        ------
        BadValue
            If the metric is a function of one's own that is not registered.
        """
        data = {one.name: getattr(self, one.name) for one in fields(self)}
        data["metric"] = _plain_metric(self.metric)
        data["reference"] = list(self.reference) if isinstance(self.reference, tuple) else _plain_text(self.reference)
        data["by"] = None if self.by is None else list(self.by)
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Criterion:
        """Make a criterion from what `to_dict` gave.

        Raises
        ------
        WrongKind, BadValue
            If a field is missing or not known.
        """
        known = {one.name for one in fields(cls)}
        if not isinstance(data, Mapping) or not {"metric", "margin"} <= set(data):
            raise WrongKind(
                f"A criterion is read from a {type(data).__name__} without the fields 'metric' and 'margin'.",
                "It is what `Criterion.to_dict` gave.",
                hint='Criterion.from_dict({"metric": "selection_rate", "margin": 0.05})',
                role="criterion",
            )
        unknown = sorted(set(data) - known)
        if unknown:
            raise BadValue(
                f"This criterion has the field {unknown[0]!r}.",
                f"A criterion has: {', '.join(sorted(known))}.",
                hint="leave it out, or correct its spelling",
                role="criterion",
                value=unknown[0],
            )
        given = dict(data)
        if isinstance(given["metric"], Mapping):
            fields_of: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in given["metric"].items()}
            given["metric"] = Metric(**fields_of)
        if isinstance(given.get("reference"), list):
            given["reference"] = tuple(given["reference"])
        if given.get("reference") == "largest":
            given["reference"] = LARGEST
        return cls(**given)


def _measure_of(metric: Any) -> Metric | Formula | ScoreMetric:
    if is_score_metric(metric):
        return metric if isinstance(metric, ScoreMetric) else SCORES[metric]
    return get(metric)


def _plain_metric(metric: str | Metric | Formula | ScoreMetric) -> Any:
    if isinstance(metric, str):
        return metric
    if SCORES.get(metric.name) == metric:
        return metric.name
    if find(metric.name) == metric:
        return metric.name
    if isinstance(metric, Metric):
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(metric).items()}
    raise BadValue(
        f"The criterion's metric {metric.name!r} is a function, which cannot be written down.",
        hint=f"fl.metrics.register({metric.name!r}, function), and Criterion({metric.name!r}, ...)",
        role="metric",
        value=metric.name,
    )


def _plain_text(level: Level) -> Level:
    return str(level) if isinstance(level, str) else level


def _columns(by: Any) -> tuple[str, ...] | None:
    if by is None:
        return None
    names = (by,) if isinstance(by, str) else tuple(by) if isinstance(by, list | tuple) else ()
    if not names or not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        raise WrongKind(
            f"`by` is {by!r}.", "It must name each group column once.", hint='by=["race", "sex"]', role="by", value=by
        )  # fmt: skip
    return names


def _check_choice(role: str, value: Any, choices: tuple[str, ...]) -> None:
    if value not in choices:
        from difflib import get_close_matches

        near = (get_close_matches(str(value), choices, 1, 0.0) or [choices[0]])[0]
        raise BadValue(
            f"`{role}` is {value!r}.", f"It must be one of {listed(choices)}.", hint=f"{role}={near!r}", role=role, value=value
        )  # fmt: skip


def _check_number(role: str, value: Any, example: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise WrongKind(
            f"`{role}` is {value!r}.", "It must be one number.", hint=f"{role}={example}", role=role, value=value
        )  # fmt: skip


def _check_ratio(margin: float) -> None:
    if not 0 < margin < 1:
        near = 1 / margin if 1 < margin <= 5 else margin / 100 if 5 < margin < 100 else 0.8
        raise OutOfRange(
            f"`margin` of a ratio is {margin!r}.",
            "It is the lowest ratio that is still within, above 0 and below 1; its inverse is the highest.",
            hint=f"margin={round(near, 4):g}",
            role="margin",
            value=margin,
        )


def _check_difference(margin: float, proportion: bool) -> None:
    if margin <= 0 or (proportion and margin >= 1):
        near = abs(margin) if 0 < abs(margin) <= 0.5 else abs(margin) / 100 if 1 <= abs(margin) <= 50 else 0.05
        raise OutOfRange(
            f"`margin` of a difference is {margin!r}.",
            "It is the greatest difference that is still within, in shares of 1 and above 0: five points are 0.05."
            " Which side does harm is said by `direction`.",
            hint=f"margin={round(near, 6):g}",
            role="margin",
            value=margin,
        )
    if proportion and margin > 0.5:
        raise OutOfRange(
            f"`margin` of a difference is {margin!r}, which is {round(100 * margin, 6):g} points.",
            "A difference of more than 50 points would be within. A lowest ratio, as of the four-fifths rule, is the margin of a ratio.",
            hint=f'margin={margin!r}, comparison="ratio"; or margin=0.05 for a difference of five points',
            role="margin",
            value=margin,
        )
