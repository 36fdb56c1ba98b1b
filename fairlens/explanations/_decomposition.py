"""GapDecomposition: a measured gap and its parts, raw and published. Holds means of groups only, never a row."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from .._html import Cell, escape, number, table
from .._levels import Level
from .._result import Query, Result
from .._spec import Spec
from ..exceptions import ThresholdNotHeld, listed
from ..metrics import GroupRow, PairRow
from ..metrics._results import Status
from ..metrics._sentence import label_of
from ._outcomes import Output
from ._parts import MIX, Part, named
from ._players import NamedGroups
from ._words import Carriers, describe, reference_of, unit_of

if TYPE_CHECKING:
    import pandas as pd

CAUTION = "A contribution says what the model used, not whether using it is justified, nor what would change without it."
CLOSE = 1e-9
Group = tuple[Level, ...]


@dataclass(frozen=True, repr=False)
class GapDecomposition(Result):
    """Which inputs carry a gap between two groups. Made by `decompose_gap`.

    Attributes
    ----------
    pair : PairRow
        The measured gap, with the rate or mean of the group (`pair.row`) and of the reference (`pair.base`), each with its interval
        and its n. A gap of decisions is that of `audit.difference`, interval and all. A gap of scores is a difference of two means over
        people, and its interval is put together from their Student's intervals (R. G. Newcombe 1998, square and add). For the Brier
        score `audit.difference` gives the same gap with another interval: its own is from a bootstrap.
    parts : tuple of Part
        One per input or group of inputs, the largest first; then what the labels themselves make of a gap in losses, and what is left to
        the people who were not explained, where there are such parts.
    rounds : int
        Draws per person: each is one background row and one ordering of the inputs with its reverse.
    predictions : int
        Rows that the model was asked about.
    background_n : int or None
        Rows that the decisions are compared with; None where their number is not shown.
    background_shares : tuple of (level, share)
        Share of each group in the background; empty where it is not known or not shown.
    output : str
        What is explained: the "decision", or the "score".
    players : tuple of (name, inputs)
        Inputs that count as one.
    sampled : tuple of (int, int) or None
        People who are explained, and all people of both groups, where the budget did not allow for all.
    compared : int
        How many gaps the simultaneous intervals allow for: those with contributions.
    decided : int
        At how many thresholds the gap was decomposed; every interval is for one of them alone.
    steps : tuple of GapDecomposition
        The same gap at each threshold that was asked for.

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
    output: Output = "decision"
    players: NamedGroups = ()
    sampled: tuple[int, int] | None = None
    compared: int = 1
    decided: int = field(default=1, compare=False)
    steps: tuple[GapDecomposition, ...] = field(default=(), compare=False)

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
        """The id of the rate, or of the mean of scores."""
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
        """The rate (or the mean) of the group less that of the reference."""
        return self.pair.change

    @property
    def gap_lower(self) -> float:
        """Lower limit of the gap: that of `audit.difference` for decisions, put together from Student's for means of scores."""
        return self.pair.lower

    @property
    def gap_upper(self) -> float:
        """Upper limit of the gap: that of `audit.difference` for decisions, put together from Student's for means of scores."""
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
        return self.parts[0].n if self.has_parts else None

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
        return abs(math.fsum(part.contribution for part in self.parts) - self.gap) <= CLOSE

    @property
    def monte_carlo_se(self) -> dict[str, float]:
        """Standard error of each contribution from the sampling alone, by input; NaN after one round."""
        return {part.feature: part.monte_carlo_se for part in self.parts}

    @property
    def supported(self) -> tuple[Part, ...]:
        """The inputs whose simultaneous interval excludes 0: it allows for all inputs, and for all gaps asked for together.

        None for a gap of too few people; at several thresholds, each allows for itself alone.
        """
        return tuple(part for part in self.parts if self.status == "ok" and part.is_supported)

    @property
    def label_mix(self) -> Part | None:
        """What the labels of the two groups make of a gap in errors or losses; None for other gaps."""
        return next((part for part in self.parts if part.kind == "label_mix"), None)

    @property
    def thresholds(self) -> tuple[float, ...]:
        """The thresholds at which the gap was decomposed, ascending; its own alone, or none, where no others were asked for."""
        known = [step.threshold for step in self.steps] or [self.threshold]
        return tuple(threshold for threshold in known if threshold is not None)

    def at(self, threshold: float) -> GapDecomposition:
        """Give the gap and its parts at another threshold, from the same predictions.

        Raises
        ------
        ThresholdNotHeld
            If this threshold was not asked for.
        """
        for step in (*self.steps, self):
            if step.threshold == threshold:
                return step
        raise not_held(threshold, self.thresholds)

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
        columns["share"] = [part.contribution / self.gap + 0.0 if self.gap else math.nan for part in self.parts]
        sizes = [part.n for part in self.parts]
        columns["n"] = pd.array(sizes, dtype="Int64") if None in sizes else sizes
        return pd.DataFrame(columns)

    def simultaneous(self) -> pd.DataFrame:
        """Give one row per part with limits that hold for all parts, and all gaps asked for with this one, together.

        Columns: feature, contribution, lower, upper, supported (whether the limits of an input exclude 0, and the people are enough).
        """
        import pandas as pd

        columns: dict[str, Any] = {
            "feature": [part.feature for part in self.parts],
            "contribution": [part.contribution for part in self.parts],
            "lower": [part.simultaneous_lower for part in self.parts],
            "upper": [part.simultaneous_upper for part in self.parts],
            "supported": [part in self.supported for part in self.parts],
        }
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
            "output": self.output,
            "players": [[name, list(inputs)] for name, inputs in self.players],
            "sampled": None if self.sampled is None else list(self.sampled),
            "monte_carlo_se": [_none(part.monte_carlo_se) for part in self.parts],
            "simultaneous": [[_none(part.simultaneous_lower), _none(part.simultaneous_upper)] for part in self.parts],
            "compared": self.compared,
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
            **({"thresholds": [step.to_dict() for step in self.steps]} if self.steps else {}),
        }

    def published(self) -> GapDecomposition:
        """Give the same answer from what may be published: over the published people, or without numbers."""
        return self if self.for_readers is None else self.for_readers

    @property
    def sentence(self) -> str:
        """The gap and the inputs that carry it, or what the data cannot tell."""
        answer = self.published()
        inputs = [part for part in answer.parts if part.kind == "input"]
        supported = answer.supported
        carriers = Carriers(
            [named(part) for part in supported],
            [named(part) for part in inputs if part not in supported],
            None if answer.label_mix is None else named(answer.label_mix),
        )
        told = answer.sampled_note
        return answer.within + describe(answer.pair, answer.spec, carriers if answer.has_parts else None, is_alike=answer.is_alike, told=told)

    @property
    def sampled_note(self) -> str:
        """How many people the contributions come from, where they are not all; empty otherwise."""
        if self.sampled is None or not self.has_parts:
            return ""
        some, everybody = self.sampled
        return f"contributions are those of {some:,} of {everybody:,} {self.spec.word('persons')}, drawn by chance"

    @property
    def method(self) -> str:
        """How the parts were found, in a few sentences."""
        answer = self.published()
        if not answer.has_parts:
            return ""
        shown = "the" if answer.background_n is None else f"{answer.background_n:,}"
        what = {"mean_score": "score", "log_loss": "log loss", "brier_score_loss": "squared error", "mean_error": "error"}
        if answer.output == "score":
            subject = f"the model's {what.get(answer.metric, 'score')}"
        else:
            subject = "the model's decision" if answer.threshold is None else f"the decision at {number(answer.threshold)}"
        together = "all inputs" if answer.compared == 1 else f"all inputs and {answer.compared} gaps"
        alone = "" if answer.decided == 1 else f", at this threshold alone: it does not allow for looking at {answer.decided} thresholds"
        said = [
            f"Shapley values of {subject}, {answer.rounds} {'round' if answer.rounds == 1 else 'rounds'} over"
            f" {answer.n:,} {answer.spec.word('persons')} against {shown} background rows.",
            f"{note[0].upper()}{note[1:]}." if (note := answer.sampled_note) else "",
            " ".join(f"{name} is {' + '.join(inputs)} together." for name, inputs in answer.players),
            f"{MIX} is what the labels of the two groups make of the gap by themselves." if answer.label_mix else "",
            "The intervals hold for this model and this background.",
            f"An input is named where an interval that allows for {together} excludes 0{alone}.",
        ]
        return " ".join(part for part in said if part)

    def html(self) -> str:
        """Give the published contributions as an HTML table."""
        answer = self.published()
        if not answer.has_parts:
            return f"<p>{escape(answer._remark)}</p>"
        unit = unit_of(answer.pair.row.metric)
        share = f"{round(100 * answer.confidence, 4):g} %"
        counted = " in points" if unit.word else ""
        headers = ["input", f"contribution{counted} ({share} interval)", "allowing for all", "n"]
        lines: list[list[Cell | str]] = [
            [
                part.feature,
                Cell(unit.interval(part.contribution, part.lower, part.upper), part.contribution),
                f"{unit.signed(part.simultaneous_lower)} to {unit.signed(part.simultaneous_upper)}",
                Cell("–" if part.n is None else f"{part.n:,}", part.n),
            ]
            for part in answer.parts
        ]
        everybody = answer.people
        lines.append(["gap", Cell(unit.interval(answer.gap, answer.gap_lower, answer.gap_upper), answer.gap), "", Cell(f"{everybody:,}", everybody)])
        among = f"{label_of(answer.pair.row.group)} less {reference_of(answer.pair)}"
        shown = table(headers, lines, 1, f"{answer.within}{answer.pair.row.metric.label}, {among}")
        weak = f"<p>{escape(answer._remark)}</p>" if answer.reason else ""
        return f"{shown}{weak}<p><small>{escape(answer.method)} {escape(self.caution)}</small></p>"

    @property
    def people(self) -> int | None:
        """People of both groups, explained or not; None where their number is not shown."""
        row, base = self.pair.row.n, self.pair.base.n
        return None if row is None or base is None else row + base

    @property
    def _remark(self) -> str:
        return self.reason if self.status == "ok" else f"{self.status}: {self.reason}"

    def __repr__(self) -> str:
        return f"{super().__repr__()}\n{self.caution}"


def not_held(threshold: object, known: tuple[float, ...]) -> ThresholdNotHeld:
    """The error of a threshold that was not asked for, with the nearest ones that were."""
    near = sorted(known, key=lambda one: abs(one - threshold) if isinstance(threshold, int | float) else 0.0)[:2]
    return ThresholdNotHeld(
        f"The gap at the threshold {threshold!r} was asked for.",
        f"It was decomposed at {listed(sorted(near))}{' and others' if len(known) > len(near) else ''}." if near else "It is no gap of decisions at a threshold.",
        hint=f"fl.decompose_gap(audit, ..., thresholds=[{threshold!r}])",
        role="threshold",
        value=threshold,
    )


def _plain(group: Group) -> Level | Group:
    return group[0] if len(group) == 1 else group


def _none(value: float) -> float | None:
    return None if math.isnan(value) else value
