"""What errors cost: two numbers in the user's own words, and the mean cost of a decision with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .._spec import is_number
from ..exceptions import BadValue, OutOfRange, WrongKind
from ..stats import normal_quantile, wilson
from ._numbers import REASONS
from ._scored import Floats, Group, Scored

if TYPE_CHECKING:
    from .._measure import By, Measured
    from .._tables import View

MOST_COST = 1e12
"""What one error may cost at most: a larger number is a slip of the hand, and could not be read."""
SAME = 1e-9
"""How near costs and variances are one, but for rounding."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What one error of each kind costs, and what the two errors and the unit are called.

    Attributes
    ----------
    false_positive, false_negative : float
        What one costs, in any unit: 0 or more, and not both 0. A false positive is decided positive and is not.
    unit : str
        ``"€"``; when empty, wrong decisions are counted where both cost 1, and units of cost where not.
    false_positive_words, false_negative_words : str
        What happens, in the words of those whom it concerns; empty for words made of those of the audit.

    Raises
    ------
    OutOfRange
        If a cost is below 0 or no number, or both are 0.
    WrongKind
        If a word is no text.

    Examples
    --------
    >>> import fairlens as fl
    >>> costs = fl.Costs(
    ...     9000, 700, "€", false_positive_words="a loan that is not paid back", false_negative_words="a good applicant turned away"
    ... )
    >>> audit = fl.audit(
    ...     y_true=[0, 0, 1, 1] * 20, y_score=[1, 2, 3, 4] * 20, threshold=2, sensitive_features={"sex": ["f"] * 40 + ["m"] * 40}
    ... )
    >>> fl.choose_thresholds(audit, **costs.arguments).unit
    '€'
    """

    false_positive: float = 1.0
    false_negative: float = 1.0
    unit: str = ""
    false_positive_words: str = ""
    false_negative_words: str = ""

    def __post_init__(self) -> None:
        check_costs(self.false_positive, self.false_negative)
        for name in ("unit", "false_positive_words", "false_negative_words"):
            if not isinstance(getattr(self, name), str):
                raise WrongKind(
                    f"`{name}` is {getattr(self, name)!r}.",
                    "It is a text.",
                    hint='fl.Costs(9000, 700, unit="€", false_positive_words="a loan that is not paid back")',
                    role=name,
                    value=getattr(self, name),
                )

    @property
    def pair(self) -> tuple[float, float]:
        """The cost of a false positive, and of a false negative."""
        return float(self.false_positive), float(self.false_negative)

    @property
    def arguments(self) -> dict[str, Any]:
        """What `choose_thresholds` takes."""
        words = {"words": {"cost": self.unit}} if self.unit else {}
        return {"false_positive": self.false_positive, "false_negative": self.false_negative, **words}


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """One threshold for one group: what errors cost there per 100 people, with the rates. A NaN threshold is the decision as it was taken."""

    group: Group
    threshold: float = math.nan
    cost: float = math.nan
    lower: float = math.nan
    upper: float = math.nan
    n: int | None = None
    selection_rate: float = math.nan
    true_positive_rate: float = math.nan
    false_positive_rate: float = math.nan
    current: bool = False
    common: bool = False
    own: bool = False
    status: str = "ok"
    reason: str = ""
    people: int | None = None


def check_cost(role: str, cost: Any) -> float:
    """Give a cost as a float; refuse what is none."""
    if not is_number(cost) or not 0 <= cost <= MOST_COST:
        raise OutOfRange(
            f"`{role}` is {cost!r}.", f"A cost is a number from 0 to {MOST_COST:,.0f}.", hint=f"{role}=1.0", role=role, value=cost
        )  # fmt: skip
    return float(cost)


def check_costs(false_positive: Any, false_negative: Any) -> tuple[float, float]:
    """Give two costs as floats; refuse two of which none tells thresholds apart."""
    costs = (check_cost("false_positive", false_positive), check_cost("false_negative", false_negative))
    if max(costs) == 0:
        raise OutOfRange(
            "`false_positive` and `false_negative` are both 0.",
            "Where no error costs anything, every threshold is as good as any other.",
            hint="fl.choose_thresholds(audit, false_positive=1, false_negative=5)",
            role="false_negative",
            value=0,
        )
    return costs


def check_words(costs: Any) -> Costs:
    """Refuse what is no `Costs`."""
    if isinstance(costs, Costs):
        return costs
    raise BadValue(
        f"`costs` is {costs!r}.",
        "It says what one error of each kind costs.",
        hint='costs=fl.Costs(9000, 700, unit="€")',
        role="costs",
        value=costs,
    )


def priced(
    audit: Measured, columns: tuple[str, ...], i: int | None, one: Scored, cuts: Sequence[float], costs: tuple[float, float], z: float
) -> list[ChoiceRow]:
    """One row per threshold, and one for the decision as it is where that is at none of them."""
    blank = _blank(audit, one)
    if blank.status in ("suppressed", "undefined"):
        return [blank]
    now: float | None = audit.threshold if is_number(audit.threshold) else None  # type: ignore[assignment]
    edges = audit.tables.published_edges if audit.is_published else None
    held = [now] if now is not None and (edges is None or now in edges) else []
    rows = []
    for cut in sorted({*cuts, *held}):
        cells = _cells(one.weights, one.steps >= cut)
        rows.append(replace(_row(blank, cells, one.effective, costs, z), threshold=cut, current=cut == now))
    if now is None and (audit.tables.decided or audit.threshold is not None):
        rows.append(_taken(audit, audit._view(columns), i, blank, one.effective, costs, z))
    return rows


def price_decision(audit: Measured, by: By, costs: tuple[float, float], confidence: float) -> list[ChoiceRow]:
    """Give what errors of the decision as it is cost, each group first and everybody last; for audits with or without scores."""
    z, ((_, view),) = normal_quantile(confidence), audit._views(by)
    groups = [_of_view(view, i) for i in range(len(view.groups))]
    found = [_taken(audit, view, i, _blank(audit, one), one.effective, costs, z) for i, one in enumerate(groups)]
    whole = _of_view(view, None)
    return [*found, _taken(audit, view, None, _blank(audit, whole), whole.effective, costs, z)]


def _of_view(view: View, i: int | None) -> Scored:
    """A group that was decided about, as scores of 0 and 1."""
    found = (view.total, view.total_weights, view.total_squares) if i is None else (view.counts[i], view.weights[i], view.squares[i])
    hidden = found[0] is None if i is None else bool(view.suppressed[i])
    nothing = np.zeros((3, 2))
    n, w, w2 = (nothing if hidden else np.asarray(values, float).reshape(3, 2) for values in found)
    return Scored(() if i is None else view.groups[i], n, w, w2, nothing, nothing, np.array([0.0, 1.0]), hidden)


def _blank(audit: Measured, one: Scored) -> ChoiceRow:
    """Who a row is about, and whether there is a cost to tell."""
    spec = audit.spec
    if one.hidden:
        return ChoiceRow(one.group, status="suppressed", reason=REASONS["suppressed"].format(floor=spec.suppress_below))
    totals = one.weights.sum(axis=1)
    if min(totals[0], totals[1]) <= 0:
        why = "nobody" if one.n == 0 else "positives" if totals[1] <= 0 else "negatives"
        return ChoiceRow(one.group, n=one.n, status="undefined", reason=REASONS[why], people=one.people)
    small = min(one.known) < spec.min_denominator
    reason = REASONS["small"].format(least=spec.min_denominator, who="with or without the event") if small else ""
    return ChoiceRow(one.group, n=one.n, status="small" if small else "ok", reason=reason, people=one.people)


def _taken(
    audit: Measured, view: View, i: int | None, blank: ChoiceRow, people: float, costs: tuple[float, float], z: float
) -> ChoiceRow:
    """The decision as it is; suppressed where it is known of some of the people only."""
    if blank.status in ("suppressed", "undefined"):
        return replace(blank, current=True)
    if view.total is None if i is None else view.suppressed[i]:
        reason = REASONS["suppressed"].format(floor=audit.spec.suppress_below)
        return ChoiceRow(blank.group, current=True, status="suppressed", reason=reason)
    cells = np.asarray(view.total_weights if i is None else view.weights[i], float)
    return replace(_row(blank, cells, people, costs, z), current=True)


def _cells(values: Floats, selected_steps: Any) -> Floats:
    """The six outcome cells of a decision: without and with it, for people without the event, with it, and without a label."""
    return np.stack([values[:, ~selected_steps].sum(axis=1), values[:, selected_steps].sum(axis=1)], axis=1).ravel()


def _row(blank: ChoiceRow, cells: Floats, people: float, costs: tuple[float, float], z: float) -> ChoiceRow:
    true_negative, wrongly, missed, true_positive = (float(cell) for cell in cells[:4])
    total = true_negative + wrongly + missed + true_positive
    most = max(costs)
    mean = (costs[0] * wrongly + costs[1] * missed) / total / most
    variance = ((costs[0] / most) ** 2 * wrongly + (costs[1] / most) ** 2 * missed) / total - mean**2
    known = people * mean * (1 - mean) / variance if variance > SAME and 0 < mean < 1 else people
    lower, upper = wilson(mean * known, known, z)
    return replace(
        blank,
        cost=100 * most * mean,
        lower=100 * most * float(lower),
        upper=100 * most * float(upper),
        selection_rate=float(cells[1::2].sum() / cells.sum()),
        true_positive_rate=true_positive / (true_positive + missed),
        false_positive_rate=wrongly / (wrongly + true_negative),
    )
