"""Explanation: what a model used, group by group. Means over groups; single rows only where they were asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from .._html import ROUNDING, Cell, escape, table
from .._protect import Profile
from .._result import Query, Result
from .._spec import Spec
from ..exceptions import RowsNotHeld
from ..metrics._results import GroupTable, Status, note
from ..stats import student_quantile
from ._attributor import Warned
from ._decomposition import CAUTION
from ._encoded import Output
from ._explained_words import describe, in_points, unit_of, warn, written
from ._values import Group, Values

if TYPE_CHECKING:
    import pandas as pd

    from ..plots import Picture


COLUMNS = ("feature", "mean", "lower", "upper", "mean_abs", "abs_lower", "abs_upper", "n", "status", "reason")
"""Columns of the frame, after those of the groups."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one input adds on average for the people of one group, and how much it moves the answer either way.

    NaN where there is no number to show. `n` rows were explained; None where this is not shown. `se` is the standard error of `mean`, with
    `df` degrees of freedom.
    """

    group: Group
    feature: str
    mean: float = math.nan
    lower: float = math.nan
    upper: float = math.nan
    mean_abs: float = math.nan
    abs_lower: float = math.nan
    abs_upper: float = math.nan
    n: int | None = None
    status: Status = "ok"
    reason: str = ""
    se: float = math.nan
    df: float = 0.0

    def supported(self, alpha: float) -> bool:
        """Whether an interval that misses with the chance `alpha` excludes 0."""
        if self.status != "ok" or math.isnan(self.se):
            return False
        return abs(self.mean) > student_quantile(1 - alpha, self.df) * self.se


@dataclass(frozen=True, repr=False)
class Explanation(Result):
    """What each input adds to the model's answer, on average, in each group. Made by `explain`.

    Attributes
    ----------
    attributes : tuple of str
        The grouping columns.
    rows : tuple of Contribution
        One per group and input; groups in the order of `audit.by_group`, inputs in the order of the model's columns.
    output : "score", "decision" or "log_odds"
        What was explained, and the unit of every contribution.
    method : str
        How the contributions were found, in words.
    method_name : str
        "shap", "lime", or the name of the attributor.
    notes : tuple of str
        What a reader has to know: an explainer that was replaced, contributions that do not add up. The `warnings` come first.
    base : float
        What the contributions start from: the mean answer for the background, or for `base_of`.
    background_n : int or None
        Rows of the background; None where there is nothing to show, or none was used.
    sampled : tuple of (group, explained, people)
        How many rows of each group were explained, of how many; None where this is not shown. Each explained row of a group stands
        for people / explained of them.
    max_error : float
        The largest of abs(base + sum of contributions - model's answer) over the explained rows; in the published form over the rows
        of the groups that are shown, rounded up to one digit.
    diagnostics : tuple of (name, number)
        Other measures of quality that the method gives.
    predictions : int or None
        Rows that the model was asked about; None where this would tell of people who are not shown.
    values : Values or None
        Contributions row by row, for a person's own eyes: only with ``keep_values=True``, and never in the published form.
    rates : GroupTable or None
        In the published form: how the same groups are decided about, to be shown beside what the model used.
    marks : tuple of str
        Hashes of the model's answers about the audited rows and about the background, by which two explanations are known to be of the
        same ones; empty in the published form.
    warned : tuple of Warned
        The notes without which the numbers mislead, each with its short form for the sentence.
    base_of : str
        What the base is the mean answer for, where that is not the background.
    """

    attributes: tuple[str, ...]
    rows: tuple[Contribution, ...]
    spec: Spec
    confidence: float
    output: Output
    method: str
    method_name: str
    notes: tuple[str, ...]
    base: float
    background_n: int | None
    sampled: tuple[tuple[Group, int | None, int | None], ...]
    max_error: float
    diagnostics: tuple[tuple[str, float], ...] = ()
    predictions: int | None = None
    threshold: float | None = None
    setting: str = ""
    within: str = ""
    query: Query | None = field(default=None, compare=False)
    values: Values | None = field(default=None, compare=False)
    for_readers: Explanation | None = field(default=None, compare=False)
    rates: GroupTable | None = field(default=None, compare=False)
    marks: tuple[str, str] = field(default=("", ""), compare=False)
    warned: tuple[Warned, ...] = ()
    base_of: str = ""

    caution: ClassVar[str] = CAUTION

    @property
    def warnings(self) -> tuple[str, ...]:
        """The notes that belong into every picture: an explainer that was replaced, contributions that are not faithful or not stable."""
        return tuple(one.text for one in self.warned)

    @property
    def against(self) -> str:
        """What the rows are compared with, in words: "100 background rows"."""
        if self.base_of:
            return self.base_of
        return "the background" if self.background_n is None else f"{self.background_n:,} background rows"

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the inputs."""
        return tuple(dict.fromkeys(row.feature for row in self.rows))

    @property
    def groups(self) -> tuple[Group, ...]:
        """The groups, in the order of the rows."""
        return tuple(dict.fromkeys(row.group for row in self.rows))

    @property
    def is_in_points(self) -> bool:
        """Whether contributions are shares of 1, to be shown in points: of the decision, or of a score from 0 to 1."""
        return in_points(self.output, self.spec)

    @property
    def unit(self) -> str:
        """The unit of a contribution, in words."""
        return unit_of(self.output, self.spec)

    @property
    def supported(self) -> tuple[Contribution, ...]:
        """The rows whose mean differs from 0, allowing for all groups and inputs together (Bonferroni)."""
        able = [row for row in self.rows if row.status == "ok"]
        alpha = (1 - self.confidence) / max(len(able), 1)
        nothing = ROUNDING * max(1.0, abs(self.base))
        return tuple(row for row in able if abs(row.mean) > nothing and row.supported(alpha))

    @property
    def left_out(self) -> tuple[Contribution, ...]:
        """The rows without a number that can be compared: undefined, suppressed or small."""
        return tuple(row for row in self.rows if row.status != "ok")

    def by_feature(self) -> Mapping[Group, Mapping[str, Contribution]]:
        """Give the rows by group and input."""
        found: dict[Group, dict[str, Contribution]] = {}
        for row in self.rows:
            found.setdefault(row.group, {})[row.feature] = row
        return found

    def to_frame(self) -> pd.DataFrame:
        """Give one row per group and input: the grouping columns, feature, mean, lower, upper, mean_abs, abs_lower, abs_upper, n, ...

        Examples
        --------
        >>> import pandas as pd, fairlens as fl
        >>> X = pd.DataFrame({"income": [20, 30, 40, 50] * 30, "zip": ["n", "s"] * 60})
        >>> audit = fl.audit(X, model=lambda rows: rows["income"] / 100, threshold=0.3, sensitive_features={"sex": ["f", "f", "m"] * 40})
        >>> explained = fl.explain(audit, background=X)
        >>> explained.to_frame()[["sex", "feature", "n"]].values.tolist()
        [['f', 'income', 80], ['f', 'zip', 80], ['m', 'income', 40], ['m', 'zip', 40]]
        """
        import pandas as pd

        columns: dict[str, Any] = {name: [row.group[j] for row in self.rows] for j, name in enumerate(self.attributes)}
        for name in COLUMNS:
            columns[name] = [getattr(row, name) for row in self.rows]
        if None in columns["n"]:
            columns["n"] = pd.array(columns["n"], dtype="Int64")
        return pd.DataFrame(columns)

    def to_dict(self) -> dict[str, Any]:
        """Give the rows and how they were found as plain data, with None for undefined. Raw: nothing is hidden; `values` are not in it."""
        return {
            **super().to_dict(),
            "attributes": list(self.attributes),
            "output": self.output,
            "threshold": self.threshold,
            "method": self.method,
            "method_name": self.method_name,
            "notes": list(self.notes),
            "warnings": list(self.warnings),
            "base": _none(self.base),
            "background_n": self.background_n,
            "base_of": self.base_of,
            "sampled": [[list(group), n, people] for group, n, people in self.sampled],
            "max_error": _none(self.max_error),
            "diagnostics": [[name, _none(value)] for name, value in self.diagnostics],
            "predictions": self.predictions,
            "confidence": self.confidence,
            "setting": self.setting,
            "caution": self.caution,
        }

    def published(self) -> Explanation:
        """Give the same answer from what may be published: over the published people, without small groups and without single rows."""
        return self if self.for_readers is None else self.for_readers

    def plot_values(self, ax: Any = None, profile: Profile = "restricted") -> Picture:
        """Draw the contributions of people as a beeswarm; see `Values.plot`.

        Raises
        ------
        RowsNotHeld
            If the values were not kept; the published form never has them.
        """
        if self.values is None:
            raise RowsNotHeld(
                "This explanation holds means of groups, and no contributions of single rows.",
                "They are kept only where they are asked for, and never in the published form: a row is a person.",
                hint="fl.explain(audit, keep_values=True).plot_values()",
                role="keep_values",
            )
        return self.values.plot(ax, profile)

    @property
    def sentence(self) -> str:
        """What moved the model's answer most in each group, or what the data cannot tell."""
        answer = self.published()
        return answer.within + describe(answer.rows, answer.supported, answer.output, answer.spec, answer.base_of or "the background") + warn(answer.warned)

    def html(self) -> str:
        """Give the published contributions as an HTML table."""
        answer = self.published()
        share = f"{round(100 * answer.confidence, 4):g} %"
        headers = [*answer.attributes, "input", f"mean contribution in {answer.unit} ({share} interval)", f"mean size ({share} interval)", "n", "note"]
        lines: list[list[object]] = [
            [
                *map(str, row.group),
                row.feature,
                _cell(answer, row.mean, row.lower, row.upper, signed=True),
                _cell(answer, row.mean_abs, row.abs_lower, row.abs_upper, signed=False),
                Cell("–" if row.n is None else f"{row.n:,}", row.n),
                note(row.status, row.reason),
            ]
            for row in answer.rows
        ]
        if not any(line[-1] for line in lines):
            headers, lines = headers[:-1], [line[:-1] for line in lines]
        shown = table(headers, lines, len(answer.attributes) + 1)
        notes = "".join(f"<p><small>{escape(text)}</small></p>" for text in (*answer.notes, answer.told))
        return f"{shown}{notes}<p><small>{escape(self.caution)}</small></p>"

    @property
    def told(self) -> str:
        """How the contributions were found, from what they start, and how far they are from adding up."""
        answer = self.published()
        if math.isnan(answer.base):
            return answer.method
        base = written(answer.base, answer.output, answer.spec)
        off = answer.max_error
        adds = "add up to" if off <= 1e-9 else f"add up, but for {off:.1g} at most, to" if off <= 1e-4 else f"are up to {off:.2g} away from"
        return (
            f"{answer.method} The mean answer for {answer.against} is {base};"
            f" a person's contributions {adds} the model's answer less this."
            f" The intervals hold for this model and {'these rows' if answer.base_of else 'this background'}."
        )

    def __repr__(self) -> str:
        return "\n".join([super().__repr__(), *self.published().notes, self.caution])


def _cell(answer: Explanation, value: float, lower: float, upper: float, *, signed: bool) -> Cell:
    if math.isnan(value):
        return Cell("–")
    shown = written(value, answer.output, answer.spec, bare=True)
    shown = f"+{shown}" if signed and value > 0 and float(shown) else shown
    if not math.isnan(lower):
        ends = [written(end, answer.output, answer.spec, bare=True) for end in (lower, upper)]
        shown += f" ({ends[0]} to {ends[1]})"
    return Cell(shown, value)


def _none(value: float) -> float | None:
    return None if math.isnan(value) else value
