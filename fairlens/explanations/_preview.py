"""preview_explanation(): what an explanation takes, before the model is asked anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .._html import Cell, escape, table
from .._levels import Level
from .._result import Query, Result
from ..metrics._group_rows import REASONS
from ._asking import Asking, asking, bound_of, cost_of
from ._attributor import Attributor, at_most
from ._encoded import Output
from ._explain import Prepared, prepare
from ._explained import _there

if TYPE_CHECKING:
    import pandas as pd

    from .._audit import Audit


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One group: how many of its people would be explained; None where this is not shown."""

    group: tuple[Level, ...]
    explained: int | None
    people: int | None
    reason: str = ""


@dataclass(frozen=True, repr=False)
class ExplanationPreview(Result):
    """What an explanation takes. Made by `preview_explanation`; there is no picture of it.

    Attributes
    ----------
    attributes : tuple of str
        The grouping columns.
    rows : tuple of PreviewRow
        One per group: rows to explain, of how many people. A person of several groups is explained once.
    method_name : str
        "shap", "lime", or the name of the attributor.
    output : "score", "decision" or "log_odds"
        What would be explained.
    inputs : int
        Columns of the model.
    background_n : int or None
        Rows of the background; None where this would tell of people who are not shown.
    predictions : int or None
        Rows that the model would be asked about at most; None where the method cannot say. In the published form, where groups are
        hidden, a bound from what readers know, rounded up to one digit, and no more than the budget if the question fits.
    max_predictions : int
        The budget.
    notes : tuple of str
        What the number depends on.
    """

    attributes: tuple[str, ...]
    rows: tuple[PreviewRow, ...]
    method_name: str
    output: Output
    inputs: int
    background_n: int | None
    predictions: int | None
    max_predictions: int
    notes: tuple[str, ...] = ()
    query: Query | None = field(default=None, compare=False)
    for_readers: ExplanationPreview | None = field(default=None, compare=False)

    @property
    def fits(self) -> bool:
        """Whether `explain` would start: the number is within the budget, or is not known before."""
        return self.predictions is None or self.predictions <= self.max_predictions

    def to_frame(self) -> pd.DataFrame:
        """Give one row per group: the grouping columns, explained, people, reason."""
        import pandas as pd

        columns: dict[str, Any] = {name: [row.group[j] for row in self.rows] for j, name in enumerate(self.attributes)}
        for name in ("explained", "people"):
            columns[name] = pd.array([getattr(row, name) for row in self.rows], dtype="Int64")
        return pd.DataFrame({**columns, "reason": [row.reason for row in self.rows]})

    def to_dict(self) -> dict[str, Any]:
        """Give the rows and the numbers as plain data. Raw: nothing is hidden."""
        names = ("attributes", "method_name", "output", "inputs", "background_n", "predictions", "max_predictions", "fits", "notes")
        plain = {name: getattr(self, name) for name in names}
        return {**super().to_dict(), **{name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}}

    def published(self) -> ExplanationPreview:
        """Give the same without the counts of groups that readers may not see."""
        return self if self.for_readers is None else self.for_readers

    @property
    def sentence(self) -> str:
        """How many predictions it takes, and whether they are within the budget."""
        answer = self.published()
        against = "the background" if answer.background_n is None else f"{answer.background_n:,} background rows"
        what = f"{answer.method_name!r}, of {answer.inputs:,} inputs against {against}"
        if answer.predictions is None:
            return f"How often {what}, asks the model is not known before; fl.explain stops it at max_predictions={answer.max_predictions:_}."
        told = f"To explain the model by {what}, takes up to {answer.predictions:,} predictions"
        if self.fits:
            return f"{told}, within max_predictions={answer.max_predictions:_}."
        return f"{told}, beyond max_predictions={answer.max_predictions:_}: fl.explain would refuse it. Fewer rows= or background= take less."

    def html(self) -> str:
        """Give the published counts as an HTML table."""
        answer = self.published()
        headers = [*answer.attributes, "rows to explain", "people", "note"]
        lines: list[list[object]] = [[*map(str, row.group), _count(row.explained), _count(row.people), row.reason] for row in answer.rows]
        if not any(line[-1] for line in lines):
            headers, lines = headers[:-1], [line[:-1] for line in lines]
        return table(headers, lines, len(answer.attributes)) + "".join(f"<p><small>{escape(text)}</small></p>" for text in answer.notes)

    def __repr__(self) -> str:
        return "\n".join([super().__repr__(), *self.published().notes])


def preview_explanation(
    audit: Audit,
    method: Literal["shap", "lime", "occlusion"] | Attributor = "shap",
    by: str | Sequence[str] | None = None,
    *,
    output: Output = "score",
    rows: int | None = None,
    background: Any = None,
    max_predictions: int = 20_000_000,
    random_state: int | np.random.Generator | None = 0,
) -> ExplanationPreview:
    """Count what `explain` would take, with the same arguments: rows per group, background rows, predictions. The model is not asked.

    Parameters
    ----------
    audit, method, by, output, rows, background, max_predictions, random_state
        As in `explain`.

    Returns
    -------
    ExplanationPreview
        Its `predictions` is what the model would be asked at most, its `fits` whether that is within the budget.

    Raises
    ------
    RowsNotHeld, BadValue, WrongKind, OutOfRange
        As `explain`, for what can be told without asking the model.

    Examples
    --------
    >>> import pandas as pd, fairlens as fl
    >>> X = pd.DataFrame({"income": [20, 30, 40, 50] * 30, "zip": ["n", "s"] * 60})
    >>> audit = fl.audit(X, model=lambda rows: rows["income"] / 100, threshold=0.3, sensitive_features={"sex": ["f", "f", "m"] * 40})
    >>> preview = fl.preview_explanation(audit, background=50)
    >>> preview.predictions, preview.fits
    (24234, True)
    """
    made = prepare(audit, method, by, output, rows, background, max_predictions, random_state, 0.95, "preview_explanation")
    asked = asking(audit, made.output, made.sample, made.own, int(max_predictions), made.seed, _nobody, made.bounds)
    question = asked.question
    cost = cost_of(made.attributor, question)
    told = getattr(made.attributor, "preview_notes", None)
    strata = made.sample.strata
    raw = ExplanationPreview(
        made.attributes, tuple(PreviewRow(one.group, len(one.drawn), one.people) for one in strata), str(made.attributor.name), made.output,
        len(question.names), len(question.background), None if cost is None else question.f.before + cost, int(max_predictions),
        () if told is None else tuple(told(question)),
    )  # fmt: skip
    people, there = made.shown.people(made.views, made.attributes), _there(made.shown, made.views, made.attributes, made.sample)
    hidden = PreviewRow((), None, None, made.shown.reason or REASONS["suppressed"].format(floor=audit.spec.suppress_below))
    seen = tuple(
        PreviewRow(one.group, int(made.sample.published[one.drawn].sum()), people[one.group]) if one.group in people else replace(hidden, group=one.group)
        for one in strata
        if one.group in there
    )
    background = raw.background_n if made.bounds is None or made.bounds.tells_background else None
    return replace(raw, for_readers=replace(raw, rows=seen, predictions=_for_readers(raw, made, asked), background_n=background))


def _for_readers(raw: ExplanationPreview, made: Prepared, asked: Asking) -> int | None:
    """Bound the predictions by what readers know; that the question fits is known from its answer."""
    if made.bounds is None or raw.predictions is None:
        return raw.predictions
    most = bound_of(made.attributor, asked, made.bounds, raw.max_predictions if not raw.fits else 2**62)
    if most is None:
        return None
    return min(int(at_most(most)), raw.max_predictions) if raw.fits else int(at_most(most))


def _nobody(done: int, total: int) -> None:
    """Report progress to nobody."""


def _count(n: int | None) -> Cell:
    return Cell("–") if n is None else Cell(f"{n:,}", n)
