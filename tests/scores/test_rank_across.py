"""rank_across: areas of positives of one group against negatives of another, against all pairs of rows."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fairlens as fl
from fairlens.exceptions import RoleNeeded, WrongKind


def brute(frame, positives, negatives):
    x, y = frame.loc[positives & (frame["y"] == 1), "s"].to_numpy(), frame.loc[negatives & (frame["y"] == 0), "s"].to_numpy()
    return np.mean((x[:, None] > y) + 0.5 * (x[:, None] == y))


def test_every_pair_is_that_of_its_rows(scored_people, audit_scores):
    table = fl.rank_across(audit_scores(scored_people)).to_frame()
    assert list(table.columns) == [
        "group_positives", "group_negatives", "kind", "value", "lower", "upper", "n_positive", "n_negative", "bound", "status", "reason",
    ]  # fmt: skip
    assert table["kind"].value_counts().to_dict() == {"cross": 6, "within": 3, "bpsn": 3, "bnsp": 3}
    own = scored_people["group"]
    for row in table.itertuples():
        positives = own != row.group_negatives if row.kind == "bpsn" else own == row.group_positives
        negatives = own != row.group_positives if row.kind == "bnsp" else own == row.group_negatives
        assert row.value == pytest.approx(brute(scored_people, positives, negatives))
        assert row.lower < row.value < row.upper
        assert (row.n_positive, row.n_negative) == ((positives & (scored_people["y"] == 1)).sum(), (negatives & (scored_people["y"] == 0)).sum())


def test_within_is_the_area_of_measure_scores(scored_people, audit_scores):
    audit = audit_scores(scored_people)
    within = fl.rank_across(audit).to_frame().query("kind == 'within'")
    table = fl.measure_scores(audit, metrics="roc_auc").to_frame()
    for name in ("value", "lower", "upper"):
        assert within[name].tolist() == table[name].tolist()


@given(st.lists(st.tuples(st.sampled_from("ab"), st.booleans(), st.integers(0, 1000)), min_size=8, max_size=30))
@settings(deadline=None, max_examples=25)
def test_bounds_hold_across_groups(rows):
    frame = pd.DataFrame(rows, columns=["g", "y", "s"]).astype({"y": int}).assign(s=lambda rows: rows["s"] / 1000)
    frame = pd.concat([frame, pd.DataFrame({"g": list("aabb"), "y": [0, 1, 0, 1], "s": [0.2, 0.3, 0.2, 0.3]})], ignore_index=True)
    audit = fl.audit(frame, y_true="y", y_score="s", threshold=0.5, sensitive_features="g")
    for row in fl.rank_across(audit).to_frame().query("kind == 'cross'").itertuples():
        exact = brute(frame, frame["g"] == row.g_positives, frame["g"] == row.g_negatives)
        assert abs(row.value - exact) <= row.bound + 1e-9


def test_sentence_sets_a_pair_against_itself_the_other_way_round(audit_scores):
    rng = np.random.default_rng(3)
    group = np.repeat(["a", "b"], 400)
    y = rng.integers(0, 2, 800)
    s = np.clip(0.35 + 0.15 * y + 0.2 * (group == "a") + rng.normal(0, 0.15, 800), 0, 1).round(2)
    result = fl.rank_across(audit_scores(pd.DataFrame({"group": group, "y": y, "s": s})))
    cells = result.published().to_frame().query("kind == 'cross'").set_index("group_positives")["value"]
    assert cells["a"] > 0.8 > 0.6 > cells["b"]
    assert result.sentence.startswith(f"b people who are labelled positive score above a people who are not in {100 * cells['b']:.1f} of 100 pairs")
    assert "fewer" in result.sentence


def test_alike_groups_cannot_be_told_apart(audit_scores):
    rng = np.random.default_rng(9)
    frame = pd.DataFrame({"group": rng.choice(["a", "b"], 200), "y": rng.integers(0, 2, 200), "s": rng.random(200).round(2)})
    assert fl.rank_across(audit_scores(frame)).sentence.startswith("Cannot tell: ")
    one = fl.rank_across(audit_scores(frame.assign(group="a")))
    assert one.sentence == "There is one group only, so there is nothing to compare."
    assert one.to_frame()["kind"].tolist() == ["within"]


def test_hidden_groups_hide_the_rest(scored_people, audit_scores):
    frame = pd.concat([scored_people, scored_people.head(6).assign(group="tiny")])
    result = fl.rank_across(audit_scores(frame))
    shown = result.published().to_frame()
    assert shown[shown["kind"].isin(["bpsn", "bnsp"])]["status"].eq("suppressed").all()
    assert shown.query("group_positives == 'tiny'")[["value", "n_positive", "n_negative", "bound"]].isna().all().all()
    assert result.to_frame().query("group_positives == 'tiny' and kind == 'cross'")["value"].notna().all()


def test_one_class_is_undefined(audit_scores):
    frame = pd.DataFrame({"group": ["none"] * 30 + ["both"] * 40, "y": [0] * 30 + [0, 1] * 20, "s": np.arange(70) / 100})
    table = fl.rank_across(audit_scores(frame)).to_frame().set_index(["group_positives", "group_negatives"])
    assert table.loc[("none", "both"), "reason"] == "nobody with the event"
    assert table.loc[("both", "none"), "status"] == "ok"


def test_several_attributes_and_html(scored_people, audit_scores):
    result = fl.rank_across(audit_scores(scored_people, sensitive_features=["group", "sex"]))
    assert list(result.to_frame().columns[:4]) == ["group_positives", "sex_positives", "group_negatives", "sex_negatives"]
    assert result.html().count("<tr>") == len(result.to_frame()) + 1
    assert result.left_out == ()


def test_what_is_refused(scored_people, audit_scores):
    with pytest.raises(WrongKind):
        fl.rank_across(None)
    with pytest.raises(RoleNeeded):
        fl.rank_across(audit_scores(scored_people.drop(columns="y"), y_true=None))
