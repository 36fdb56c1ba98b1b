"""compare_explanations(): whether two methods say the same of each group and input."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .._html import Cell, escape, table
from .._result import Query, Result
from ..exceptions import BadValue, WrongKind
from ..metrics._sentence import label_of
from ._decomposition import CAUTION
from ._explained_words import written
from ._explanation import Contribution, Explanation
from ._values import Group

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class ComparedPair:
    """What two explanations say of one group and input."""

    group: Group
    feature: str
    one: Contribution
    two: Contribution

    @property
    def is_known(self) -> bool:
        """Whether both have a number."""
        return not (math.isnan(self.one.mean) or math.isnan(self.two.mean))


@dataclass(frozen=True, repr=False)
class ComparedExplanations(Result):
    """Mean contributions by two methods side by side. Made by `compare_explanations`.

    Attributes
    ----------
    one, two : Explanation
        What is compared.
    rows : tuple of ComparedPair
        One per group and input that both have, in the order of the first.
    """

    one: Explanation
    two: Explanation
    rows: tuple[ComparedPair, ...]
    query: Query | None = field(default=None, compare=False)

    caution: ClassVar[str] = f"{CAUTION} Two methods that agree may be wrong together."

    @property
    def known(self) -> tuple[ComparedPair, ...]:
        """The pairs with both numbers."""
        return tuple(row for row in self.rows if row.is_known)

    @property
    def rank_correlation(self) -> float:
        """Spearman's correlation of the means over groups and inputs; NaN where there are fewer than three or one side is constant."""
        pairs = self.known
        one, two = (_ranks([mean for mean in means]) for means in ([row.one.mean for row in pairs], [row.two.mean for row in pairs]))
        if len(pairs) < 3 or np.ptp(one) == 0 or np.ptp(two) == 0:
            return math.nan
        return float(np.corrcoef(one, two)[0, 1])

    @property
    def sign_agreement(self) -> tuple[int, int]:
        """Pairs with one sign, of those whose sign both explanations support, allowing for all of theirs together."""
        supported = [{(row.group, row.feature) for row in each.supported} for each in (self.one, self.two)]
        both = [row for row in self.known if all((row.group, row.feature) in some for some in supported)]
        return sum(row.one.mean * row.two.mean > 0 for row in both), len(both)

    def to_frame(self) -> pd.DataFrame:
        """Give one row per group and input: the grouping columns, feature, then mean, lower, upper and n of each, with _1 and _2."""
        import pandas as pd

        columns: dict[str, Any] = {name: [row.group[j] for row in self.rows] for j, name in enumerate(self.one.attributes)}
        columns["feature"] = [row.feature for row in self.rows]
        for k, side in enumerate(("one", "two"), start=1):
            for name in ("mean", "lower", "upper", "n"):
                columns[f"{name}_{k}"] = [getattr(getattr(row, side), name) for row in self.rows]
        return pd.DataFrame(columns)

    def published(self) -> ComparedExplanations:
        """Compare what may be published of both."""
        return _compared(self.one.published(), self.two.published())

    @property
    def names(self) -> tuple[str, str]:
        """What the two are called; with a number where both are called the same."""
        one, two = self.one.method_name, self.two.method_name
        return (one, two) if one != two else (f"{one}, first", f"{two}, second")

    @property
    def sentence(self) -> str:
        """How far they agree."""
        answer = self.published()
        (same, both), n, rank = answer.sign_agreement, len(answer.known), answer.rank_correlation
        names = " and ".join(answer.names)
        signs = f"of {both:,} {'mean' if both == 1 else 'means'} whose sign both support, {same:,} {'has' if same == 1 else 'have'} the same" if both else "there is no mean whose sign both support"
        ranks = f"their rank correlation is {rank:.2f}" if not math.isnan(rank) else "their ranks cannot be compared"
        return f"{answer.one.within}{names}: {signs}; {ranks}, over n={n:,} means of a group and an input."

    def write(self, row: Contribution) -> str:
        """Write one mean with its interval and n."""
        if math.isnan(row.mean):
            return f"{row.status}: {row.reason}"
        mean, lower, upper = (written(value, self.one.output, self.one.spec, bare=True) for value in (row.mean, row.lower, row.upper))
        return f"{mean} ({lower} to {upper}), n={row.n:,}"

    def html(self) -> str:
        """Give the published pairs as an HTML table."""
        answer = self.published()
        heads = [f"{name}, mean contribution in {answer.one.unit}" for name in answer.names]
        lines = [[*map(str, row.group), row.feature, *(Cell(answer.write(side)) for side in (row.one, row.two))] for row in answer.rows]
        return f"{table([*answer.one.attributes, 'input', *heads], lines, len(answer.one.attributes) + 1)}<p><small>{escape(self.caution)}</small></p>"

    def __repr__(self) -> str:
        return f"{super().__repr__()}\n{self.caution}"


def compare_explanations(one: Explanation, two: Explanation) -> ComparedExplanations:
    """Set two explanations of the same groups and inputs side by side, such as one by SHAP and one by LIME.

    Parameters
    ----------
    one, two
        Made by `explain` of the same audit, by the same groups, for the same output and against the same background.

    Returns
    -------
    ComparedExplanations

    Raises
    ------
    WrongKind
        If one of them is no explanation.
    BadValue
        If they are of other audits, groups, inputs, outputs or backgrounds, or at other levels of confidence.

    Examples
    --------
    >>> import pandas as pd, fairlens as fl
    >>> X = pd.DataFrame({"income": [20, 30, 40, 50] * 30, "debt": [0, 10] * 60})
    >>> model = lambda rows: (rows["income"] - rows["debt"]) / 100
    >>> audit = fl.audit(X, model=model, threshold=0.3, sensitive_features={"sex": ["f", "f", "m"] * 40})
    >>> both = fl.compare_explanations(fl.explain(audit, background=X), fl.explain(audit, "occlusion", background=X))
    >>> len(both.known)
    4
    """
    for role, given in (("one", one), ("two", two)):
        if not isinstance(given, Explanation):
            raise WrongKind(
                f"`{role}` is a {type(given).__name__}.", "It must be an explanation.", role=role, value=given,
                hint='fl.compare_explanations(fl.explain(audit, "shap"), fl.explain(audit, "lime"))',
            )  # fmt: skip
    for what in ("attributes", "features", "output", "threshold", "within", "confidence", "groups"):
        have, other = getattr(one, what), getattr(two, what)
        if have != other:
            raise _differ(f"in their {what}: {have!r} and {other!r}", other)
    if not _same_audit(one, two):
        raise _differ("in the people or in the model's answers about them: they are of two audits", two)
    if not _same_background(one, two):
        raise _differ(
            "in their background, from which the contributions start: its mean answer is"
            f" {written(one.base, one.output, one.spec)} and {written(two.base, two.output, two.spec)}", two.base,
            more=", background=rows, random_state=0",
        )  # fmt: skip
    return _compared(one, two)


def _same_audit(one: Explanation, two: Explanation) -> bool:
    """By the model's answers about the audited rows; of the published form by the numbers of people."""
    if one.marks[0] and two.marks[0]:
        return one.marks[0] == two.marks[0]
    people = [{group: total for group, _, total in each.sampled if total is not None} for each in (one, two)]
    return all(people[0][group] == people[1][group] for group in people[0].keys() & people[1].keys())


def _same_background(one: Explanation, two: Explanation) -> bool:
    if one.base_of or two.base_of:
        return one.base_of == two.base_of
    if one.marks[1] and two.marks[1]:
        return one.marks[1] == two.marks[1]
    bases = (one.base, two.base)
    return any(map(math.isnan, bases)) or (one.background_n == two.background_n and math.isclose(*bases, rel_tol=1e-6, abs_tol=1e-6))


def _differ(how: str, value: Any, more: str = "") -> BadValue:
    return BadValue(
        f"The two explanations differ {how}.", "Only answers to the same question can be compared.", role="two", value=value,
        hint=f'fl.compare_explanations(fl.explain(audit, "shap"{more}), fl.explain(audit, "lime"{more}))',
    )  # fmt: skip


def _compared(one: Explanation, two: Explanation) -> ComparedExplanations:
    other = two.by_feature()
    rows = tuple(
        ComparedPair(row.group, row.feature, row, other[row.group][row.feature]) for row in one.rows if row.feature in other.get(row.group, {})
    )
    return ComparedExplanations(one, two, rows)


def _ranks(values: list[float]) -> Any:
    """Ranks, the mean of them where values are equal but for rounding."""
    rounded = np.round(np.array(values, float), 12)
    _, inverse, counts = np.unique(rounded, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts - 1) / 2)[inverse.reshape(-1)]


def told(row: ComparedPair) -> str:
    """Name a pair."""
    return f"{label_of(row.group)}, {row.feature}"
