"""GapDecomposition: a measured gap and its parts, raw and published. Holds means of groups only, never a row."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from .._html import Cell, escape, number, points, table
from .._levels import Level
from .._result import Query, Result
from .._spec import Spec
from ..metrics import GroupRow, PairRow
from ..metrics._results import Status
from ..metrics._sentence import TEXTS, label_of
from ..stats import normal_quantile
from ._words import describe

if TYPE_CHECKING:
    import pandas as pd

CAUTION = "A contribution says what the model used, not whether using it is justified, nor what would change without it."
_CLOSE = 1e-9
Group = tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """What one input carries of a gap: NaN where there is no number to show.

    `se` is the standard error of the contribution; it contains `monte_carlo_se`, that of the sampling alone.
    """

    feature: str
    contribution: float = math.nan
    lower: float = math.nan
    upper: float = math.nan
    se: float = math.nan
    monte_carlo_se: float = math.nan

    def supported(self, z: float) -> bool:
        """Whether the interval at the quantile `z` excludes 0."""
        return abs(self.contribution) > z * self.se


@dataclass(frozen=True, repr=False)
class GapDecomposition(Result):
    """Which inputs carry a gap between two groups. Made by `decompose_gap`.

    Attributes
    ----------
    pair : PairRow
        The measured gap as `audit.difference` gives it, with the rate of the group (`pair.row`) and of the reference (`pair.base`),
        each with its interval and its n.
    parts : tuple of Part
        One per input, the largest first.
    rounds : int
        Draws per person: each is one background row and one ordering of the inputs with its reverse.
    predictions : int
        Rows that the model was asked about.
    background_n : int or None
        Rows that the decisions are compared with; None where their number is not shown.
    background_shares : tuple of (level, share)
        Share of each group in the background; empty where it is not known or not shown.

    Notes
    -----
    The published form holds means over the people who may be counted, and its `predictions`, `background_n` and
    `background_shares` speak of these people only. The background itself is the same.
    """

    attributes: tuple[str, ...]
    pair: PairRow
    parts: tuple[Part, ...]
    spec: Spec
    confidence: float
    threshold: float | None
    rounds: int
    predictions: int
    background_n: int | None
    background_shares: tuple[tuple[Level | Group, float], ...]
    query: Query | None = field(default=None, compare=False)
    for_readers: GapDecomposition | None = field(default=None, compare=False)
    within: str = ""

    caution: ClassVar[str] = CAUTION

    @property
    def group(self) -> Level | Group:
        """The level of the group, or its levels where columns are crossed."""
        return _plain(self.pair.row.group)

    @property
    def reference(self) -> Level | Group:
        """The level or levels of the reference, or "rest"."""
        return self.pair.reference if isinstance(self.pair.reference, str) else _plain(self.pair.reference)

    @property
    def metric(self) -> str:
        """The id of the rate."""
        return self.pair.row.metric.name

    @property
    def group_rate(self) -> GroupRow:
        """The rate of the group."""
        return self.pair.row

    @property
    def reference_rate(self) -> GroupRow:
        """The rate of the reference."""
        return self.pair.base

    @property
    def gap(self) -> float:
        """The rate of the group less that of the reference."""
        return self.pair.change

    @property
    def gap_lower(self) -> float:
        """Newcombe's lower limit of the gap."""
        return self.pair.lower

    @property
    def gap_upper(self) -> float:
        """Newcombe's upper limit of the gap."""
        return self.pair.upper

    @property
    def status(self) -> Status:
        """That of the gap: ok, small, undefined or suppressed."""
        return self.pair.status

    @property
    def reason(self) -> str:
        """Why the numbers are weak or missing."""
        return self.pair.reason

    @property
    def n(self) -> int | None:
        """People of both groups whose rows were used; None where there are no contributions."""
        if not self.has_parts or self.pair.row.n is None or self.pair.base.n is None:
            return None
        return self.pair.row.n + self.pair.base.n

    @property
    def has_parts(self) -> bool:
        """Whether there are contributions to show."""
        return bool(self.parts) and not math.isnan(self.parts[0].contribution)

    @property
    def is_alike(self) -> bool:
        """Whether the gap and every contribution are exactly 0, as for a model that decides about everybody alike."""
        return self.has_parts and self.gap == 0 and all(part.contribution == 0 for part in self.parts)

    @property
    def closes(self) -> bool:
        """Whether the contributions add up to the gap within 1e-9."""
        return abs(math.fsum(part.contribution for part in self.parts) - self.gap) <= _CLOSE

    @property
    def monte_carlo_se(self) -> dict[str, float]:
        """Standard error of each contribution from the sampling alone, by input; NaN after one round."""
        return {part.feature: part.monte_carlo_se for part in self.parts}

    @property
    def supported(self) -> tuple[Part, ...]:
        """The parts whose interval excludes 0, allowing for all inputs together (Bonferroni)."""
        z = normal_quantile(self.confidence, max(len(self.parts), 1))
        return tuple(part for part in self.parts if part.supported(z))

    def to_frame(self) -> pd.DataFrame:
        """Give one row per input: feature, contribution, lower, upper, share (of the gap; NaN where that is 0) and n.

        Examples
        --------
        >>> import pandas as pd, fairlens as fl
        >>> X = pd.DataFrame({"income": [20, 30, 40, 50] * 30, "zip": ["n", "s"] * 60})
        >>> model = lambda rows: (rows["income"] >= 35).astype(int)
        >>> audit = fl.audit(X, model=model, sensitive_features={"sex": ["f", "f", "f", "m", "m", "m"] * 20})
        >>> gap = fl.decompose_gap(audit, "f", random_state=0)
        >>> gap.to_frame()[["feature", "n"]].values.tolist()
        [['income', 120], ['zip', 120]]
        """
        import pandas as pd

        columns: dict[str, Any] = {
            name: [getattr(part, name) for part in self.parts] for name in ("feature", "contribution", "lower", "upper")
        }
        columns["share"] = [part.contribution / self.gap if self.gap else math.nan for part in self.parts]
        columns["n"] = [self.n] * len(self.parts) if self.n is not None else pd.array([None] * len(self.parts), dtype="Int64")
        return pd.DataFrame(columns)

    def to_dict(self) -> dict[str, Any]:
        """Give the parts and what they are parts of as plain data, with None for undefined. Raw: nothing is hidden in it."""
        rates = {"group_rate": self.pair.row, "reference_rate": self.pair.base}
        return {
            **super().to_dict(),
            "attributes": list(self.attributes),
            "group": list(self.pair.row.group),
            "reference": self.reference if isinstance(self.pair.reference, str) else list(self.pair.reference),
            "metric": self.metric,
            "threshold": self.threshold,
            "gap": [_none(value) for value in (self.gap, self.gap_lower, self.gap_upper)],
            **{name: [_none(row.value), _none(row.lower), _none(row.upper), row.n] for name, row in rates.items()},
            "monte_carlo_se": [_none(part.monte_carlo_se) for part in self.parts],
            "confidence": self.confidence,
            "rounds": self.rounds,
            "predictions": self.predictions,
            "background_n": self.background_n,
            "background_shares": [
                [list(level) if isinstance(level, tuple) else level, share] for level, share in self.background_shares
            ],
            "status": self.status,
            "reason": self.reason,
            "caution": self.caution,
        }

    def published(self) -> GapDecomposition:
        """Give the same answer from what may be published: over the published people, or without numbers."""
        return self if self.for_readers is None else self.for_readers

    @property
    def sentence(self) -> str:
        """The gap and the inputs that carry it, or what the data cannot tell."""
        answer = self.published()
        supported = answer.supported
        named = [_named(part) for part in supported]
        others = [_named(part) for part in answer.parts if part not in supported]
        return answer.within + describe(
            answer.pair, answer.spec, named, has_parts=answer.has_parts, others=others, is_alike=answer.is_alike
        )

    @property
    def method(self) -> str:
        """How the parts were found, in one or two sentences."""
        answer = self.published()
        if not answer.has_parts:
            return ""
        shown = "the" if answer.background_n is None else f"{answer.background_n:,}"
        decision = "the model's decision" if answer.threshold is None else f"the decision at {number(answer.threshold)}"
        return (
            f"Shapley values of {decision}, {answer.rounds} {'round' if answer.rounds == 1 else 'rounds'} over"
            f" {answer.n:,} {answer.spec.word('persons')} against {shown} background rows."
            " The intervals hold for this model and this background."
        )

    def html(self) -> str:
        """Give the published contributions as an HTML table."""
        answer = self.published()
        if not answer.has_parts:
            return f"<p>{escape(answer._remark)}</p>"
        share = f"{round(100 * answer.confidence, 4):g} %"
        headers = ["input", f"contribution in points ({share} interval)", "n"]
        rows = [*((part.feature, part.contribution, part.lower, part.upper) for part in answer.parts)]
        rows.append(("gap", answer.gap, answer.gap_lower, answer.gap_upper))
        lines: list[list[Cell | str]] = [
            [name, Cell(f"{points(value)} ({points(low)} to {points(high)})", value), Cell(f"{answer.n:,}", answer.n)]
            for name, value, low, high in rows
        ]
        reference = TEXTS.get(str(answer.reference)) if isinstance(answer.pair.reference, str) else None
        among = f"{label_of(answer.pair.row.group)} less {reference or label_of(answer.pair.reference)}"
        shown = table(headers, lines, 1, f"{answer.pair.row.metric.label}, {among}")
        weak = f"<p>{escape(answer._remark)}</p>" if answer.reason else ""
        return f"{shown}{weak}<p><small>{escape(answer.method)} {escape(self.caution)}</small></p>"

    @property
    def _remark(self) -> str:
        return self.reason if self.status == "ok" else f"{self.status}: {self.reason}"

    def __repr__(self) -> str:
        return f"{super().__repr__()}\n{self.caution}"


def _plain(group: Group) -> Level | Group:
    return group[0] if len(group) == 1 else group


def _named(part: Part) -> tuple[str, float, float, float]:
    return part.feature, part.contribution, part.lower, part.upper


def _none(value: float) -> float | None:
    return None if math.isnan(value) else value
