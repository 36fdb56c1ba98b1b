"""Spec: how an audit reads its data. Frozen, saved as YAML, the same for every chunk that is to be added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from ._levels import Level
from .exceptions import BadValue, OutOfRange

WORDS = {
    "person": "person",
    "persons": "people",
    "decision": "predicted positive",
    "truth": "labelled positive",
}
_GRID = 100
_OUTCOMES = ("y_true", "score_bin", "y_pred")


@dataclass(frozen=True, slots=True)
class Spec:
    """Which column plays which part, and in which sense it is to be read.

    Parameters
    ----------
    sensitive_features, control_features, slice_features
        Names of the group columns.
    y_true, y_pred, y_score
        Names of the outcome columns, or None. All three speak of the same event, `pos_label`.
    pos_label
        The value of `y_true` that is the event.
    pos_pred
        The value of `y_pred` that predicts the event; `pos_label` when None.
    favorable
        The predicted value that the person wants; None when nobody said.
    threshold
        The decision is ``y_score >= threshold``; None when the decision is `y_pred`.
    declared
        Every threshold that the score bins hold exactly.
    score_range
        Lowest and highest possible score.
    score_kind
        "integer" keeps each score, "grid" uses steps of a hundredth of `score_range`.
    bins
        Edges of numeric group columns, by name.
    words
        Nouns and verbs for sentences: person, persons, decision, truth.
    suppress_below
        Groups with fewer people are not printed, drawn or exported.
    min_denominator
        Rates over fewer people are marked "small" and never chosen as largest gap.

    Examples
    --------
    >>> Spec(sensitive_features=("sex",), y_pred="hired").groups
    ('sex',)
    """

    sensitive_features: tuple[str, ...]
    control_features: tuple[str, ...] = ()
    slice_features: tuple[str, ...] = ()
    y_true: str | None = None
    y_pred: str | None = None
    y_score: str | None = None
    pos_label: Level = 1
    pos_pred: Level | None = None
    favorable: Level | None = None
    threshold: float | None = None
    declared: tuple[float, ...] = ()
    score_range: tuple[float, float] = (0.0, 1.0)
    score_kind: Literal["integer", "grid"] | None = None
    bins: tuple[tuple[str, tuple[float, ...]], ...] = ()
    words: tuple[tuple[str, str], ...] = ()
    suppress_below: int = 10
    min_denominator: int = 10

    def __post_init__(self) -> None:
        low, high = self.score_range
        if not low < high:
            raise OutOfRange(
                f"`score_range` is {self.score_range}: the first number must be below the second.",
                hint="score_range=(0.0, 1.0)",
                role="score_range",
                value=self.score_range,
            )
        clash = [name for name in self.groups if name in _OUTCOMES or self.groups.count(name) > 1]
        if clash:
            raise BadValue(
                f"The group column {clash[0]!r} is named twice, or named like an outcome.",
                f"Group columns: {', '.join(map(repr, self.groups))}; outcomes are {', '.join(_OUTCOMES)}.",
                hint=f"data = data.rename(columns={{{clash[0]!r}: 'group'}}), or name the column once",
                role="sensitive_features",
                value=clash[0],
            )
        unknown = [word for word, _ in self.words if word not in WORDS]
        if unknown:
            raise BadValue(
                f"`words` has {unknown[0]!r}, which no sentence uses.",
                f"Sentences use: {', '.join(WORDS)}.",
                hint='words={"decision": "approved", "person": "applicant"}',
                role="words",
                value=unknown[0],
            )

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of all group columns, sensitive ones first."""
        return (*self.sensitive_features, *self.control_features, *self.slice_features)

    def bin_names(self, axis: str) -> tuple[str, ...] | None:
        """Name the bins of a numeric group column in order: ``<25``, ``[25, 45)``, ``>=45``; None without bins."""
        edges = dict(self.bins).get(axis)
        if edges is None:
            return None
        if not edges:
            return ("any",)
        inner = [f"[{low:g}, {high:g})" for low, high in zip(edges, edges[1:], strict=False)]
        return (f"<{edges[0]:g}", *inner, f">={edges[-1]:g}")

    @property
    def event_prediction(self) -> Level:
        """The value of `y_pred` that predicts the event."""
        return self.pos_label if self.pos_pred is None else self.pos_pred

    @property
    def event_is_favorable(self) -> bool | None:
        """Whether the person wants the predicted event; None when nobody said."""
        return None if self.favorable is None else self.favorable == self.event_prediction

    @property
    def edges(self) -> tuple[float, ...] | None:
        """Lower edges of the score bins, ascending; None where each integer score is kept or there is no score."""
        if self.score_kind != "grid":
            return None
        low, high = self.score_range
        if (low, high) == (0.0, 1.0):  # k/100 is the double that a user types as 0.29
            grid = {k / _GRID for k in range(_GRID + 1)}
        else:
            grid = {low + (high - low) * k / _GRID for k in range(_GRID + 1)}
        return tuple(sorted(grid | {t for t in self.declared if low <= t <= high}))

    def word(self, name: str) -> str:
        """Give the user's word for `name`, or the default one."""
        given = dict(self.words)
        if name == "persons" and "persons" not in given and "person" in given:
            return given["person"] + "s"
        return given.get(name, WORDS[name])

    def to_dict(self) -> dict[str, Any]:
        """Give plain lists, numbers and texts; `from_dict` is the inverse."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Spec:
        """Make a Spec from what `to_dict` gave."""
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(data) - known)
        if unknown:
            raise BadValue(
                f"This spec has the field {unknown[0]!r}, which this version of fairlens does not know.",
                hint="pip install --upgrade fairlens-audit",
                role="spec",
                value=unknown[0],
            )
        return cls(**{name: _frozen(value) for name, value in data.items()})

    def save(self, path: str | Path) -> None:
        """Write the spec as YAML."""
        import yaml

        Path(path).write_text(yaml.safe_dump(self.to_dict(), sort_keys=False, allow_unicode=True), "utf-8")

    @classmethod
    def load(cls, path: str | Path) -> Spec:
        """Read what `save` wrote."""
        import yaml

        return cls.from_dict(yaml.safe_load(Path(path).read_text("utf-8")))

    def replace(self, **changes: Any) -> Spec:
        """Give a copy with some fields changed."""
        return replace(self, **changes)


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
