"""Differences and ratios to every kind of reference, and when there is none."""

import math

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame, selection_rate
from statsmodels.stats.proportion import confint_proportions_2indep

import fairlens as fl
from fairlens.exceptions import BadValue, LevelNotFound, OneGroup, RoleNeeded, WrongKind
from fairlens.stats import koopman, newcombe, normal_quantile

Z = normal_quantile(0.95)
KINDS = {"difference": newcombe, "ratio": koopman}
TABLES = {"a": (30, 15, 20, 35), "b": (50, 30, 30, 90), "c": (20, 5, 20, 15)}


@pytest.fixture
def audit(rows_of):
    return fl.audit(rows_of(TABLES), y_true="y", y_pred="p", sensitive_features="group", favorable=1)


def table_of(result):
    return result.to_frame().set_index("group")


def change(kind, one, two):
    return one - two if kind == "difference" else one / two


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("reference", "base"), [("largest", "b"), ("a", "a"), (("c",), "c"), ("best", "a")], ids=["largest", "level", "tuple", "best"]
)
def test_against_one_group(audit, kind, reference, base):
    rates = audit.by_group("selection_rate").to_frame().set_index("group")
    found = table_of(getattr(audit, kind)("selection_rate", reference=reference))
    assert sorted(found.index) == sorted(set(TABLES) - {base})
    for group, row in found.iterrows():
        one, two = rates.loc[group], rates.loc[base]
        assert row[kind] == pytest.approx(change(kind, one["value"], two["value"]), abs=1e-12)
        limits = KINDS[kind](one["numerator"], one["denominator"], two["numerator"], two["denominator"], Z)
        np.testing.assert_allclose([row["lower"], row["upper"]], limits, atol=1e-12)
        assert (row["reference"], row["value"], row["n"], row["n_reference"]) == (base, one["value"], one["n"], two["n"])
        assert row["reason"] == ("the reference was chosen after looking" if reference == "best" else "")


@pytest.mark.parametrize("kind", KINDS)
def test_against_the_rest(audit, kind, rows_of):
    rows = rows_of(TABLES)
    found = table_of(getattr(audit, kind)("true_positive_rate", reference="rest"))
    for group in TABLES:
        own, others = rows[(rows["group"] == group) & (rows["y"] == 1)]["p"], rows[(rows["group"] != group) & (rows["y"] == 1)]["p"]
        row = found.loc[group]
        assert row[kind] == pytest.approx(change(kind, own.mean(), others.mean()), abs=1e-12)
        limits = KINDS[kind](own.sum(), len(own), others.sum(), len(others), Z)
        np.testing.assert_allclose([row["lower"], row["upper"]], limits, atol=1e-12)
        assert (row["reference"], row["n_reference"]) == ("rest", len(others))


@pytest.mark.parametrize("metric", ["selection_rate", "true_positive_rate", "precision"])
def test_a_difference_to_overall_is_that_to_the_rest_scaled(audit, metric):
    rates = audit.by_group(metric).to_frame().set_index("group")
    everybody = audit.overall(metric).to_frame().iloc[0]
    rest, overall = (table_of(audit.difference(metric, reference=name)) for name in ("rest", "overall"))
    for group in TABLES:
        share = rates.loc[group, "denominator"] / everybody["denominator"]
        for column in ("difference", "lower", "upper"):
            assert overall.loc[group, column] == pytest.approx((1 - share) * rest.loc[group, column], abs=1e-12)
        assert overall.loc[group, "difference"] == pytest.approx(rates.loc[group, "value"] - everybody["value"], abs=1e-12)
        assert overall.loc[group, "n_reference"] == everybody["n"]


@pytest.mark.parametrize("metric", ["selection_rate", "true_positive_rate", "precision"])
def test_a_ratio_to_overall_is_that_to_the_rest_turned(audit, metric):
    rates = audit.by_group(metric).to_frame().set_index("group")
    everybody = audit.overall(metric).to_frame().iloc[0]
    rest, overall = (table_of(audit.ratio(metric, reference=name)) for name in ("rest", "overall"))
    for group in TABLES:
        share = rates.loc[group, "denominator"] / everybody["denominator"]
        for column in ("ratio", "lower", "upper"):
            r = rest.loc[group, column]
            assert overall.loc[group, column] == pytest.approx(r / (share * r + 1 - share), rel=1e-9)
        assert overall.loc[group, "ratio"] == pytest.approx(rates.loc[group, "value"] / everybody["value"], abs=1e-12)


def test_a_ratio_to_overall_is_defined_where_the_rest_has_none(rows_of):
    rows = rows_of({"a": (10, 10, 10, 10), "b": (0, 0, 30, 30)})
    audit = fl.audit(rows, y_true="y", y_pred="p", sensitive_features="group")
    rest, overall = (table_of(audit.ratio("selection_rate", reference=name)) for name in ("rest", "overall"))
    assert rest.loc["a", ["status", "reason"]].tolist() == ["undefined", "the reference's rate is 0"]
    row = overall.loc["a"]
    assert row["ratio"] == pytest.approx(0.5 / 0.2)
    assert row["upper"] == pytest.approx(100 / 40)
    assert 1 < row["lower"] < row["ratio"]
    assert overall.loc["b", "ratio"] == 0
    assert overall.loc["b", "lower"] == 0
    assert 0 < overall.loc["b", "upper"] < 1


@pytest.mark.parametrize("reference", ["rest", "overall"])
def test_nobody_else_is_undefined(rows_of, reference):
    rows = rows_of({"a": (20, 10, 10, 10), "b": (0, 10, 0, 30)})
    found = table_of(fl.audit(rows, y_true="y", y_pred="p", sensitive_features="group").difference("true_positive_rate", reference=reference))
    assert found["status"].tolist() == ["undefined", "undefined"]
    assert found["difference"].isna().all()
    assert found["reason"].tolist() == [
        "the reference has no rate" if reference == "rest" else "nobody else is in the denominator",
        "nobody in the denominator",
    ]


def test_a_small_rest_is_small_and_no_weak_overall(rows_of):
    rows = rows_of({"a": (30, 10, 20, 40), "b": (2, 2, 2, 2)})
    audit = fl.audit(rows, y_true="y", y_pred="p", sensitive_features="group")
    rest, overall = (table_of(audit.difference("selection_rate", reference=name)) for name in ("rest", "overall"))
    assert rest["status"].tolist() == ["small", "small"]
    assert rest.loc["a", "reason"] == "fewer than 10 people in the reference's denominator"
    assert overall["status"].tolist() == ["ok", "small"]


def test_differences_agree_with_fairlearn(people):
    expected = MetricFrame(
        metrics=selection_rate, y_true=people["y"], y_pred=people["p"], sensitive_features=people["race"]
    )
    audit = fl.audit(people, y_true="y", y_pred="p", sensitive_features="race")
    found = audit.difference("selection_rate", reference=expected.by_group.idxmax()).to_frame()
    assert -found["difference"].min() == pytest.approx(expected.difference(), abs=1e-12)
    ratios = audit.ratio("selection_rate", reference=expected.by_group.idxmax()).to_frame()
    assert ratios["ratio"].min() == pytest.approx(expected.ratio(), abs=1e-12)


def test_limits_agree_with_statsmodels(people):
    audit = fl.audit(people, y_pred="p", sensitive_features="sex")
    counts = people.groupby("sex")["p"].agg(["sum", "count"])
    one, two = (tuple(counts.loc[sex]) for sex in (["f", "m"] if counts.loc["m", "count"] >= counts.loc["f", "count"] else ["m", "f"]))
    row = audit.difference("selection_rate", confidence=0.9).to_frame().iloc[0]
    expected = confint_proportions_2indep(*one, *two, method="newcomb", alpha=0.1)
    np.testing.assert_allclose([row["lower"], row["upper"]], expected, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", [0.5, 0.8, 0.99])
def test_more_confidence_is_a_wider_interval(audit, kind, level):
    wide, narrow = (table_of(getattr(audit, kind)("selection_rate", confidence=c)) for c in (level + 0.005, level))
    assert (wide["lower"] < narrow["lower"]).all()
    assert (wide["upper"] > narrow["upper"]).all()


def test_a_crossing_is_compared_with_a_tuple(people):
    audit = fl.audit(people, y_pred="p", sensitive_features=["race", "sex"])
    found = audit.difference("selection_rate", by=["sex", "race"], reference=("m", "white")).to_frame()
    assert len(found) == 7
    assert set(found["reference"]) == {("m", "white")}
    with pytest.raises(LevelNotFound, match="reference"):
        audit.difference("selection_rate", by=["sex", "race"], reference="white")


def test_a_level_picks_the_attribute_that_has_it(people):
    audit = fl.audit(people, y_pred="p", sensitive_features=["race", "sex"])
    found = audit.difference("selection_rate", reference="m").to_frame()
    assert found[["race", "sex"]].values.tolist() == [["(all)", "f"]]
    both = audit.difference("selection_rate").to_frame()
    assert len(both) == 4


def test_a_group_that_is_called_like_a_reference_is_reached_by_a_tuple(rows_of):
    rows = rows_of({"rest": (10, 10, 10, 10), "largest": (20, 20, 10, 10)})
    audit = fl.audit(rows, y_true="y", y_pred="p", sensitive_features="group")
    assert table_of(audit.difference("selection_rate", reference=("rest",)))["reference"].tolist() == ["rest"]
    assert audit.difference("selection_rate", by="group", reference=("rest",)).rows[0].base.group == ("rest",)
    for kind in KINDS:
        for word in ("rest", "largest"):
            with pytest.raises(BadValue, match="another name") as caught:
                getattr(audit, kind)("selection_rate", reference=word)
            assert str(caught.value).endswith(f"Hint: reference=({word!r},) for the level")
    assert len(audit.difference("selection_rate", reference="overall").rows) == 2
    assert table_of(audit.difference("selection_rate", reference=("rest",))).index.tolist() == ["largest"]


def test_one_group_is_shown_and_not_compared(rows_of):
    audit = fl.audit(rows_of({"a": (10, 10, 10, 10)}), y_true="y", y_pred="p", sensitive_features="group", favorable=1)
    assert audit.by_group("accuracy").to_frame()["value"].tolist() == [0.5]
    for kind in KINDS:
        with pytest.raises(OneGroup, match="one group only: a"):
            getattr(audit, kind)("accuracy")
    assert audit.sentence == "There is one group only, so there is nothing to compare."


def test_best_needs_a_direction(audit, rows_of):
    plain = fl.audit(rows_of(TABLES), y_true="y", y_pred="p", sensitive_features="group")
    with pytest.raises(RoleNeeded, match="favorable"):
        plain.difference("selection_rate", reference="best")
    with pytest.raises(RoleNeeded, match="favorable"):
        _ = plain.sentence
    for metric in ("prevalence", "true_positive_rate"):
        with pytest.raises(RoleNeeded, match=metric):
            audit.difference(metric, reference="best")


@pytest.mark.parametrize(
    ("metric", "favorable", "best"),
    [
        ("selection_rate", 1, "a"),
        ("selection_rate", 0, "b"),
        ("rejection_rate", 1, "a"),
        ("rejection_rate", 0, "b"),
    ],
)
def test_best_is_what_the_person_wants(rows_of, metric, favorable, best):
    audit = fl.audit(rows_of(TABLES), y_true="y", y_pred="p", sensitive_features="group", favorable=favorable)
    assert set(audit.difference(metric, reference="best").to_frame()["reference"]) == {best}


def test_a_small_group_is_never_the_best(rows_of):
    rows = rows_of({"a": (5, 0, 0, 0), "b": (10, 10, 10, 10), "c": (10, 10, 20, 20)})
    audit = fl.audit(rows, y_true="y", y_pred="p", sensitive_features="group", favorable=1)
    found = table_of(audit.difference("selection_rate", reference="best"))
    assert set(found["reference"]) == {"b"}
    assert found.loc["a", "status"] == "small"


def test_there_may_be_no_best(rows_of):
    audit = fl.audit(rows_of({"a": (5, 0, 0, 0), "b": (0, 5, 0, 0)}), y_true="y", y_pred="p", sensitive_features="group", favorable=1)
    found = table_of(audit.difference("selection_rate", reference="best"))
    assert found["status"].tolist() == ["undefined", "undefined"]
    assert set(found["reason"]) == {"no group has enough people to be the best"}
    assert found["difference"].isna().all()
    assert "Cannot tell" in audit.difference("selection_rate", reference="best").sentence


def test_a_zero_reference_has_no_ratio_and_a_difference(rows_of):
    audit = fl.audit(rows_of({"a": (10, 10, 10, 10), "b": (0, 0, 50, 50)}), y_true="y", y_pred="p", sensitive_features="group")
    ratio = audit.ratio("selection_rate").to_frame().iloc[0]
    assert np.isnan([ratio["ratio"], ratio["lower"], ratio["upper"]]).all()
    assert (ratio["status"], ratio["reason"]) == ("undefined", "the reference's rate is 0")
    assert audit.difference("selection_rate").to_frame()["status"].tolist() == ["ok"]


def test_an_undefined_rate_is_never_a_difference(rows_of):
    audit = fl.audit(rows_of({"a": (0, 5, 0, 30), "b": (20, 5, 10, 30), "c": (10, 5, 10, 3)}), y_true="y", y_pred="p", sensitive_features="group")
    found = table_of(audit.difference("true_positive_rate", reference="b"))
    assert found["status"].to_dict() == {"a": "undefined", "c": "ok"}
    assert math.isnan(found.loc["a", "difference"])
    against = table_of(audit.difference("true_positive_rate", reference="a"))
    assert set(against["status"]) == {"undefined"}
    assert set(against["reason"]) == {"the reference has no rate"}
    assert [pair.row.group for pair in audit.difference("true_positive_rate", reference="b").left_out] == [("a",)]


def test_a_small_reference_makes_a_small_comparison(rows_of):
    audit = fl.audit(rows_of({"a": (3, 5, 3, 30), "b": (20, 5, 10, 30)}), y_true="y", y_pred="p", sensitive_features="group")
    found = audit.difference("true_positive_rate", reference="a").to_frame()
    assert found[["status", "reason"]].values.tolist() == [["small", "fewer than 10 people in the reference's denominator"]]


def test_suppressed_groups_have_no_number_in_what_is_published(rows_of):
    rows = rows_of({"a": (1, 1, 1, 1), "b": (20, 5, 10, 30), "c": (10, 5, 10, 13), "d": (30, 30, 30, 30)})
    audit = fl.audit(rows, y_true="y", y_pred="p", sensitive_features="group")
    raw = table_of(audit.difference("selection_rate", reference="d"))
    assert raw["status"].to_dict() == {"a": "small", "b": "ok", "c": "ok"}
    shown = table_of(audit.protect().difference("selection_rate", reference="d"))
    assert shown["status"].to_dict() == {"a": "suppressed", "b": "ok", "c": "suppressed"}
    assert shown.loc[["a", "c"], ["value", "difference", "lower", "upper", "n"]].isna().all(axis=None)
    rest = table_of(audit.protect().difference("selection_rate", reference="rest"))
    assert set(rest["status"]) == {"suppressed"}
    overall = table_of(audit.protect().difference("selection_rate", reference="overall"))
    assert overall["status"].to_dict() == {"a": "suppressed", "b": "ok", "c": "suppressed", "d": "ok"}
    reference = table_of(audit.protect().difference("selection_rate", reference="a"))
    assert set(reference["status"]) == {"suppressed"}
    assert reference["n_reference"].isna().all()


@pytest.mark.parametrize("group", ["a", "b"])
def test_a_model_and_its_mirror_have_one_favourable_ratio(rows_of, group):
    """P(default) with refusals from 0.5 on, and P(repay) with approvals from 0.5 on, are one practice."""
    rng = np.random.default_rng(3)
    risk = (rng.integers(0, 100, 400) + 0.5) / 100
    rows = pd.DataFrame({"group": np.repeat(["a", "b"], 200), "default": risk, "repay": 1 - risk, "y": risk > rng.random(400)})
    bad = fl.audit(rows, y_true=rows["y"].astype(int), y_score="default", threshold=0.5, favorable=0, sensitive_features="group")
    good = fl.audit(rows, y_true=1 - rows["y"].astype(int), y_score="repay", threshold=0.5, favorable=1, sensitive_features="group")
    assert bad.spec.event_is_favorable is False
    assert good.spec.event_is_favorable is True
    one = bad.ratio("rejection_rate", reference=group).to_frame().iloc[0]
    two = good.ratio("selection_rate", reference=group).to_frame().iloc[0]
    assert one[["ratio", "lower", "upper"]].tolist() == pytest.approx(two[["ratio", "lower", "upper"]].tolist(), rel=1e-12)
    best = [one.difference(name, reference="best").to_frame()["reference"].tolist() for one, name in ((bad, "selection_rate"), (good, "selection_rate"))]
    assert best[0] == best[1]


@pytest.mark.parametrize("reference", [None, ["a"], {"a"}, {"group": "a"}, np.array(["a", "b"]), object()], ids=lambda given: type(given).__name__)
def test_a_reference_is_a_level_a_tuple_or_a_word(audit, reference):
    with pytest.raises(WrongKind, match="reference"):
        audit.difference("selection_rate", reference=reference)


@pytest.mark.parametrize("reference", ["zz", ("a", "b"), 5, math.nan, ("zz",)])
@pytest.mark.parametrize("by", [None, "group"])
def test_an_unknown_reference_lists_the_groups(audit, reference, by):
    with pytest.raises(LevelNotFound, match="'a', 'b', 'c'"):
        audit.difference("selection_rate", by=by, reference=reference)


@pytest.mark.parametrize("by", [5, [], ["group", "group"], {"group"}, {"group": 1}, b"group"], ids=repr)
def test_by_names_columns_once(audit, by):
    with pytest.raises(WrongKind, match="by"):
        audit.difference("selection_rate", by=by)


def test_a_level_spelled_like_a_word_of_ours_leaves_defaults_and_panel_alone(rows_of):
    rows = rows_of({"largest": (20, 5, 10, 15), "rest": (30, 10, 10, 20), "b": (10, 5, 5, 10)})
    audit = fl.audit(rows, y_true="y", y_pred="p", favorable=1, sensitive_features="group")
    assert set(audit.difference("selection_rate").to_frame()["reference"]) == {"rest"}  # 70 people
    assert audit.sentence
    panel = fl.panel(audit)
    everybody_else = panel.show(reference="rest").view.pairs
    assert len(everybody_else) == 3
    named = panel.show(reference=("rest",)).view.pairs
    assert len(named) == 2
