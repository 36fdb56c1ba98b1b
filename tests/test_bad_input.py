"""Bad input never yields a number: each kind is refused with what was asked, what there is and what to write next."""

import datetime
import decimal
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import fairlens as fl
from fairlens.exceptions import (
    BadValue,
    BinsNeeded,
    ColumnNotFound,
    EmptyData,
    FairlensError,
    MissingValues,
    ModelFailed,
    NotTwoValues,
    OutOfRange,
    ReservedLevel,
    RoleNeeded,
    ShapesDiffer,
    WrongKind,
)

N = 60
NAN, INF = float("nan"), float("inf")
PLAIN = {"sex": ["f", "m", "m"] * 20, "y": [0, 1] * 30, "p": [0, 1, 1, 0] * 15, "s": [k / 59 for k in range(N)]}
BUILTIN = {ColumnNotFound: KeyError, WrongKind: TypeError}


def frame_with(**columns):
    return pd.DataFrame({**PLAIN, **columns})


def decide(**columns):
    """An audit of decisions, with some columns replaced."""
    return lambda: fl.audit(frame_with(**columns), y_true="y", y_pred="p", sensitive_features="sex")


def score(threshold=0.5, **columns):
    """An audit of scores, with some columns replaced."""
    return lambda: fl.audit(frame_with(**columns), y_score="s", threshold=threshold, sensitive_features="sex")


def call(data=None, **roles):
    """An audit with some arguments replaced."""
    given = {"y_pred": "p", "sensitive_features": "sex", **roles}
    return lambda: fl.audit(frame_with() if data is None else data, **given)


def binned(bins, **columns):
    return lambda: fl.audit(frame_with(**columns), y_pred="p", sensitive_features="s", bins=bins)


def modelled(model, data=None):
    return lambda: fl.audit(frame_with() if data is None else data, model=model, sensitive_features={"g": ["a", "b"] * 30})


def objects(*values):
    return pd.Series(list(values) * (N // len(values)), dtype=object)


def name_of(value):
    """Name a case: the value, or its kind where it prints as an address."""
    return type(value).__name__ if " at 0x" in repr(value) else repr(value)[:40]


class NoPredict:
    pass


class Proba:
    classes_ = (0, 1)

    def __init__(self, found):
        self.found = found

    def predict_proba(self, rows):
        return self.found


class Says:
    def __init__(self, found):
        self.found = found

    def predict(self, rows):
        return self.found


ROLES = {
    "unknown y_true": (call(y_true="zz"), ColumnNotFound, "y_true", "'zz'"),
    "unknown y_pred": (call(y_pred="zz"), ColumnNotFound, "y_pred", "'zz'"),
    "unknown y_score": (call(y_score="zz"), ColumnNotFound, "y_score", "'zz'"),
    "unknown sensitive_features": (call(sensitive_features="zz"), ColumnNotFound, "sensitive_features", "'zz'"),
    "unknown among several": (call(sensitive_features=["sex", "zz"]), ColumnNotFound, "sensitive_features", "'zz'"),
    "unknown control_features": (call(control_features=["zz"]), ColumnNotFound, "control_features", "'zz'"),
    "unknown slice_features": (call(slice_features="zz"), ColumnNotFound, "slice_features", "'zz'"),
    "unknown empty name": (call(sensitive_features=""), ColumnNotFound, "sensitive_features", "''"),
    "no roles": (lambda: fl.audit(), RoleNeeded, "sensitive_features", "not given"),
    "data alone": (lambda: fl.audit(frame_with()), RoleNeeded, "sensitive_features", "'sex', 'y', 'p', 's'"),
    "no groups: []": (call(sensitive_features=[]), RoleNeeded, "sensitive_features", "not given"),
    "no groups: {}": (call(sensitive_features={}), RoleNeeded, "sensitive_features", "not given"),
    "no groups: ()": (call(sensitive_features=()), RoleNeeded, "sensitive_features", "not given"),
    "no groups: no columns": (call(sensitive_features=pd.DataFrame(index=range(N))), RoleNeeded, "sensitive_features", "not given"),
    "no decision": (call(y_pred=None), RoleNeeded, "y_pred", "No decision"),
    "no decision, labels only": (call(y_pred=None, y_true="y"), RoleNeeded, "y_pred", "No decision"),
    "a name without data": (lambda: fl.audit(y_pred="p", sensitive_features=["a"]), RoleNeeded, "y_pred", "'p'"),
    "scores without threshold": (call(y_pred=None, y_score="s"), RoleNeeded, "threshold", "'s'"),
    "threshold without scores": (call(threshold=0.5), RoleNeeded, "threshold", "0.5"),
    "groups: number": (call(sensitive_features=5), WrongKind, "sensitive_features", "int"),
    "groups: set": (call(sensitive_features={"sex"}), WrongKind, "sensitive_features", "set"),
    "groups: generator": (call(sensitive_features=(x for x in ["sex"])), WrongKind, "sensitive_features", "generator"),
    "groups: iterator of values": (call(sensitive_features=iter(PLAIN["sex"])), WrongKind, "sensitive_features", "iterator"),
    "groups: 0-d": (call(sensitive_features=np.array(3)), WrongKind, "sensitive_features", "ndarray"),
    "groups: 3-d": (call(sensitive_features=np.zeros((N, 2, 2))), WrongKind, "sensitive_features", "(60, 2, 2)"),
    "groups: bytes": (call(sensitive_features=b"x" * N), WrongKind, "sensitive_features", "bytes"),
    "groups: a text in a mapping": (call(sensitive_features={"g": "sex"}), WrongKind, "sensitive_features", "str"),
    "groups: None": (call(sensitive_features=[None]), ShapesDiffer, "sensitive_features", "1 values"),
    "groups: a name and None": (call(sensitive_features=["sex", None]), ShapesDiffer, "sensitive_features", "2 values"),
    "group twice": (call(sensitive_features=["sex", "sex"]), BadValue, "sensitive_features", "'sex'"),
    "group as group and control": (call(control_features="sex"), BadValue, "sensitive_features", "'sex'"),
    "group twice in a frame": (call(sensitive_features=pd.DataFrame([["a", "b"]] * N, columns=["g", "g"])), BadValue, "sensitive_features", "'g'"),
    "group like a column": (call(sensitive_features={"p": PLAIN["sex"]}), BadValue, "sensitive_features", "'p'"),
    "group like scores": (lambda: fl.audit(y_score=PLAIN["s"], threshold=0.5, sensitive_features={"y_score": PLAIN["sex"]}), BadValue, "sensitive_features", "'y_score'"),
    "y_pred: number": (call(y_pred=1), WrongKind, "y_pred", "int"),
    "y_pred: generator": (call(y_pred=(x for x in PLAIN["p"])), WrongKind, "y_pred", "generator"),
    "y_pred: set": (lambda: fl.audit(y_pred={0, 1}, sensitive_features={"g": ["a", "b"]}), WrongKind, "y_pred", "set"),
    "y_pred: mapping": (call(y_pred={i: 1 for i in range(N)}), WrongKind, "y_pred", "dict"),
    "y_pred: bytes": (call(y_pred=b"\x01" * N), WrongKind, "y_pred", "bytes"),
    "y_pred: two columns": (call(y_pred=np.zeros((N, 2))), WrongKind, "y_pred", "(60, 2)"),
    "y_pred: frame of two": (call(y_pred=frame_with()[["p", "y"]]), WrongKind, "y_pred", "(60, 2)"),
    "y_pred: records": (call(y_pred=np.zeros(N, dtype=[("a", int)])), WrongKind, "y_pred", "ndarray"),
    "y_pred: a list of names": (call(y_pred=["p"]), ShapesDiffer, "y_pred", "1 values"),
    "y_score: two columns": (call(y_pred=None, y_score=np.zeros((N, 2)), threshold=0.5), WrongKind, "y_score", "(60, 2)"),
    "lengths": (call(y_pred=[0, 1]), ShapesDiffer, "y_pred", "2 values"),
    "lengths without data": (lambda: fl.audit(y_pred=[0, 1], sensitive_features={"g": ["a"]}), ShapesDiffer, "sensitive_features", "1 values"),
    "index order": (call(y_pred=frame_with()["p"][::-1]), ShapesDiffer, "y_pred", "row 0: 0 and 59"),
    "index labels": (call(y_pred=frame_with()["p"].set_axis(range(100, 160))), ShapesDiffer, "y_pred", "row 0: 0 and 100"),
    "index of texts": (call(y_pred=frame_with()["p"].set_axis(list(map(str, range(N))))), ShapesDiffer, "y_pred", "row 0: 0 and '0'"),
    "two-level index": (call(y_pred=frame_with()["p"].set_axis(pd.MultiIndex.from_product([[1, 2], range(30)]))), ShapesDiffer, "y_pred", "other labels"),
}

DATA = {
    "dict": (call(data={"p": [1], "sex": ["f"]}), WrongKind, "data", "dict"),
    "list": (call(data=[[1, 2]]), WrongKind, "data", "list"),
    "text": (call(data="people.csv"), WrongKind, "data", "str"),
    "array": (call(data=np.zeros((3, 2))), WrongKind, "data", "ndarray"),
    "series": (call(data=frame_with()["sex"]), WrongKind, "data", "Series"),
    "number": (call(data=5), WrongKind, "data", "int"),
    "number beside values": (lambda: fl.audit(5, y_pred=[0, 1], sensitive_features=["a", "b"]), WrongKind, "data", "int"),
    "an audit": (lambda: fl.audit(decide()(), y_pred=[0, 1], sensitive_features=["a", "b"]), WrongKind, "data", "Audit"),
    "no rows": (call(data=frame_with()[:0]), EmptyData, "data", "no rows"),
    "no rows, polars": (call(data=pl.DataFrame(PLAIN)[:0]), EmptyData, "data", "no rows"),
    "no rows, arrow": (call(data=pa.table(PLAIN)[:0]), EmptyData, "data", "no rows"),
    "no rows, lists": (lambda: fl.audit(y_pred=[], sensitive_features={"g": []}), EmptyData, "data", "no rows"),
    "no columns": (call(data=pd.DataFrame(index=range(5))), ColumnNotFound, "y_pred", "'p'"),
    "named column twice": (call(data=frame_with().set_axis(["sex", "p", "p", "s"], axis=1)), BadValue, "y_pred", "'p'"),
    "other column twice": (call(data=frame_with().set_axis(["sex", "s", "p", "s"], axis=1)), BadValue, "data", "'s' 2 times"),
    "two levels of names": (call(data=frame_with().set_axis(pd.MultiIndex.from_product([["a"], "sex y p s".split()]), axis=1)), ColumnNotFound, "y_pred", "('a', 'sex')"),
    "numbers as names": (call(data=frame_with().set_axis([0, 1, 2, 3], axis=1)), ColumnNotFound, "y_pred", "0, 1, 2, 3"),
    "a lazy frame without the column": (call(data=pl.DataFrame(PLAIN).lazy(), y_pred="zz"), ColumnNotFound, "y_pred", "'zz'"),
}

VALUES = {
    "y_pred: three values": (decide(p=["a", "b", "c"] * 20), NotTwoValues, "y_pred", "'a', 'b', 'c'"),
    "y_pred: other values": (decide(p=["a", "b"] * 30), NotTwoValues, "y_pred", "'a', 'b'"),
    "y_pred: scores": (decide(p=PLAIN["s"]), NotTwoValues, "y_pred", "60 values"),
    "y_pred: range": (call(y_pred=range(N)), NotTwoValues, "y_pred", "60 values"),
    "y_pred: texts of numbers": (decide(p=["0", "1"] * 30), NotTwoValues, "y_pred", "'0', '1'"),
    "y_pred: numbers and texts": (decide(p=objects(0, "1")), NotTwoValues, "y_pred", "0, '1'"),
    "y_pred: 0 and 2": (decide(p=[0, 2] * 30), NotTwoValues, "y_pred", "0, 2"),
    "y_pred: inf": (decide(p=[0, INF] * 30), NotTwoValues, "y_pred", "'inf'"),
    "y_pred: complex": (decide(p=np.array([0, 1j] * 30)), NotTwoValues, "y_pred", "1j"),
    "y_pred: decimals": (decide(p=objects(decimal.Decimal(0), decimal.Decimal(1))), NotTwoValues, "y_pred", "'0', '1'"),
    "y_pred: dates": (decide(p=pd.date_range("2020", periods=N)), NotTwoValues, "y_pred", "2020-01-01"),
    "y_pred: lists": (decide(p=[[0], [1]] * 30), WrongKind, "y_pred", "list"),
    "y_pred: uneven lists": (call(y_pred=[[0], [1, 2]] * 30), WrongKind, "y_pred", "list"),
    "y_pred: NaN": (decide(p=[0, NAN] * 30), MissingValues, "y_pred", "30 of 60"),
    "y_pred: None": (decide(p=objects(0, None)), MissingValues, "y_pred", "30 of 60"),
    "y_pred: NaN among objects": (decide(p=objects(0, NAN)), MissingValues, "y_pred", "30 of 60"),
    "y_pred: Int64": (decide(p=pd.array([0, None] * 30, dtype="Int64")), MissingValues, "y_pred", "30 of 60"),
    "y_pred: Float64": (decide(p=pd.array([0.0, None] * 30, dtype="Float64")), MissingValues, "y_pred", "30 of 60"),
    "y_pred: boolean": (decide(p=pd.array([True, None] * 30, dtype="boolean")), MissingValues, "y_pred", "30 of 60"),
    "y_pred: masked": (call(y_pred=np.ma.array([0, 1] * 30, mask=[0, 1] * 30)), MissingValues, "y_pred", "30 of 60"),
    "y_pred: categories": (decide(p=pd.Categorical([0, None] * 30)), MissingValues, "y_pred", "30 of 60"),
    "y_pred: all missing": (decide(p=NAN), MissingValues, "y_pred", "60 of 60"),
    "y_true: three values": (decide(y=[0, 1, 2] * 20), NotTwoValues, "y_true", "0, 1, 2"),
    "y_true: texts of numbers": (decide(y=["0", "1"] * 30), NotTwoValues, "y_true", "'0', '1'"),
    "y_true: all NaN": (decide(y=NAN), EmptyData, "y_true", "all 60 people"),
    "y_true: all None": (decide(y=objects(None)), EmptyData, "y_true", "all 60 people"),
    "y_true: reserved": (decide(y=["(unlabelled)", "b"] * 30), ReservedLevel, "y_true", "(unlabelled)"),
    "score: too high": (score(s=[0.5, 2.0] * 30), OutOfRange, "y_score", "30 of 60 scores"),
    "score: negative": (score(s=[0.5, -0.1] * 30), OutOfRange, "y_score", "-0.1"),
    "score: inf": (score(s=[0.5, INF] * 30), OutOfRange, "y_score", "inf"),
    "score: -inf": (score(s=[0.5, -INF] * 30), OutOfRange, "y_score", "-inf"),
    "score: beyond doubles": (score(s=[2**62, 2**62 + 1] * 30), OutOfRange, "y_score", "60 of 60 scores"),
    "score: NaN": (score(s=[0.5, NAN] * 30), MissingValues, "y_score", "30 of 60"),
    "score: NaN and median": (score("median", s=[0.5, NAN] * 30), MissingValues, "y_score", "30 of 60"),
    "score: texts": (score(s=["a", "b"] * 30), WrongKind, "y_score", "String"),
    "score: texts and median": (score("median", s=["a", "b"] * 30), WrongKind, "y_score", "String"),
    "score: texts of numbers": (score(s=["0.1", "0.2"] * 30), WrongKind, "y_score", "String"),
    "score: truth values": (score(s=[True, False] * 30), WrongKind, "y_score", "Boolean"),
    "score: complex": (score(s=np.array([0.5, 0.1j] * 30)), WrongKind, "y_score", "must hold numbers"),
    "score: decimals": (score(s=objects(decimal.Decimal("0.5"))), WrongKind, "y_score", "Object"),
    "score: objects": (score(s=objects(0.5, 0.1)), WrongKind, "y_score", "Object"),
    "score: categories": (score(s=pd.Categorical([0.1, 0.2] * 30)), WrongKind, "y_score", "Categorical"),
    "score: dates": (score(s=pd.date_range("2020", periods=N)), WrongKind, "y_score", "Datetime"),
    "group: many numbers": (binned(None), BinsNeeded, "bins", "60 different values"),
    "group: reserved": (decide(sex=["(missing)", "m"] * 30), ReservedLevel, "sensitive_features", "(missing)"),
    "group: reserved for all": (decide(sex=["(all)", "m"] * 30), ReservedLevel, "sensitive_features", "(all)"),
    "group: lists": (decide(sex=[["a"], ["b"]] * 30), WrongKind, "sensitive_features", "list"),
    "group: dicts": (decide(sex=[{"a": 1}, {"b": 2}] * 30), WrongKind, "sensitive_features", "dict"),
    "group: text and number": (decide(sex=objects("1", 1)), BadValue, "sensitive_features", "the int 1 and the text '1'"),
    "group: text and truth value": (decide(sex=objects("True", True)), BadValue, "sensitive_features", "the bool True and the text 'True'"),
    "group: sets": (decide(sex=[{1}, {2}] * 30), WrongKind, "sensitive_features", "set"),
    "group: rows of lists": (call(sensitive_features=[["a", "x"], ["b", "y"]] * 30), WrongKind, "sensitive_features", "list"),
    "group: nameless objects": (decide(sex=[NoPredict(), NoPredict()] * 30), WrongKind, "sensitive_features", "NoPredict"),
}
VALUES |= {
    f"group named {name}": (call(data=frame_with().rename(columns={"sex": name}), sensitive_features=name), BadValue, "sensitive_features", repr(name))
    for name in ("y_true", "y_pred", "score_bin", "metric", "value", "lower", "upper", "n", "status", "reason", "difference", "n_reference")
}

SETTINGS = {
    f"threshold {name_of(value)}": (score(value), error, "threshold", "threshold")
    for value, error in [
        *((v, WrongKind) for v in (NAN, INF, "mean", "0.5", "", True, [], [None], [NAN], {"f": 0.5}, {0.5}, 1j, [[0.5]], object(), decimal.Decimal("0.5"), b"0.5", [0.5, "median"])),
        *((v, OutOfRange) for v in (-1, 2, -0.001, [0.5, 1.5], 10**300)),
    ]
}
SETTINGS |= {"threshold 10**400": (score(10**400), WrongKind, "threshold", "threshold")}
SETTINGS |= {"threshold generator": (score(t for t in [0.5]), WrongKind, "threshold", "generator")}
SETTINGS |= {
    f"score_range {value!r}": (call(y_pred=None, y_score="s", threshold=0.5, score_range=value), OutOfRange, "score_range", "score_range")
    for value in [(1, 0), (0, 0), "01", (1,), (0, 1, 2), None, (0, NAN), (0, INF), (-INF, 1), ("0", "1"), 5, {0, 1}, (False, True)]
}
SETTINGS |= {
    f"{role} {value!r}": (call(**{role: value}), OutOfRange, role, repr(value))
    for role in ("suppress_below", "min_denominator")
    for value in (-1, 2.5, "10", None, True, NAN, [10])
}
SETTINGS |= {
    f"{role} {name_of(value)}": (call(**{role: value}), WrongKind, role, role)
    for role in ("pos_label", "pos_pred", "favorable")
    for value in ([1], (1,), {1}, {"a": 1}, NAN, object(), np.array([1, 2]))
}
SETTINGS |= {"pos_label None": (call(pos_label=None), WrongKind, "pos_label", "None")}
SETTINGS |= {
    f"{role} {value!r}": (call(**{role: value}), NotTwoValues, "y_pred", repr(value))
    for role in ("pos_label", "pos_pred")
    for value in (7, "1", "yes", 0.5)
}
SETTINGS |= {f"favorable {value!r}": (call(favorable=value), OutOfRange, "favorable", repr(value)) for value in (2, "yes", -1, 0.5, "1")}
SETTINGS |= {
    f"words {value!r}": (call(words=value), error, "words", said)
    for value, error, said in [
        ({"zz": "a"}, BadValue, "'zz'"),
        ({"decision": 5}, BadValue, "'decision'"),
        ({"person": None}, BadValue, "'person'"),
        ({1: "a"}, BadValue, "1"),
        (["decision"], WrongKind, "list"),
        ("approved", WrongKind, "str"),
    ]
}
SETTINGS |= {
    f"bins {value!r}": (binned(value), error, "bins", said)
    for value, error, said in [
        ({"zz": 3}, ColumnNotFound, "'zz'"),
        ({"sex": 3}, ColumnNotFound, "'sex'"),
        ({"s": 0}, WrongKind, "0"),
        ({"s": -1}, WrongKind, "-1"),
        ({"s": 2.5}, WrongKind, "2.5"),
        ({"s": True}, WrongKind, "True"),
        ({"s": None}, WrongKind, "None"),
        ({"s": "abc"}, WrongKind, "'abc'"),
        ({"s": ["a"]}, WrongKind, "['a']"),
        ({"s": [NAN]}, WrongKind, "nan"),
        ({"s": [INF]}, WrongKind, "inf"),
        ({"s": {0.5}}, WrongKind, "0.5"),
        ({"s": [[0.5]]}, WrongKind, "0.5"),
        ([0.5], WrongKind, "list"),
        (4, WrongKind, "int"),
    ]
}
SETTINGS |= {"bins of texts": (call(bins={"sex": 3}), WrongKind, "bins", "String")}

MODELS = {
    "cannot predict": (modelled(NoPredict()), WrongKind, "model", "NoPredict"),
    "number": (modelled(5), WrongKind, "model", "int"),
    "text": (modelled("model.pkl"), WrongKind, "model", "str"),
    "class": (modelled(Proba), WrongKind, "model", "Proba"),
    "no rows to predict": (lambda: fl.audit(model=len, sensitive_features=["a"]), RoleNeeded, "data", "model"),
    "too few probabilities": (modelled(Proba(np.full((3, 2), 0.5))), WrongKind, "model", "(3, 2)"),
    "flat probabilities": (modelled(Proba(np.full(N, 0.5))), WrongKind, "model", "(60,)"),
    "probabilities of three classes": (modelled(Proba(np.full((N, 3), 1 / 3))), WrongKind, "model", "(60, 3)"),
    "texts as probabilities": (modelled(Proba(np.full((N, 2), "a"))), WrongKind, "model", "<U1"),
    "no probabilities": (modelled(Proba(None)), WrongKind, "model", "()"),
    "NaN as probabilities": (modelled(Proba(np.full((N, 2), NAN))), MissingValues, "y_score", "60 of 60"),
    "probabilities above 1": (modelled(Proba(np.full((N, 2), 3.0))), OutOfRange, "y_score", "60 of 60"),
    "too few decisions": (modelled(Says(np.zeros(3))), WrongKind, "model", "(3,)"),
    "two columns of decisions": (modelled(Says(np.zeros((N, 2)))), WrongKind, "model", "(60, 2)"),
    "no decisions": (modelled(Says(None)), WrongKind, "model", "()"),
    "three decisions": (modelled(Says(np.arange(N) % 3)), NotTwoValues, "model", "3 different numbers, from 0 to 2"),
    "other decisions": (modelled(Says(np.resize(["a", "b"], N))), NotTwoValues, "y_pred", "'a', 'b'"),
    "missing decisions": (modelled(Says(np.resize([0, NAN], N))), MissingValues, "y_pred", "30 of 60"),
    "function: nothing": (modelled(lambda rows: None), WrongKind, "model", "()"),
    "function: one number": (modelled(lambda rows: 0.5), WrongKind, "model", "()"),
    "function: texts": (modelled(lambda rows: ["a"] * len(rows)), WrongKind, "model", "<U1"),
    "function: too few": (modelled(lambda rows: np.ones(3)), WrongKind, "model", "(3,)"),
    "function: too few of an array": (lambda: fl.audit(np.zeros((4, 2)), model=lambda rows: np.ones(3), sensitive_features=list("abab")), WrongKind, "model", "(3,)"),
    "function: two columns": (modelled(lambda rows: np.ones((N, 2))), WrongKind, "model", "(60, 2)"),
    "function: numbers out of range": (modelled(lambda rows: np.arange(N)), OutOfRange, "y_score", "58 of 60"),
    "model and scores": (lambda: fl.audit(frame_with(), model=len, y_score="s", sensitive_features="sex"), BadValue, "y_score", "Both"),
    "model and decisions": (lambda: fl.audit(frame_with(), model=lambda rows: rows["p"].to_numpy(), y_pred="p", sensitive_features="sex"), BadValue, "y_pred", "Both"),
    "model does not know the event": (lambda: fl.audit(frame_with(), model=Proba(None), pos_label="yes", sensitive_features="sex"), BadValue, "pos_label", "'yes'"),
}

CASES = {
    f"{kind}: {name}": case
    for kind, cases in [("roles", ROLES), ("data", DATA), ("values", VALUES), ("settings", SETTINGS), ("model", MODELS)]
    for name, case in cases.items()
}


@pytest.mark.parametrize(("ask", "error", "role", "said"), CASES.values(), ids=CASES)
def test_bad_input_is_refused(ask, error, role, said):
    with pytest.raises(FairlensError) as caught:
        ask()
    found = caught.value
    message = str(found)
    assert type(found) is error
    assert isinstance(found, BUILTIN.get(error, ValueError))
    assert found.role == role
    assert role in message
    assert said in message
    assert message.splitlines()[-1].startswith("Hint: ")
    assert len(message.splitlines()[-1]) > len("Hint: ")
    assert "at 0x" not in found.hint


@pytest.mark.parametrize(("ask", "error", "role", "said"), [CASES["roles: unknown y_pred"], CASES["values: score: too high"]])
def test_errors_can_be_sent_between_processes(ask, error, role, said):
    with pytest.raises(error) as caught:
        ask()
    back = pickle.loads(pickle.dumps(caught.value))
    assert (type(back), str(back), back.role, back.value) == (error, str(caught.value), role, caught.value.value)


def test_an_error_of_the_users_own_model_is_told_as_theirs():
    """Nothing is swallowed: what goes wrong inside a model is told, and is the cause."""

    def fails(rows):
        return rows["no such column"]

    class Unfitted:
        def predict_proba(self, rows):
            raise OSError("not fitted\nyet")

    class Decides:
        def predict(self, rows):
            raise OSError("not fitted\nyet")

    with pytest.raises(ModelFailed, match="no such column") as caught:
        modelled(fails)()
    assert isinstance(caught.value.__cause__, KeyError)
    assert str(caught.value).splitlines()[-1] == "Hint: try the model itself: model(X.head())"
    for model, method in ((Unfitted(), "predict_proba"), (Decides(), "predict")):
        with pytest.raises(RuntimeError) as caught:
            fl.audit(np.zeros((4, 3)), model=model, sensitive_features={"g": list("abab")})
        assert str(caught.value).splitlines() == [
            f"`model` is a {type(model).__name__} with {method}, and raised OSError for rows of shape (4, 3).",
            "not fitted yet",
            f"Hint: try the model itself: model.{method}(X[:5])",
        ]
        assert isinstance(caught.value.__cause__, OSError)


def test_a_reserved_name_says_what_it_is_used_for():
    said = {}
    for name in ("(all)", "(missing)", "(unlabelled)"):
        with pytest.raises(ReservedLevel) as caught:
            decide(sex=[name, "m"] * 30)()
        said[name] = str(caught.value)
    assert "for what a table shows in a column that it does not use" in said["(all)"]
    assert said["(all)"].endswith("Hint: data = data.replace('(all)', 'all')")
    assert "for people without a value" in said["(missing)"]
    assert "for people whose true label is not known" in said["(unlabelled)"]
    assert said["(unlabelled)"].endswith("Hint: data = data.replace('(unlabelled)', 'unlabelled')")


ACCEPTED = {
    "dates": [datetime.date(2020, 1, 1), datetime.date(2021, 1, 1)],
    "zoned times": list(pd.to_datetime(["2020-01-01", "2021-01-01"]).tz_localize("Asia/Tokyo")),
    "durations": list(pd.to_timedelta([1, 2], unit="D")),
    "periods": list(pd.period_range("2020", periods=2, freq="M")),
    "intervals": [pd.Interval(0, 1), pd.Interval(1, 2)],
    "decimals": [decimal.Decimal("1.50"), decimal.Decimal("2")],
    "bytes": [b"a", b"b"],
    "complex": [1j, 2 + 0j],
    "tuples": [("a", 1), ("b", 2)],
    "big integers": [10**30, 10**30 + 1],
    "infinities": [INF, -INF],
    "truth values": [True, False],
    "texts and numbers": ["1", 2],
}


@pytest.mark.parametrize("values", ACCEPTED.values(), ids=ACCEPTED)
def test_odd_groups_keep_everybody_apart(values):
    found = decide(sex=objects(*values))().by_group("selection_rate").to_frame()
    assert found["n"].tolist() == [30, 30]
    assert found["sex"].nunique() == 2


def test_a_group_may_be_the_outcome_itself():
    found = fl.audit(frame_with(), y_pred="p", sensitive_features="p").by_group("selection_rate").to_frame()
    assert found["value"].tolist() == [0.0, 1.0]
