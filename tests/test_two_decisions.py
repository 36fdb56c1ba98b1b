"""Two decisions about the same people in one cube: the second is audited, the first kept beside it."""

import json
import pickle

import numpy as np
import pandas as pd
import pytest
from answers import check_answers

import fairlens as fl
from fairlens.exceptions import (
    BadValue,
    ColumnNotFound,
    CubesDiffer,
    MissingValues,
    NotTwoValues,
    ShapesDiffer,
    WrongKind,
)


@pytest.fixture(scope="module")
def rows(people):
    rng = np.random.default_rng(6)
    before = np.where(rng.random(len(people)) < 0.2, 1 - people["p"], people["p"])
    return people.assign(p0=before, w=rng.gamma(1, 1, len(people)), who=rng.integers(0, 300, len(people)))


def audit_of(rows, y_pred=None, **more):
    given = {"y_true": "y", "y_pred": y_pred or {"before": "p0", "after": "p"}, "sensitive_features": ["race", "sex"], **more}
    return fl.audit(rows, **given)


def expected(rows, by):
    """People by group, label, earlier decision and decision, by pandas."""
    return rows.groupby([*by, "y", "p0", "p"]).size().to_dict()


def counted(view):
    return {
        (*group, y, p0, p): int(n)
        for group, table in zip(view.groups, view.counts, strict=True)
        for (y, p0, p), n in np.ndenumerate(table)
        if n
    }


@pytest.mark.parametrize("by", [("race",), ("sex", "race")], ids=str)
@pytest.mark.parametrize("more", [{}, {"cluster": "who"}, {"sample_weight": "w"}], ids=str)
def test_both_decisions_are_counted(rows, by, more):
    audit = audit_of(rows, **more)
    assert audit.spec.y_base == "p0"
    assert counted(audit._paired_view(by)) == expected(rows, by)
    assert counted(audit.where(race=["Black", "Asian"])._paired_view(("sex",))) == expected(rows[rows["race"].isin(["Black", "Asian"])], ["sex"])


def test_the_second_is_the_audited_one(rows):
    paired, plain = audit_of(rows, favorable=1), audit_of(rows, "p", favorable=1)
    assert paired.by_group().to_frame().equals(plain.by_group().to_frame())
    assert paired.sentence == plain.sentence
    assert repr(paired) == repr(plain)
    assert plain._paired_view(("race",)) is None
    check_answers(paired, ["selection_rate", "f1_score"])


def test_arrays_columns_and_engines_are_one(frame, rows):
    columns = {name: rows[name].tolist() for name in ("race", "y", "p", "p0")}
    plain = fl.audit(rows, y_true="y", y_pred={"before": "p0", "after": "p"}, sensitive_features="race")
    roles = {"y_true": "y", "sensitive_features": "race"}
    for given in ({"a": "p0", "b": "p"}, {"a": columns["p0"], "b": columns["p"]}, {"a": "p0", "b": np.array(columns["p"])}):
        assert fl.audit(frame(columns), y_pred=given, **roles).cube == plain.cube
    same = fl.audit(rows, y_pred={"a": "p", "b": "p"}, **roles)
    assert all(table[:, 0, 1].sum() == table[:, 1, 0].sum() == 0 for table in same._paired_view(("race",)).counts)


@pytest.mark.parametrize("names", [{}, {"a": "p"}, {"a": "p0", "b": "p", "c": "p"}], ids=len)
def test_two_decisions_are_two(rows, names):
    with pytest.raises(WrongKind, match=f"`y_pred` is a dict with {len(names)} entries") as caught:
        fl.audit(rows, y_pred=names, sensitive_features="race")
    assert str(caught.value).endswith('Hint: y_pred={"before": "p0", "after": "p1"}')


def test_wrong_decisions_are_named(rows):
    with pytest.raises(WrongKind, match="None for 'before'"):
        audit_of(rows, {"before": None, "after": "p"})
    with pytest.raises(ShapesDiffer, match="has 10 values"):
        audit_of(rows, {"before": rows["p0"].to_numpy()[:10], "after": "p"})
    with pytest.raises(ColumnNotFound, match="'zz'"):
        audit_of(rows, {"before": "zz", "after": "p"})
    with pytest.raises(MissingValues, match=r"'p0', which is missing for \d+ of 900"):
        audit_of(rows.assign(p0=rows["p0"].where(rows["p0"] == 1)), {"before": "p0", "after": "p"})
    with pytest.raises(NotTwoValues, match="'race'"):
        audit_of(rows, {"before": "race", "after": "p"}, sensitive_features="sex")
    with pytest.raises(BadValue, match="model"):
        fl.audit(rows[["s"]], y_pred={"before": rows["p0"], "after": rows["p"]}, model=lambda x: (x["s"] > 0.5).astype(int), sensitive_features=rows["race"])


def test_both_speak_of_the_same_event(rows):
    words = {0: "no", 1: "yes"}
    named = rows.assign(p0=rows["p0"].map(words), p=rows["p"].map(words), y=rows["y"].map(words))
    assert audit_of(named, pos_label="yes").cube == audit_of(rows).cube


def test_both_decisions_go_round(rows, tmp_path):
    audit = audit_of(rows, y_score="s", threshold=0.45)
    audit.spec.save(tmp_path / "spec.yaml")
    spec = fl.Spec.load(tmp_path / "spec.yaml")
    backs = [fl.audit(rows, spec=spec), pickle.loads(pickle.dumps(audit)), fl.audit(fl.Cube.from_dict(json.loads(json.dumps(audit.cube.to_dict()))))]
    for back in backs:
        assert back.cube == audit.cube
        assert counted(back._paired_view(("race",))) == expected(rows, ["race"])
    added = audit_of(rows[:500]) + audit_of(rows[500:])
    assert counted(added._paired_view(("race",))) == expected(rows, ["race"])
    with pytest.raises(CubesDiffer, match="axes"):
        audit_of(rows) + audit_of(rows, "p")


def test_at_a_threshold_the_column_is_not_asked(rows):
    audit = audit_of(rows, y_score="s", threshold=0.45)
    found = audit.at(0.45).overall("selection_rate").to_frame()["value"][0]
    assert found == (rows["s"] >= 0.45).mean()


def test_suppressed_groups_hold_no_pairs(rows):
    few = pd.concat([rows, rows[:3].assign(race="few")], ignore_index=True)
    view = audit_of(few).protect()._paired_view(("race",))
    hidden = dict(zip(view.groups, view.suppressed, strict=True))
    assert hidden["few",]
    assert sum(hidden.values()) == 2
    assert view.counts[view.suppressed].sum() == 0
