"""From what users pass to a cube: roles, the model's prediction, the spec, the count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._cube import Cube
from ._levels import Level, normalise
from ._predict import Predictor, predictor
from ._roles import Columns, gather
from ._spec import Spec
from ._tally import read_bins, tally
from .exceptions import BadValue, EmptyData, OutOfRange, RoleNeeded, WrongKind


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
    if spec is not None:
        outcomes, groups = _roles_of(spec, outcomes, groups, model)
        fields = {name: getattr(spec, name) for name in fields}
    if data is not None and hasattr(data, "__len__") and len(data) == 0:
        raise EmptyData("`data` has no rows.", "There is nothing to audit.", hint="check the filter that made data", role="data")
    pos_label, pos_pred = fields["pos_label"], fields["pos_pred"]
    predict = None
    if model is not None:
        predict = _predictor(model, data, pos_label, pos_label if pos_pred is None else pos_pred)
        outcomes = _with_predictions(outcomes, predict, data, threshold if spec is None else spec.threshold)
    columns = gather(data, outcomes, groups)
    _check_decision(columns)
    if spec is None:
        spec = _make_spec(columns, threshold, fields, bins, is_model=model is not None)
    else:
        spec = spec.replace(**_names(columns))
    _check_favorable(spec)
    cube = tally(columns.frame, spec)
    notes = ("Some inputs had no index and were matched by position.",) if columns.positional else ()
    return Made(cube, notes, None if predict is None else Handle(data, columns.frame, predict))


def _roles_of(
    spec: Spec, outcomes: Mapping[str, Any], groups: Mapping[str, Any], model: Any
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    given = {role: value for role, value in {**outcomes, **groups}.items() if value is not None}
    read = {role: getattr(spec, role) for role in outcomes}
    if model is not None:
        read["y_score"] = None
    own = {role: list(getattr(spec, role)) or None for role in groups}
    return {**read, **{k: v for k, v in given.items() if k in read}}, {**own, **{k: v for k, v in given.items() if k in own}}


def _predictor(model: Any, data: Any, pos_label: Level, event: Level) -> Predictor:
    if data is None:
        raise RoleNeeded(
            "`model` was given without the rows it should predict.",
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
    found = predict(data)
    index = getattr(data, "index", None)
    if index is not None and hasattr(index, "equals"):
        import pandas as pd

        found = pd.Series(found, index=index)
    is_decision = predict.form == "predict" or (
        predict.form == "call" and threshold is None and bool(np.isin(found, (0, 1)).all())
    )
    if not is_decision:
        return {**outcomes, "y_score": found}
    if outcomes.get("y_pred") is not None:
        raise BadValue(
            "Both `y_pred` and a `model` that decides were given.",
            "The decisions would come from two places.",
            hint="leave one of them out",
            role="y_pred",
        )
    decided = found.astype(int)
    if predict.event != 1 and predict.form == "predict":
        decided = decided.replace({1: predict.event, 0: _other(predict)}) if hasattr(decided, "replace") else np.where(decided == 1, predict.event, _other(predict))
    return {**outcomes, "y_pred": decided}


def _other(predict: Predictor) -> Level:
    classes = [normalise(value, "y_pred") for value in getattr(predict.model, "classes_", ())]
    others = [level for level in classes if level != predict.event]
    return others[0] if others else ("not " + predict.event if isinstance(predict.event, str) else int(not predict.event))


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
    spec = Spec(**_names(columns), **fields)
    if bins:
        spec = spec.replace(bins=read_bins(columns.frame, bins))
    if spec.y_score is None:
        if threshold is not None:
            raise RoleNeeded(
                f"`threshold` is {threshold!r}, and there are no scores to compare with it.",
                hint="fl.audit(..., y_score=..., threshold=...), or leave threshold out",
                role="threshold",
                value=threshold,
            )
        return spec
    declared = _thresholds(columns, str(spec.y_score), threshold, is_model=is_model, decided=spec.y_pred is not None)
    first = declared[0] if declared else None
    return spec.replace(threshold=first, declared=tuple(sorted(set(declared))))


def _thresholds(columns: Columns, score: str, threshold: Any, *, is_model: bool, decided: bool) -> tuple[float, ...]:
    if threshold is None:
        if is_model:
            return (0.5,)
        if decided:
            return ()
        raise RoleNeeded(
            f"`y_score` names {score!r}, and no threshold says from which score on the decision is made.",
            hint="fl.audit(..., threshold=0.5), or y_pred=... for decisions as they were taken",
            role="threshold",
        )
    if threshold == "median" if isinstance(threshold, str) else False:
        median = float(np.median(np.asarray(columns.frame[score], float)))
        return (float(np.nextafter(median, np.inf)),)
    given = [threshold] if isinstance(threshold, str) or not hasattr(threshold, "__len__") else list(threshold)
    if not given or any(isinstance(one, str) or not np.isfinite(one) for one in given):
        raise WrongKind(
            f"`threshold` is {threshold!r}.",
            "It must be a number, several numbers, or 'median'.",
            hint="threshold=0.5",
            role="threshold",
            value=threshold,
        )
    return tuple(float(one) for one in given)


def _check_favorable(spec: Spec) -> None:
    if spec.favorable is None:
        return
    event = spec.event_prediction
    known = (0, 1, event) if not isinstance(event, str) else (spec.favorable,)
    if spec.favorable not in known:
        raise OutOfRange(
            f"`favorable` is {spec.favorable!r}.",
            f"It must be the predicted value that a person wants: {event!r} or its opposite.",
            hint="favorable=1 if people want the predicted event, favorable=0 if they do not",
            role="favorable",
            value=spec.favorable,
        )


