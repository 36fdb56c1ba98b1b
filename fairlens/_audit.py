"""Audit: the object that users hold. A cube, how it was read, and a private way back to the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ._classes import Classes
from ._clusters import Clusters
from ._cube import Cube
from ._inputs import Handle, make
from ._levels import Level
from ._measure import Measured, disparity
from ._missing import MissingInputs
from ._protect import Profile, PublishedTables, publish
from ._protected import ProtectedAudit, Selection
from ._remarks import disagreements
from ._spec import Spec
from ._tables import Tables
from ._thresholds import GroupThresholds, Threshold, read_threshold
from .exceptions import BadValue, RowsNotHeld, WrongKind


@dataclass(frozen=True, eq=False)
class Audit(Measured):
    """Counts of people by group and outcome, and the questions that they answer. Made by `audit`.

    Attributes
    ----------
    cube : Cube
        The counts. Raw: small groups can be read from it.
    spec : Spec
        How the data were read.
    threshold : float or None
        The decision is ``score >= threshold``; None is the decision as it was taken.
    notes : tuple of str
        What a reader should know about how the inputs were put together.
    """

    cube: Cube
    selection: Selection = ()
    threshold: Threshold = None
    notes: tuple[str, ...] = ()
    _handle: Handle | None = field(default=None, repr=False)
    _clusters: Clusters | None = field(default=None, repr=False)
    _classes: Classes | None = field(default=None, repr=False)

    @property
    def spec(self) -> Spec:  # type: ignore[override]
        """How the data were read."""
        return self.cube.spec

    @cached_property
    def tables(self) -> Tables:
        """Raw tables of counts."""
        return Tables(self.cube, clusters=self._clusters, classes=self._classes, missing=self._missing)

    @property
    def sentence(self) -> str:
        """The largest disparity that the data support, as counts of people, or that they cannot tell yet.

        It speaks of selection rates, each sensitive feature by itself, against the group with most people.

        Raises
        ------
        RoleNeeded
            If `favorable` was not given.
        """
        return disparity(self.protect(), plan=True)

    def where(self, /, **levels: Level | Sequence[Level]) -> Audit:
        """Keep the people at one level, or at one of several, of each named group column."""
        return self._changed(selection=self._where(levels))

    def at(self, threshold: float | Mapping[Level, float] | GroupThresholds | None, by: str | None = None) -> Audit:
        """Decide at another threshold; None is the decision as it was taken.

        Parameters
        ----------
        threshold
            One for everybody, or one per level of the group column `by`; levels that are not named keep the threshold that they have.
        by
            The group column whose levels have thresholds of their own.

        Raises
        ------
        ThresholdNotHeld
            If a threshold lies between two edges of the score bins.

        Examples
        --------
        >>> import fairlens as fl
        >>> scores, sex = [0.2, 0.4, 0.6, 0.8] * 10, ["f", "m"] * 20
        >>> audit = fl.audit(y_score=scores, threshold=[0.5, 0.7], sensitive_features={"sex": sex})
        >>> audit.at({"m": 0.7}, by="sex").by_group("selection_rate").to_frame()["value"].tolist()
        [0.5, 0.5]
        """
        wanted = read_threshold(threshold, by, self.threshold, self.spec.threshold)
        self.tables.check_threshold(wanted)
        return self._changed(threshold=wanted)

    def protect(self, profile: Profile = "restricted") -> ProtectedAudit:
        """Give the form that may be printed, drawn or exported.

        Parameters
        ----------
        profile
            "restricted": groups with fewer than ``spec.suppress_below`` people are suppressed, with enough others that they
            cannot be worked out. "internal": nothing is hidden, and every export says so.
        """
        made = self._published.get(str(profile))
        if made is None:
            made = self._published[profile] = publish(self.cube, profile, self._clusters, self._classes, self._missing)
        return ProtectedAudit(made, self.selection, self.threshold, profile, self.notes)

    @cached_property
    def _published(self) -> dict[str, PublishedTables]:
        return {}

    @cached_property
    def _missing(self) -> MissingInputs | None:
        return None if self._handle is None else MissingInputs(self._handle.inputs, self._handle.columns, self.spec)

    def _changed(self, **changes: Any) -> Audit:
        """Another question about the same people, with the tables that are made already."""
        other = replace(self, **changes)
        other.__dict__.update(tables=self.tables, _published=self._published, _missing=self._missing)
        return other

    @property
    def holds_rows(self) -> bool:
        """Whether it holds the rows and the model, as explanations need."""
        return self._handle is not None

    @property
    def handle(self) -> Handle:
        """The private way back to rows and model, for explanations.

        Raises
        ------
        RowsNotHeld
            If this audit was made without a model, loaded, or added up.
        """
        if self._handle is None:
            raise RowsNotHeld(
                "This question needs the rows and the model.",
                "This audit holds counts only: it was made without a model, or loaded, or added up.",
                hint="fl.audit(X, y_true=y, model=model, sensitive_features=people)",
                role="model",
            )
        return self._handle

    @property
    def disagreements(self) -> int | None:
        """People whose decision is not what the declared threshold says; None unless both were given."""
        return disagreements(self.tables, self.spec)

    def __add__(self, other: Audit) -> Audit:
        """Add the people of another audit. Rows and model are not kept."""
        if not isinstance(other, Audit):
            return NotImplemented
        if (self.selection, self.threshold) != (other.selection, other.threshold):
            raise BadValue(
                "Two audits of different selections or thresholds cannot be added.",
                f"One is at {self.threshold!r} with {dict(self.selection)}, the other at {other.threshold!r} with {dict(other.selection)}.",
                hint="add the whole audits, then select: (a + b).where(...)",
                role="selection",
            )
        notes = tuple(dict.fromkeys((*self.notes, *other.notes)))
        return replace(self, cube=self.cube + other.cube, notes=notes, _handle=None, _clusters=None, _classes=None)

    def to_dict(self) -> dict[str, Any]:
        """Give the counts and how they were read as plain data. Raw: nothing is hidden in it."""
        return {
            "cube": self.cube.to_dict(),
            "selection": [[axis, list(levels)] for axis, levels in self.selection],
            "threshold": self.threshold.to_dict() if isinstance(self.threshold, GroupThresholds) else self.threshold,
            "notes": list(self.notes),
        }

    def __getstate__(self) -> dict[str, Any]:
        kept = {name: getattr(self, name) for name in ("cube", "selection", "threshold", "notes")}
        return {**kept, "_handle": None, "_clusters": None, "_classes": None}

    def __repr__(self) -> str:
        return str(self.protect())

    def _repr_html_(self) -> str:
        return self.protect()._repr_html_()


def audit(
    data: Any = None,
    *,
    y_true: Any = None,
    y_pred: Any = None,
    y_score: Any = None,
    sensitive_features: Any = None,
    control_features: Any = None,
    slice_features: Any = None,
    sample_weight: Any = None,
    cluster: Any = None,
    model: Any = None,
    threshold: float | Sequence[float] | str | None = None,
    pos_label: Level = 1,
    pos_pred: Level | None = None,
    favorable: Level | None = None,
    score_range: tuple[float, float] = (0.0, 1.0),
    bins: Mapping[str, int | Sequence[float]] | None = None,
    words: Mapping[str, str] | None = None,
    suppress_below: int = 10,
    min_denominator: int = 10,
    spec: Spec | None = None,
) -> Audit:
    """Count how a model, or a column of decisions, treats groups of people.

    Parameters
    ----------
    data
        A pandas, polars or pyarrow table (with `model`: the model's inputs), or a `Cube`. It is not changed.
    y_true, y_pred, y_score
        Labels, decisions and scores: names of columns of `data`, or one value per person. All speak of one event.
        Two decisions about the same people, ``y_pred={"before": "p0", "after": "p1"}``, can be compared as a pair; the second is audited.
    sensitive_features, control_features, slice_features
        Group columns: names, a frame, a series, a mapping, or an array as in fairlearn; or `membership`, where groups are known
        as probabilities only.
    sample_weight
        How many people each row stands for: 0 or more. ``n`` stays the number of rows; intervals use Kish's number.
    cluster
        Whose row it is, where one person may have several: intervals count whole persons. Kept private, never saved.
    model
        Anything that predicts: with ``predict_proba`` (its scores of `pos_label` are taken), with ``predict``, or a function of
        the rows. It is asked once; the audit keeps a private handle to it that is never saved.
    threshold
        The decision is ``score >= threshold``. The first of several is the decision, the others can be chosen later; "median" is
        the edge just above the median score. 0.5 for a model's probabilities when None.
    pos_label, pos_pred
        The value of `y_true` that is the event, and the value of `y_pred` that predicts it (`pos_label` when None).
    favorable
        The predicted value that a person wants: 1 for hired, 0 for flagged as fraud. Whatever has a direction asks for it.
    score_range
        Lowest and highest possible score.
    bins
        Edges of numeric group columns, ``{"age": [25, 45]}``, or a number of quantile bins, ``{"income": 4}``.
    words
        Nouns and verbs for sentences: ``{"decision": "approved", "person": "applicant"}``.
    suppress_below
        Groups with fewer people are suppressed in everything that prints, draws or leaves.
    min_denominator
        Rates over fewer people are marked "small", and never chosen as best or as largest gap.
    spec
        The spec of an earlier audit, instead of roles.

    Returns
    -------
    Audit

    Raises
    ------
    FairlensError
        One of its kinds for each bad input; see `fairlens.exceptions`.

    Examples
    --------
    >>> import fairlens as fl
    >>> hired, sex = [1, 1, 1, 0] * 25, ["m", "m", "f", "f"] * 25
    >>> fl.audit(y_pred=hired, sensitive_features={"sex": sex}, favorable=1).sentence
    'Of 100 m people 100 are predicted positive, of 100 f 50: 50 more (35 to 63), to the disadvantage of f people.'
    """
    outcomes = {
        "y_true": y_true,
        "y_pred": y_pred,
        "y_score": y_score,
        "y_base": None,
        "sample_weight": sample_weight,
        "cluster": cluster,
    }
    groups = {
        "sensitive_features": sensitive_features,
        "control_features": control_features,
        "slice_features": slice_features,
    }
    if isinstance(data, Cube):
        _check_alone({**outcomes, **groups, "model": model, "threshold": threshold, "bins": bins, "spec": spec})
        return Audit(data, threshold=None if data.spec.y_pred else data.spec.threshold)
    made = make(
        data,
        outcomes=outcomes,
        groups=groups,
        model=model,
        threshold=threshold,
        fields={
            "pos_label": pos_label,
            "pos_pred": pos_pred,
            "favorable": favorable,
            "score_range": tuple(score_range) if isinstance(score_range, list) else score_range,
            "words": _items(words),
            "suppress_below": suppress_below,
            "min_denominator": min_denominator,
        },
        bins=bins or {},
        spec=spec,
    )
    decided = made.cube.spec.y_pred is not None
    return Audit(made.cube, (), None if decided else made.cube.spec.threshold, made.notes, made.handle, made.clusters, made.classes)


def _check_alone(others: Mapping[str, Any]) -> None:
    """A cube says itself how its rows were read; an argument that says more is refused, not ignored."""
    given = [name for name, value in others.items() if value is not None]
    if given:
        raise BadValue(
            f"`{given[0]}` was given beside a Cube.",
            "A cube holds counts that were read already; its spec says how.",
            hint="fl.audit(cube), or fl.audit(rows, ...) for another reading",
            role=given[0],
        )


def _items(words: Any) -> tuple[tuple[str, str], ...]:
    if words is not None and not isinstance(words, Mapping):
        raise WrongKind(
            f"`words` is a {type(words).__name__}.",
            "It must say which word stands for which.",
            hint='words={"decision": "approved", "person": "applicant"}',
            role="words",
            value=words,
        )
    return tuple((words or {}).items())
