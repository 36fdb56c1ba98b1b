"""A threshold for each group: who decides from where, what is asked wrongly, and what a reader is told."""

import pickle

import numpy as np
import pandas as pd
import pytest
from answers import check_answers

import fairlens as fl
from fairlens import MISSING
from fairlens._thresholds import GroupThresholds
from fairlens.exceptions import BadValue, LevelNotFound, RoleNeeded, ThresholdNotHeld, WrongKind

CUTS = {"white": 0.5, "Black": 0.3}


@pytest.fixture(scope="module")
def audit(people):
    return fl.audit(people, y_true="y", y_score="s", threshold=[0.45, 0.333, 0.6], favorable=1, sensitive_features=["race", "sex"])


def decided(people, cuts, other, by="race"):
    return (people["s"] >= people[by].map(cuts).fillna(other)).astype(int)


@pytest.mark.parametrize("by", ["race", "sex", ["sex", "race"]], ids=str)
def test_everybody_is_decided_about_at_the_threshold_of_their_group(people, audit, by):
    rows = people.assign(p=decided(people, CUTS, 0.45))
    plain = fl.audit(rows, y_true="y", y_pred="p", sensitive_features=["race", "sex"])
    at = audit.at(CUTS, by="race")
    names = ["selection_rate", "true_positive_rate", "precision", "f1_score", "predicted_positive_share"]
    assert at.by_group(names, by=by).to_frame().equals(plain.by_group(names, by=by).to_frame())
    assert at.overall(names).to_frame().equals(plain.overall(names).to_frame())
    for reference in ("largest", "rest", "overall"):
        one, two = (x.difference(["selection_rate", "f1_score"], by=by, reference=reference).to_frame() for x in (at, plain))
        assert one.equals(two)
    one, two = (x.where(sex="f").by_group("accuracy", by="race").to_frame() for x in (at, plain))
    assert one.equals(two)


def test_every_score_engine(frame):
    columns = {"g": ["a", "b", None] * 20, "s": [k / 59 for k in range(60)], "decile": [k % 10 for k in range(60)]}
    kinds = (("s", {"a": 0.3, MISSING: 0.8}, 0.5), ("decile", {"a": 3, MISSING: 8}, 5))
    for score, cuts, other in kinds:
        audit = fl.audit(frame(columns), y_score=score, threshold=other, sensitive_features="g")
        found = audit.at(cuts, by="g").by_group("selection_rate").to_frame().set_index("g")["value"]
        for level in ("a", "b", MISSING):
            own = [s for s, g in zip(columns[score], columns["g"], strict=True) if (g or MISSING) == level]
            assert found[level] == np.mean([s >= cuts.get(level, other) for s in own])


def test_levels_are_matched_as_what_they_are(people):
    rows = people.assign(q=np.arange(len(people)) % 3)
    audit = fl.audit(rows, y_score="s", threshold=0.45, sensitive_features="q")
    expected = [(rows["s"][rows["q"] == q] >= (0.3 if q == 1 else 0.45)).mean() for q in range(3)]
    for one in (1, 1.0, np.int64(1), np.float32(1)):
        assert audit.at({one: 0.3}, by="q").by_group("selection_rate").to_frame()["value"].tolist() == expected
    for other in (True, "1", 3, MISSING):
        with pytest.raises(LevelNotFound, match="`threshold` names q=") as caught:
            audit.at({other: 0.3}, by="q")
        assert "q has: 0, 1, 2." in str(caught.value)
        assert str(caught.value).endswith("Hint: audit.at({0: 0.3}, by='q')")


def test_others_keep_the_threshold_that_they_have(people, audit):
    assert audit.at(CUTS, by="race").threshold == GroupThresholds("race", tuple(CUTS.items()), 0.45)
    assert audit.at(0.6).at(CUTS, by="race").threshold.other == 0.6
    both = fl.audit(people, y_pred="p", y_score="s", threshold=0.333, sensitive_features="race")
    assert both.threshold is None
    assert both.at({"white": 0.5}, by="race").threshold.other == 0.333
    none = fl.audit(people, y_pred="p", y_score="s", sensitive_features="sex")
    with pytest.raises(RoleNeeded, match="names 'f' of sex, and not 'm'") as caught:
        none.at({"f": 0.5}, by="sex")
    assert str(caught.value).endswith("Hint: audit.at({'f': 0.5, 'm': 0.5}, by='sex')")
    named = none.at({"f": 0.5, "m": 0.4}, by="sex")
    assert named.by_group("selection_rate").to_frame()["value"].tolist() == [
        (people["s"][people["sex"] == sex] >= cut).mean() for sex, cut in (("f", 0.5), ("m", 0.4))
    ]
    assert "everybody else" not in str(named)


@pytest.mark.parametrize(
    ("threshold", "by", "error", "said"),
    [
        ({"zz": 0.5}, "race", LevelNotFound, "race='zz'"),
        ({"white": 0.512}, "race", ThresholdNotHeld, "0.512"),
        ({"white": 1.5}, "race", ThresholdNotHeld, "1.5"),
        ({"white": 0.5}, "zz", LevelNotFound, "'zz'"),
        ({"white": 0.5}, None, WrongKind, "`by` is None"),
        ({"white": 0.5}, ["race"], WrongKind, "`by` is ['race']"),
        ({}, "race", WrongKind, "`threshold` is {}"),
        ({"white": "high"}, "race", WrongKind, "'high'"),
        ({"white": True}, "race", WrongKind, "True"),
        ({"white": np.nan}, "race", WrongKind, "nan"),
        ({"white": None}, "race", WrongKind, "None"),
        (0.5, "race", WrongKind, "one for everybody"),
        (None, "race", WrongKind, "one for everybody"),
    ],
)
def test_wrong_thresholds(audit, threshold, by, error, said):
    for asked in (audit, audit.protect()):
        with pytest.raises(error) as caught:
            asked.at(threshold, by=by)
        assert said in str(caught.value)
        assert "Hint: " in str(caught.value)


def test_without_scores_there_is_nothing_to_decide(people):
    audit = fl.audit(people, y_pred="p", sensitive_features="race")
    for asked in (audit, audit.protect()):
        with pytest.raises(RoleNeeded, match="This audit has decisions and no scores") as caught:
            asked.at({"white": 0.5}, by="race")
        assert "y_score" in str(caught.value).splitlines()[-1]


def test_a_reader_is_told(audit):
    at = audit.at(CUTS, by="race")
    said = "a score of 0.5 or more for white, 0.3 or more for Black, 0.45 or more for everybody else"
    for text in (repr(at), at.sentence, at.difference("selection_rate").sentence, at.by_group("selection_rate").plot().alt):
        assert said in text
    check_answers(at)
    check_answers(audit.protect().at(CUTS, by="race"), ["selection_rate"])


def test_a_threshold_between_published_steps_is_not_shown(audit):
    at = audit.at({"white": 0.51}, by="race")
    assert at.by_group("selection_rate").to_frame()["value"].notna().all()
    for text in (repr(at), at._repr_html_(), repr(at.by_group("selection_rate")), at.by_group("selection_rate")._repr_html_()):
        assert "0.51" in text
        assert "nearest edges" in text
    with pytest.raises(ThresholdNotHeld):
        audit.protect().at({"white": 0.51}, by="race")


def test_people_without_a_value_who_left_may_still_have_a_threshold(people):
    few = people.assign(race=people["race"].where(people.index > 3, None))
    audit = fl.audit(few, y_true="y", y_score="s", threshold=0.45, sensitive_features=["race", "sex"], favorable=1)
    at = audit.at({MISSING: 0.3}, by="race")
    raw = at.by_group("selection_rate", by="race").to_frame().set_index("race")
    assert raw.loc[MISSING, "value"] == (few["s"][few["race"].isna()] >= 0.3).mean()
    shown = at.protect().by_group("selection_rate", by="race").to_frame().set_index("race")
    assert MISSING not in shown.index
    assert shown["value"].equals(raw["value"].drop(MISSING))
    check_answers(at, ["selection_rate"])


def test_a_suppressed_group_hides_at_its_own_threshold_too(people):
    few = pd.concat([people, people[:4].assign(race="few")], ignore_index=True)
    audit = fl.audit(few, y_true="y", y_score="s", threshold=0.45, sensitive_features=["race", "sex"])
    shown = audit.at({"few": 0.3}, by="race").protect()
    rows = {row.group: row for row in shown.by_group("selection_rate", by="race").rows}
    assert rows["few",].status == "suppressed"
    assert rows["few",].n is None
    by_sex = shown.by_group("selection_rate", by="sex")
    assert {row.status for row in by_sex.rows} == {"suppressed"}  # the difference from one threshold would tell how they were decided about


def test_thresholds_go_round(audit):
    at = audit.at(CUTS, by="race")
    assert at.to_dict()["threshold"] == {"by": "race", "cuts": [["white", 0.5], ["Black", 0.3]], "other": 0.45}
    back = pickle.loads(pickle.dumps(at))
    assert back.threshold == at.threshold
    assert back.by_group().to_frame().equals(at.by_group().to_frame())
    assert (at + back).threshold == at.threshold
    assert at.at(0.45).by_group().to_frame().equals(audit.by_group().to_frame())
    with pytest.raises(BadValue, match="selections or thresholds"):
        at + audit


def test_weights_and_membership_have_thresholds_too(people):
    w = np.random.default_rng(0).gamma(1, 1, len(people))
    weighted = fl.audit(people, y_score="s", threshold=0.45, sensitive_features=["race", "sex"], sample_weight=w)
    found = weighted.at(CUTS, by="race").by_group("selection_rate", by="sex").to_frame().set_index("sex")["value"]
    p = decided(people, CUTS, 0.45)
    for sex in ("f", "m"):
        inside = people["sex"] == sex
        assert found[sex] == pytest.approx(np.average(p[inside], weights=w[inside]))
    shares = np.random.default_rng(1).dirichlet([1, 1], len(people))
    who = fl.membership(shares, levels=["A", "B"], name="eth")
    both = fl.audit(people, y_score="s", threshold=0.45, sensitive_features={"eth": who, "sex": people["sex"]})
    found = both.at({"f": 0.3}, by="sex").by_group("selection_rate", by="eth").to_frame()["value"]
    p = decided(people, {"f": 0.3}, 0.45, "sex")
    np.testing.assert_allclose(found, [np.average(p, weights=shares[:, k]) for k in (0, 1)])


def test_a_gap_is_not_decomposed_at_several_thresholds(people):
    more = {"sensitive_features": people[["race"]], "threshold": [0.45, 0.3]}
    inputs = people[["s"]].assign(z=1.0)
    plain = fl.audit(inputs, model=lambda x: x["s"].to_numpy(), **more)
    who = fl.membership(pd.get_dummies(people["race"]).astype(float), name="race")
    wrong = {
        "threshold": plain.at({"white": 0.3}, by="race"),
        "cluster": fl.audit(inputs, model=lambda x: x["s"].to_numpy(), cluster=people["sex"], **more),
        "sensitive_features": fl.audit(inputs, model=lambda x: x["s"].to_numpy(), sensitive_features=who, threshold=0.45),
    }
    for role, audit in wrong.items():
        with pytest.raises(BadValue, match="A gap was to be decomposed") as caught:
            fl.decompose_gap(audit, "Black", progress=False)
        assert caught.value.role == role
        assert "Hint: " in str(caught.value)
    assert fl.decompose_gap(plain, "Black", progress=False).closes
