"""Curves by group: each point is scikit-learn's, with Wilson's interval; what is suppressed, refused and said."""

import math

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import det_curve, precision_score, recall_score, roc_curve

import fairlens as fl
from fairlens.exceptions import BadValue, LevelNotFound, OutOfRange, RoleNeeded
from fairlens.scores._worded import _people_of
from fairlens.stats import wilson

Z = 1.959963984540054


def of(result, group):
    frame = result.to_frame()
    return frame[frame["group"] == group].reset_index(drop=True)


@pytest.mark.parametrize("weighted", [False, True])
def test_roc_is_scikit_learns(scored_people, audit_scores, weighted):
    result = audit_scores(scored_people, sample_weight="w" if weighted else None).curve("roc")
    for group, people in scored_people.groupby("group"):
        weight = people["w"] if weighted else None
        fpr, tpr, cuts = roc_curve(people["y"], people["s"], sample_weight=weight, drop_intermediate=False)
        points = of(result, group)
        assert points["threshold"].tolist() == cuts.tolist()
        assert points["false_positive_rate"].tolist() == pytest.approx(fpr.tolist())
        assert points["true_positive_rate"].tolist() == pytest.approx(tpr.tolist())
        assert points["n_positive"].eq(people["y"].sum()).all()


def test_roc_intervals_are_wilsons(scored_people, audit_scores):
    points = of(audit_scores(scored_people).curve("roc"), "a")
    lower, upper = wilson(points["true_positive_rate"] * points["n_positive"], points["n_positive"], Z)
    assert points["true_positive_lower"].tolist() == pytest.approx(lower.tolist())
    assert points["true_positive_upper"].tolist() == pytest.approx(upper.tolist())
    narrow = of(audit_scores(scored_people).curve("roc", confidence=0.5), "a")
    assert (narrow["true_positive_upper"] <= points["true_positive_upper"]).all()


def test_det_is_scikit_learns(scored_people, audit_scores):
    result = audit_scores(scored_people).curve("det")
    for group, people in scored_people.groupby("group"):
        fpr, fnr, cuts = det_curve(people["y"], people["s"])
        points = of(result, group).set_index("threshold")
        inside = np.isfinite(cuts)
        assert points.loc[cuts[inside], "false_positive_rate"].tolist() == pytest.approx(fpr[inside].tolist())
        assert points.loc[cuts[inside], "false_negative_rate"].tolist() == pytest.approx(fnr[inside].tolist())


def test_calibration_is_scikit_learns_where_bins_are_equal(audit_scores):
    rng = np.random.default_rng(6)
    s = np.repeat(np.arange(100) / 100, 6)
    frame = pd.DataFrame({"group": "a", "s": s, "y": (rng.random(600) < s).astype(int)})
    frame.loc[0, "group"] = "a"
    points = of(audit_scores(frame).curve("calibration"), "a")
    rate, mean = calibration_curve(frame["y"], frame["s"], n_bins=10, strategy="quantile")
    assert points["observed_rate"].tolist() == pytest.approx(rate.tolist())
    assert points["mean_score"].tolist() == pytest.approx(mean.tolist())
    lower, upper = wilson(points["observed_rate"] * points["n"], points["n"], Z)
    assert points["lower"].tolist() == pytest.approx(lower.tolist())
    assert points["upper"].tolist() == pytest.approx(upper.tolist())
    assert points["n"].tolist() == [60] * 10


def test_few_people_have_fewer_bins_and_small_bins_are_suppressed(audit_scores):
    s = np.array([0.1] * 14 + [0.5] * 4 + [0.9] * 17)
    frame = pd.DataFrame({"group": "a", "s": s, "y": np.arange(35) % 2})
    points = of(audit_scores(frame).curve("calibration"), "a")
    assert points["status"].tolist() == ["ok", "suppressed", "ok"]
    assert points.loc[1, ["mean_score", "observed_rate", "lower", "upper", "n"]].isna().all()
    assert "fewer than 10 people in the bin" in points.loc[1, "reason"]


def test_thresholds_are_the_rates_of_by_group(scored_people, audit_scores):
    audit = audit_scores(scored_people, threshold=[0.5, 0.3, 0.8])
    sweep = audit.curve("threshold").to_frame().set_index(["group", "metric", "threshold"])
    for cut in (0.3, 0.5, 0.8):
        rates = audit.at(cut).by_group(list(sweep.index.unique("metric"))).to_frame().set_index(["group", "metric"])
        for key, row in rates.iterrows():
            point = sweep.loc[(*key, cut)]
            assert point[["value", "lower", "upper", "n"]].tolist() == pytest.approx(row[["value", "lower", "upper", "n"]].tolist())
    people = scored_people[scored_people["group"] == "b"]
    decided = (people["s"] >= 0.8).astype(int)
    assert sweep.loc[("b", "precision", 0.8), "value"] == pytest.approx(precision_score(people["y"], decided))
    assert sweep.loc[("b", "true_positive_rate", 0.8), "value"] == pytest.approx(recall_score(people["y"], decided))


def test_thresholds_need_no_labels_for_selection_rates(scored_people, audit_scores):
    sweep = audit_scores(scored_people.drop(columns="y"), y_true=None).curve("threshold")
    assert sweep.to_frame()["metric"].unique().tolist() == ["selection_rate"]
    assert "predicted positive" in sweep.sentence
    assert sweep.plot().alt
    with pytest.raises(RoleNeeded):
        audit_scores(scored_people.drop(columns="y"), y_true=None).curve("roc")


def test_one_class_and_hidden_groups_have_a_reason_and_no_points(scored_people, audit_scores):
    frame = pd.concat([scored_people, scored_people.head(40).assign(group="sure", y=1), scored_people.head(5).assign(group="tiny")])
    result = audit_scores(frame).curve("roc")
    raw = of(result, "sure")
    assert raw["status"].tolist() == ["undefined"]
    assert raw["reason"].tolist() == ["nobody without the event"]
    assert raw["true_positive_rate"].isna().all()
    shown = of(result.published(), "tiny")
    assert shown["status"].tolist() == ["suppressed"]
    assert shown.drop(columns=["group", "status", "reason"]).isna().all().all()
    assert len(of(result, "tiny")) > 1
    assert "tiny (suppressed)" in result.sentence


def test_published_points_are_points_of_the_raw_curve(scored_people, audit_scores):
    result = audit_scores(scored_people).curve("roc")
    raw, shown = of(result, "a"), of(result.published(), "a")
    assert len(shown) < len(raw)
    merged = shown.merge(raw, on=["false_positive_rate", "true_positive_rate"])
    assert len(merged) >= len(shown)


def test_sentences(scored_people, audit_scores):
    audit = audit_scores(scored_people)
    assert audit.curve("roc").sentence.startswith("Of 100 pairs of b people")
    assert audit.curve("det").sentence.split(":")[0] != ""
    said = audit.curve("calibration").sentence
    assert said.startswith("Of 100 b people with a mean score of ")
    assert "than their scores say" in said
    assert "n=" in said


def test_calibrated_scores_are_not_said_to_miss(audit_scores):
    rng = np.random.default_rng(12)
    s = rng.random(2000).round(2)
    frame = pd.DataFrame({"group": rng.choice(["a", "b"], 2000), "s": s, "y": (rng.random(2000) < s).astype(int)})
    assert audit_scores(frame).curve("calibration").sentence.startswith("Cannot tell that scores miss")


def test_the_operating_point_is_the_decision(scored_people, audit_scores):
    audit = audit_scores(scored_people)
    curves = {one.group[0]: one for one in audit.curve("roc").curves}
    rates = audit.by_group(["false_positive_rate", "true_positive_rate"]).to_frame().set_index(["group", "metric"])["value"]
    for group, one in curves.items():
        assert one.now == pytest.approx((rates[group, "false_positive_rate"], rates[group, "true_positive_rate"]))
    decided = audit_scores(scored_people.assign(p=(scored_people["s"] > 0.7).astype(int)), y_pred="p")
    assert all(one.now for one in decided.curve("roc").curves)


def test_what_is_refused(scored_people, audit_scores):
    audit = audit_scores(scored_people)
    with pytest.raises(BadValue, match="roc, calibration, det, threshold"):
        audit.curve("lift")
    with pytest.raises(OutOfRange):
        audit.curve("roc", confidence=0)
    with pytest.raises(LevelNotFound):
        audit.curve("roc", by="age")
    whole = audit_scores(scored_people.assign(s=(10 * scored_people["s"]).astype(int)), threshold=5)
    with pytest.raises(BadValue, match="no probability"):
        whole.curve("calibration")
    assert len(whole.curve("roc").to_frame()) > 10


def test_frames_of_tables_and_html(scored_people, audit_scores):
    for kind in ("roc", "det", "calibration", "threshold"):
        result = audit_scores(scored_people).curve(kind)
        assert next(iter(result.to_frame().columns)) == "group"
        assert list(result.to_frame().columns)[-2:] == ["status", "reason"]
        assert result.html().count("<tr>") == len(result.published().to_frame()) + 1
        assert "nan" not in result.html()
        rows = result.to_dict()["rows"]
        assert not any(isinstance(cell, float) and math.isnan(cell) for row in rows for cell in row)


def test_compas_deciles(compas):
    """Of the people in the highest decile, .794 of African-American and .703 of Caucasian people were charged again."""
    audit = fl.audit(
        compas.assign(s=compas["decile_score"] / 10), y_true="two_year_recid", y_score="s", threshold=0.5, sensitive_features="race", favorable=0
    )
    points = audit.curve("calibration").to_frame().set_index(["race", "bin"])
    top = points.loc[("African-American", 10)]
    assert (round(top["mean_score"], 6), round(top["observed_rate"], 3)) == (1.0, 0.794)
    people = compas[(compas["race"] == "Caucasian") & (compas["decile_score"] == 10)]
    sweep = audit.curve("threshold").to_frame().set_index(["race", "metric", "threshold"])
    assert round(sweep.loc[("Caucasian", "precision", 1.0), "value"], 3) == round(people["two_year_recid"].mean(), 3) == 0.703


@pytest.mark.parametrize("rate", [0.0, 0.01, 0.3, 0.5, 1.0])
@pytest.mark.parametrize("people", [0.5, 3.3, 40.0, 1e5])
def test_people_are_read_back_from_the_width_of_their_interval(rate, people):
    for z in (1.0, 1.96, 4.0):
        lower, upper = wilson(rate * people, people, z)
        assert _people_of(rate, float(upper - lower), z, 1e9) == pytest.approx(people, rel=1e-6)
        assert _people_of(rate, float(upper - lower), z, people / 2 + 0.25) == pytest.approx(people / 2 + 0.25)
