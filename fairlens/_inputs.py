"""From what users pass to a cube: roles, the model's prediction, the spec, the count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ._classes import Classes
from ._clusters import Clusters
from ._columns import read, share_name
from ._cube import Cube
from ._levels import MISSING, Level, normalise
from ._membership import membership
from ._predict import Numbers, Predictor, predictor
from ._roles import Columns, column_names, gather, size_of
from ._spec import Spec, is_number
from ._tally import read_bins, read_scores, tally, tally_clusters
from ._tally_classes import tally_classes
from .exceptions import BadValue, ColumnNotFound, EmptyData, NotTwoValues, RoleNeeded, WrongKind, listed


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Handle:
    """The private way back to the rows: the model's inputs, the columns of the audit, and the model. Never saved."""

    inputs: Any
    columns: Any
    predict: Predictor


@dataclass(frozen=True, slots=True)
class Made:
    """What an audit is made of."""

    cube: Cube
    notes: tuple[str, ...]
    handle: Handle | None
    clusters: Clusters | None = None
    classes: Classes | None = None


def make(
    data: Any,
    *,
    outcomes: Mapping[str, Any],
    groups: Mapping[str, Any],
    model: Any,
    threshold: Any,
    fields: Mapping[str, Any],
    bins: Mapping[str, int | Sequence[float]],
    spec: Spec | None,
) -> Made:
    """Read every role, ask the model once, and count."""
    data = data.collect() if type(data).__name__ == "LazyFrame" else data
    outcomes = _paired(outcomes)
    draft = Spec((), **fields)  # refuses a nonsense field before anything else
    if spec is not None:
        _check_spec(spec, draft, threshold, bins)
        outcomes, groups = _roles_of(spec, outcomes, groups, data, model)
        draft = spec
    if data is not None and hasattr(data, "__len__") and size_of(data) == 0:
        raise EmptyData("`data` has no rows.", "There is nothing to audit.", hint="check the filter that made data", role="data")
    predict = None
    if model is not None:
        predict = _predictor(model, data, draft.pos_label, draft.event_prediction)
        outcomes = _with_predictions(outcomes, predict, data, threshold if spec is None else spec.threshold)
    columns, labels = _of_classes(gather(data, outcomes, groups), predict)
    _check_decision(columns)
    if spec is None:
        spec = _make_spec(columns, threshold, fields, bins, is_model=model is not None)
    else:
        spec = spec.replace(**_names(columns), membership=columns.membership or spec.membership)
    _check_fractions(spec)
    cube = tally(columns.frame, spec)
    clusters = tally_clusters(columns.frame, cube.spec) if spec.cluster is not None else None
    classes = tally_classes(columns.frame, cube.spec) if spec.membership else None
    handle = None if predict is None else Handle(data, columns.frame, predict)
    return Made(cube, (*_notes(columns, cube.spec, predict), *labels), handle, clusters, classes)


def _of_classes(columns: Columns, predict: Predictor | None) -> tuple[Columns, tuple[str, ...]]:
    """Count the labels of a model of several classes as the event and anything else, if they are such classes; say so."""
    name = columns.outcomes["y_true"]
    if name is None or predict is None or predict.form != "predict_proba" or predict.classes <= 2:
        return columns, ()
    frame = read(columns.frame)
    levels = [normalise(value, "y_true") for value in frame[name].to_list()]
    found = {level for level in levels if level != MISSING}
    two = len(found) < 2 or (len(found) == 2 and predict.event in found)
    if two or not found <= {normalise(value, "pos_label") for value in predict.model.classes_}:
        return columns, ()
    event, other = predict.event, f"not {predict.event}" if isinstance(predict.event, str) else int(not predict.event)
    values = [None if level == MISSING else event if level == event else other for level in levels]
    series = nw.new_series(name, values, backend=frame.implementation)
    note = f"`y_true` has {len(found)} of the model's classes: {event!r} is the event, and all others are not."
    return replace(columns, frame=frame.with_columns(series).to_native()), (note,)


def _paired(outcomes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Read ``y_pred={"before": ..., "after": ...}``: the second decision is audited, the first kept beside it."""
    given = outcomes.get("y_pred")
    if not isinstance(given, Mapping):
        return outcomes
    if len(given) != 2:
        raise WrongKind(
            f"`y_pred` is a {type(given).__name__} with {len(given)} entries: {listed(given)}.",
            "Two decisions about the same people are compared: the earlier one and the one to audit.",
            hint='y_pred={"before": "p0", "after": "p1"}',
            role="y_pred",
            value=given,
        )
    base, after = given.values()
    if base is None or after is None:
        raise WrongKind(
            f"`y_pred` has None for {next(name for name, value in given.items() if value is None)!r}.",
            "Two decisions about the same people are compared: the earlier one and the one to audit.",
            hint='y_pred={"before": "p0", "after": "p1"}, or y_pred="p1" for one of them',
            role="y_pred",
            value=given,
        )
    return {**outcomes, "y_base": base, "y_pred": after}


def _check_fractions(spec: Spec) -> None:
    if spec.membership and spec.cluster is not None:
        raise BadValue(
            "`cluster` was given beside a group that is known as probabilities.",
            "Rows of one person and shares of a row cannot both be resampled.",
            hint="leave cluster out, or keep one row per person",
            role="cluster",
            value=spec.cluster,
        )


def _notes(columns: Columns, spec: Spec, predict: Predictor | None) -> tuple[str, ...]:
    notes = ["Some inputs had no index and were matched by position."] if columns.positional else []
    if predict is not None and predict.form == "predict_proba" and predict.classes > 2:
        notes.append(f"The model has {predict.classes} classes; pos_label {predict.event!r} is compared with all others.")
    if spec.y_score is not None and spec.score_kind == "grid":
        scores = read_scores(columns.frame, spec)
        notes += [note for threshold in spec.declared if (note := _rounding(scores, threshold, spec))]
    return tuple(notes)


def _rounding(scores: Numbers, threshold: float, spec: Spec) -> str:
    """Say how many scores are the threshold in 32 bits, and below it in 64."""
    near = float(np.float32(threshold))
    n = int((scores == near).sum()) if near < threshold else 0
    if n == 0:
        return ""
    size = f"{n:,}" if n >= spec.suppress_below else f"fewer than {spec.suppress_below}"  # readers see notes
    return (
        f"Scores are compared as 64-bit numbers: those of {size} {spec.word('persons')} are {threshold!r} rounded to 32 bits,"
        " which is below the threshold."
    )


def _check_spec(spec: Any, draft: Spec, threshold: Any, bins: Any) -> None:
    """A spec says everything but the roles; an argument that says something else is refused, not ignored."""
    if not isinstance(spec, Spec):
        raise WrongKind(
            f"`spec` is a {type(spec).__name__}.",
            "It must be the Spec of an earlier audit.",
            hint='spec=fl.Spec.load("spec.yaml"), or spec=audit.spec',
            role="spec",
            value=spec,
        )
    said = {name: value for name, value in draft.to_dict().items() if value != Spec(()).to_dict()[name]}
    other = [name for name, value in said.items() if value != spec.to_dict()[name]]
    other += ["threshold"] if threshold is not None and threshold != spec.threshold else []
    other += ["bins"] if bins else []
    if other:
        raise BadValue(
            f"`{other[0]}` was given beside a `spec` that says it already.",
            f"The spec has {other[0]} = {getattr(spec, other[0])!r}.",
            hint=f"leave {other[0]} out, or fl.audit(..., spec=spec.replace({other[0]}=...))",
            role=other[0],
        )


def _roles_of(
    spec: Spec, outcomes: Mapping[str, Any], groups: Mapping[str, Any], data: Any, model: Any
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    given = {role: value for role, value in {**outcomes, **groups}.items() if value is not None}
    read = {role: getattr(spec, role) for role in outcomes}
    if model is not None:  # what the model itself predicted has a name in the spec, and is no column of the data
        read |= {"y_score": None, "y_pred": spec.y_pred if spec.y_pred in column_names(data) else None}
    own = {role: _group_columns(spec, role, data) if role not in given else None for role in groups}
    return {**read, **{k: v for k, v in given.items() if k in read}}, {**own, **{k: v for k, v in given.items() if k in own}}


def _group_columns(spec: Spec, role: str, data: Any) -> Any:
    """The group columns of a role as a spec names them; where a group is known as probabilities, from the columns of its shares."""
    names, fractional = getattr(spec, role), dict(spec.membership)
    if not any(name in fractional for name in names):
        return list(names) or None
    have = column_names(data)
    found: dict[str, Any] = {}
    for name in names:
        shares = [share_name(name, level) for level in fractional.get(name, ())]
        lacking = [column for column in shares or (name,) if column not in have]
        if lacking:
            raise ColumnNotFound(
                f"`spec` has the group column {name!r}{', known as probabilities' if shares else ''}; the data lack {lacking[0]!r}.",
                f"The data have: {listed(have, 30)}.",
                hint=f"fl.audit(data, spec=spec, {role}={{{name!r}: fl.membership(probabilities)}})" if shares else f"{role}={{{name!r}: values, ...}}",
                role=role,
                value=name,
            )
        columns = {level: data[share_name(name, level)] for level in fractional.get(name, ())}
        found[name] = replace(membership(columns, name=name), index=getattr(data, "index", None)) if shares else data[name]
    return found


def _predictor(model: Any, data: Any, pos_label: Level, event: Level) -> Predictor:
    if data is None:
        raise RoleNeeded(
            "`model` was given, and `data`, the rows it should predict, was not.",
            hint="fl.audit(X_test, y_true=y_test, model=model, sensitive_features=people)",
            role="data",
        )
    return predictor(model, pos_label, event)


def _with_predictions(outcomes: Mapping[str, Any], predict: Predictor, data: Any, threshold: Any) -> Mapping[str, Any]:
    if outcomes.get("y_score") is not None:
        raise BadValue(
            "Both `model` and `y_score` were given.",
            "The scores would come from two places.",
            hint="leave one of them out",
            role="y_score",
        )
    found: Any = predict.decisions(data) if predict.form == "predict" else predict(data)
    decides = predict.form == "predict" or (
        predict.form == "call" and threshold is None and bool(np.isin(found, (0, 1)).all())
    )
    if decides and outcomes.get("y_pred") is not None:
        raise BadValue(
            "Both `y_pred` and a `model` that decides were given.",
            "The decisions would come from two places.",
            hint="leave one of them out",
            role="y_pred",
        )
    if predict.form == "predict":
        _check_two(predict, found)
    if decides and predict.form == "call":  # a function says 1 for the event, whatever the event is called
        other = f"not {predict.event}" if isinstance(predict.event, str) else int(not predict.event)
        found = [predict.event if one else other for one in found]
    index = getattr(data, "index", None)
    if index is not None and hasattr(index, "equals"):
        import pandas as pd

        found = pd.Series(found, index=index)
    return {**outcomes, "y_pred" if decides else "y_score": found}


def _check_two(predict: Predictor, found: Any) -> None:
    """Numbers of more than two values are the scores of a regressor, or several classes; a decision is neither."""
    if found.dtype.kind not in "fiu":
        return
    values = np.unique(found[np.isfinite(found)])
    if len(values) <= 2:
        return
    low, high = values[0].item(), values[-1].item()
    if hasattr(predict.model, "classes_"):
        hint = f"model=lambda X: clf.predict(X) == {predict.event!r}"
    else:
        hint = f"model=lambda X: reg.predict(X), threshold=..., score_range=({low!r}, {high!r})"
    raise NotTwoValues(
        f"`model` is a {type(predict.model).__name__} whose predict gave {len(values):,} different numbers, from {low:g} to {high:g}.",
        "What predict gives is taken as the decision, which has two values; scores need a threshold.",
        hint=hint,
        role="model",
    )


def _check_decision(columns: Columns) -> None:
    if columns.outcomes["y_pred"] is None and columns.outcomes["y_score"] is None:
        raise RoleNeeded(
            "No decision was given: neither `y_pred`, nor `y_score` with a threshold, nor `model`.",
            "An audit compares how people are decided about.",
            hint='fl.audit(data, y_pred="decision", sensitive_features=["sex"])',
            role="y_pred",
        )


def _names(columns: Columns) -> dict[str, Any]:
    return {**columns.outcomes, **columns.groups}


def _make_spec(
    columns: Columns, threshold: Any, fields: Mapping[str, Any], bins: Mapping[str, Any], *, is_model: bool
) -> Spec:
    spec = Spec(**_names(columns), **fields, membership=columns.membership)
    if bins:
        spec = spec.replace(bins=read_bins(columns.frame, bins, spec.groups))
    if spec.y_score is None:
        if threshold is not None:
            raise RoleNeeded(
                f"`threshold` is {threshold!r}, and there are no scores to compare with it.",
                hint="fl.audit(..., y_score=..., threshold=...), or leave threshold out",
                role="threshold",
                value=threshold,
            )
        return spec
    declared = _thresholds(columns, spec, threshold, is_model=is_model)
    first = declared[0] if declared else None
    return spec.replace(threshold=first, declared=tuple(sorted(set(declared))))


def _thresholds(columns: Columns, spec: Spec, threshold: Any, *, is_model: bool) -> tuple[float, ...]:
    if threshold is None:
        if is_model:
            return (0.5,)
        if spec.y_pred is not None:
            return ()
        raise RoleNeeded(
            f"`y_score` names {spec.y_score!r}, and no threshold says from which score on the decision is made.",
            hint="fl.audit(..., threshold=0.5), or y_pred=... for decisions as they were taken",
            role="threshold",
        )
    if isinstance(threshold, str) and threshold == "median":
        median = float(np.median(read_scores(columns.frame, spec)))
        return (float(np.nextafter(median, np.inf)),)
    given = threshold.tolist() if hasattr(threshold, "tolist") else threshold
    several = list(given) if isinstance(given, list | tuple) else [given]
    if not several or not all(is_number(one) for one in several):
        raise WrongKind(
            f"`threshold` is {threshold!r}.",
            "It must be a number, several numbers, or 'median'.",
            hint="threshold=0.5",
            role="threshold",
            value=threshold,
        )
    return tuple(float(one) for one in several)
