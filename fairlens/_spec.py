"""Spec: how an audit reads its data. Frozen, saved as YAML, the same for every chunk that is to be added."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from ._levels import MISSING, Level, normalise
from .exceptions import BadValue, OutOfRange, WrongKind, listed
from .texts import texts_of

WORDS = texts_of()["words"]
_GRID = 100
_OUTCOMES = ("y_true", "score_bin", "y_pred", "y_base")
_ANSWERS = (
    "metric", "value", "lower", "upper", "n", "numerator", "denominator", "status", "reason",
    "reference", "difference", "ratio", "n_reference", "p_value", "p_adjusted", "minimum_detectable",
    "difference_lower", "difference_upper", "z_score", "p_holm", "p_bh", "pooled", "pooled_lower", "pooled_upper", "prior_mean", "prior_people",
)  # fmt: skip
"""Columns of the frames that answer; a group column of the same name would be lost there."""


def is_number(value: object) -> bool:
    """Whether a value is a finite real number; True and False are none."""
    real = isinstance(value, int | float) and not isinstance(value, bool)
    return real and abs(value) <= sys.float_info.max  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Spec:
    """Which column plays which part, and in which sense it is to be read.

    Parameters
    ----------
    sensitive_features, control_features, slice_features
        Names of the group columns.
    y_true, y_pred, y_score
        Names of the outcome columns, or None. All three speak of the same event, `pos_label`.
    y_base
        Name of the column of an earlier decision about the same people, or None.
    sample_weight
        Name of the column that says how many people a row stands for, or None.
    cluster
        Name of the column that says whose row it is, where one person may have several, or None.
    membership
        Group columns that are known only as probabilities, with their levels; the data have a column "name: level" for each.
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
    y_base: str | None = None
    sample_weight: str | None = None
    cluster: str | None = None
    membership: tuple[tuple[str, tuple[Level, ...]], ...] = ()
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
        for name in ("sensitive_features", "control_features", "slice_features"):
            object.__setattr__(self, name, _texts(name, getattr(self, name)))
        for name in ("pos_label", "pos_pred", "favorable"):
            object.__setattr__(self, name, _event(name, getattr(self, name)))
        _check_range(self.score_range)
        _check_words(self.words)
        for name in ("suppress_below", "min_denominator"):
            _check_floor(name, getattr(self, name))
        for role in ("sensitive_features", "control_features", "slice_features"):
            self._check_names(role, getattr(self, role))
        _check_membership(self.membership, self.groups)

    def _check_names(self, role: str, names: tuple[str, ...]) -> None:
        for name in names:
            twice, taken = self.groups.count(name) > 1, name in _OUTCOMES + _ANSWERS
            if twice or taken:
                raise BadValue(
                    f"`{role}` names the column {name!r}{', which is a group column already' if twice else ''}.",
                    f"Group columns: {listed(self.groups)}."
                    if twice
                    else f"The answers have columns of their own called {', '.join(_OUTCOMES + _ANSWERS)}.",
                    hint=f"name {name!r} once" if twice else f"data = data.rename(columns={{{name!r}: 'group'}})",
                    role=role,
                    value=name,
                )

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of all group columns, sensitive ones first."""
        return (*self.sensitive_features, *self.control_features, *self.slice_features)

    def role_of(self, axis: str) -> str:
        """Which role names a group column."""
        roles = ("control_features", "slice_features")
        return next((role for role in roles if axis in getattr(self, role)), "sensitive_features")

    def bin_names(self, axis: str) -> tuple[str, ...] | None:
        """Name the bins of a numeric group column in order: ``<25``, ``[25, 45)``, ``>=45``; None without bins."""
        edges = dict(self.bins).get(axis)
        if edges is None:
            return None
        if not edges:
            return ("any",)
        named = [f"{edge:.0f}" if edge.is_integer() else f"{edge:g}" for edge in edges]
        if len(set(named)) < len(edges):  # edges that differ behind the sixth digit
            named = [repr(edge) for edge in edges]
        inner = [f"[{low}, {high})" for low, high in pairwise(named)]
        return (f"<{named[0]}", *inner, f">={named[-1]}")

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
        return tuple(sorted(grid | {t for t in self.declared if self.holds(t)}))

    def holds(self, threshold: float) -> bool:
        """Whether a threshold lies within `score_range`, or just above it (the median of scores may be the highest)."""
        low, high = self.score_range
        return low <= threshold <= math.nextafter(high, math.inf)

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
        if not isinstance(data, Mapping) or "sensitive_features" not in data:
            raise WrongKind(
                f"`spec` is read from a {type(data).__name__} without the field 'sensitive_features'.",
                "A spec is what `Spec.to_dict` gave, or `Spec.save` wrote.",
                hint="Spec.from_dict(audit.spec.to_dict())",
                role="spec",
            )
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


def _texts(role: str, names: Any) -> tuple[str, ...]:
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise WrongKind(
            f"`{role}` of a spec is {names!r}.",
            "It must be a tuple of names of columns.",
            hint=f'Spec({role}=("sex",), ...)',
            role=role,
            value=names,
        )
    return tuple(names)


def _event(role: str, value: Any) -> Level | None:
    if value is None and role != "pos_label":
        return None
    if isinstance(value, tuple | list | dict | set) or normalise(value, role) == MISSING:
        raise WrongKind(
            f"`{role}` is {value!r}.",
            "It must be one value: a text, a number or a truth value.",
            hint=f"{role}=1",
            role=role,
            value=value,
        )
    return normalise(value, role)


def _check_membership(membership: Any, groups: tuple[str, ...]) -> None:
    shaped = isinstance(membership, tuple) and all(isinstance(one, tuple) and len(one) == 2 and isinstance(one[1], tuple) for one in membership)
    if not shaped or len(membership) > 1 or any(name not in groups or len(levels) < 2 for name, levels in membership):
        raise BadValue(
            f"`membership` is {membership!r}.",
            f"It names one group column that is known as probabilities, with its levels. Group columns: {listed(groups)}.",
            hint='Spec(("race",), membership=(("race", ("Black", "white")),))',
            role="membership",
            value=membership,
        )


def _check_range(ends: Any) -> None:
    if not isinstance(ends, tuple) or len(ends) != 2 or not all(map(is_number, ends)) or not ends[0] < ends[1]:
        raise OutOfRange(
            f"`score_range` is {ends}: it must be two finite numbers, the first below the second.",
            hint="score_range=(0.0, 1.0)",
            role="score_range",
            value=ends,
        )


def _check_words(words: tuple[tuple[str, str], ...]) -> None:
    for word, said in words:
        if word not in WORDS or not isinstance(said, str):
            raise BadValue(
                f"`words` has {word!r}: {said!r}, which no sentence can use.",
                f"Sentences use texts for: {', '.join(WORDS)}.",
                hint='words={"decision": "approved", "person": "applicant"}',
                role="words",
                value=word,
            )


def _check_floor(role: str, least: Any) -> None:
    if not isinstance(least, int) or isinstance(least, bool) or least < 0:
        raise OutOfRange(
            f"`{role}` is {least!r}.",
            "It must be a whole number of people, 0 or more.",
            hint=f"{role}=10",
            role=role,
            value=least,
        )
