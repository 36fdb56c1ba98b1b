"""choose_thresholds: costs are those of counting, choices are the lowest, and what is said with them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fairlens as fl
from fairlens.exceptions import BadValue, OutOfRange, RoleNeeded, WrongKind
from fairlens.stats import wilson

Z = 1.959963984540054


def test_costs_and_rates_are_counted(scored_people, audit_scores):
    result = fl.choose_thresholds(audit_scores(scored_people), false_positive=2, false_negative=5)
    table = result.to_frame()
    assert list(table.columns) == [
        "group", "threshold", "cost", "lower", "upper", "n", "selection_rate", "true_positive_rate", "false_positive_rate", "current", "common", "own",
        "status", "reason",
    ]  # fmt: skip
    for row in table.itertuples():
        people = scored_people if row.group == fl.ALL else scored_people[scored_people["group"] == row.group]
        decided = people["s"] >= row.threshold
        cost = 100 * (2 * (decided & (people["y"] == 0)) + 5 * (~decided & (people["y"] == 1))).mean()
        assert row.cost == pytest.approx(cost)
        assert row.lower < row.cost < row.upper
        assert row.selection_rate == pytest.approx(decided.mean())
        assert row.true_positive_rate == pytest.approx(decided[people["y"] == 1].mean())
        assert row.false_positive_rate == pytest.approx(decided[people["y"] == 0].mean())
        assert row.n == len(people)


def test_the_lowest_costs_are_chosen(scored_people, audit_scores):
    result = fl.choose_thresholds(audit_scores(scored_people), false_negative=3)
    table = result.to_frame()
    for group, rows in table.groupby("group"):
        marked = rows[rows["common" if group == fl.ALL else "own"]]
        assert len(marked) == 1
        assert marked["cost"].iloc[0] == rows["cost"].min()
    assert table["common"].sum() == 4  # everybody's, and the same threshold in each group
    assert table.loc[table["current"], "threshold"].eq(0.5).all()
    assert result.thresholds == table[table["own"]].set_index("group")["threshold"].to_dict()
    assert result.common.threshold == table.loc[table["common"], "threshold"].iloc[0]


def test_costs_decide(scored_people, audit_scores):
    audit = audit_scores(scored_people)
    low = fl.choose_thresholds(audit, false_negative=20).common.threshold
    high = fl.choose_thresholds(audit, false_positive=20).common.threshold
    assert low < fl.choose_thresholds(audit).common.threshold < high


def test_interval_of_equal_costs_is_wilsons(scored_people, audit_scores):
    row = fl.choose_thresholds(audit_scores(scored_people)).common
    lower, upper = wilson(row.cost / 100 * row.n, row.n, Z)
    assert (row.lower, row.upper) == pytest.approx((100 * float(lower), 100 * float(upper)))


def test_interval_of_unequal_costs_is_near_the_bootstrap(scored_people, audit_scores):
    row = fl.choose_thresholds(audit_scores(scored_people), false_positive=1, false_negative=6).common
    decided = (scored_people["s"] >= row.threshold).to_numpy()
    costs = np.where(decided, scored_people["y"] == 0, 6 * (scored_people["y"] == 1))
    drawn = np.random.default_rng(0).choice(costs, (2000, len(costs))).mean(axis=1)
    assert (row.lower, row.upper) == pytest.approx(tuple(100 * np.quantile(drawn, [0.025, 0.975])), rel=0.03)


def test_no_errors_at_all_cost_nothing_with_an_upper_limit(audit_scores):
    frame = pd.DataFrame({"group": ["a", "b"] * 30, "y": [0] * 30 + [1] * 30, "s": [0.2] * 30 + [0.8] * 30})
    row = fl.choose_thresholds(audit_scores(frame)).common
    assert (row.cost, row.lower) == (0, 0)
    assert row.upper == pytest.approx(100 * float(wilson(0, 60, Z)[1]))
    assert row.threshold == 0.5  # of all that cost nothing the one that is decided at now


@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 6)), min_size=24, max_size=60), st.floats(0.1, 9), st.floats(0.1, 9)
)
@settings(deadline=None, max_examples=40)
def test_no_threshold_costs_less(rows, wrongly, missed):
    frame = pd.DataFrame(rows, columns=["y", "s"]).astype(int).assign(g="a")
    if frame["y"].nunique() < 2:
        return
    audit = fl.audit(frame, y_true="y", y_score="s", threshold=3, sensitive_features="g")
    best = fl.choose_thresholds(audit, false_positive=wrongly, false_negative=missed).to_frame()
    costs = [
        100 * (wrongly * ((frame["s"] >= cut) & (frame["y"] == 0)) + missed * ((frame["s"] < cut) & (frame["y"] == 1))).mean() for cut in range(1, 8)
    ]
    small = min(frame["y"].sum(), (1 - frame["y"]).sum()) < 10
    assert best["cost"].min() == pytest.approx(min(costs))
    assert best["common"].any() == (not small)


def test_thresholds_can_be_decided_at_and_shown(scored_people, audit_scores):
    audit = audit_scores(scored_people)
    choice = fl.choose_thresholds(audit)
    at = audit.at(choice.thresholds, by="group")
    rates = at.by_group("selection_rate").to_frame().set_index("group")["value"]
    chosen = {row.group[0]: row.selection_rate for row in choice.own}
    assert rates.to_dict() == pytest.approx(chosen)
    assert "selection rate" in at.by_group("selection_rate").sentence
    assert choice.published().thresholds == choice.thresholds


def test_declared_thresholds_are_candidates(scored_people, audit_scores):
    cuts = set(fl.choose_thresholds(audit_scores(scored_people, threshold=[0.5, 0.37])).to_frame()["threshold"])
    assert {0.37, 0.5, 0.05} <= cuts
    assert 0.36 not in cuts


def test_the_current_threshold_between_two_candidates(scored_people, audit_scores):
    result = fl.choose_thresholds(audit_scores(scored_people).at(0.33))
    assert result.to_frame().query("current")["threshold"].tolist() == [0.33] * 4
    assert not result.to_frame().query("threshold == 0.33")["common"].any()
    assert "as it is" not in result.published().sentence


def test_decisions_as_taken_are_the_current_ones(scored_people, audit_scores):
    frame = scored_people.assign(p=(scored_people["s"] > 0.7).astype(int))
    audit = audit_scores(frame, y_pred="p")
    table = fl.choose_thresholds(audit).to_frame()
    now = table[table["current"]]
    assert now["threshold"].isna().all()
    for row in now.itertuples():
        people = frame if row.group == fl.ALL else frame[frame["group"] == row.group]
        assert row.cost == pytest.approx(100 * (people["p"] != people["y"]).mean())
    assert "as decided" in fl.choose_thresholds(audit).html()


def test_weights_count(scored_people, audit_scores):
    result = fl.choose_thresholds(audit_scores(scored_people, sample_weight="w"))
    row = result.common
    wrong = (scored_people["s"] >= row.threshold) != (scored_people["y"] == 1)
    assert row.cost == pytest.approx(100 * np.average(wrong, weights=scored_people["w"]))
    plain = fl.choose_thresholds(audit_scores(scored_people)).common
    assert row.upper - row.lower > plain.upper - plain.lower


def test_groups_too_small_to_choose_by_get_the_common_threshold(scored_people, audit_scores):
    few = pd.DataFrame({"group": "few", "sex": "f", "y": [1] * 4 + [0] * 20, "s": np.linspace(0, 0.9, 24).round(2), "w": 1.0})
    result = fl.choose_thresholds(audit_scores(pd.concat([scored_people, few])))
    rows = result.to_frame().query("group == 'few'")
    assert rows["status"].eq("small").all()
    assert not rows["own"].any()
    assert result.thresholds["few"] == result.common.threshold
    assert "few (small)" in result.sentence


def test_one_class_and_hidden_groups(scored_people, audit_scores):
    frame = pd.concat([scored_people, scored_people.head(30).assign(group="sure", y=1), scored_people.head(5).assign(group="tiny")])
    result = fl.choose_thresholds(audit_scores(frame))
    assert result.to_frame().query("group == 'sure'")["reason"].tolist() == ["nobody without the event"]
    shown = result.published().to_frame()
    hidden = shown.query("group == 'tiny'")
    assert hidden["status"].tolist() == ["suppressed"]
    assert hidden[["threshold", "cost", "n", "selection_rate"]].isna().all().all()
    assert not hidden[["current", "common", "own"]].any().any()


def test_sentence_says_its_cautions(scored_people, audit_scores):
    result = fl.choose_thresholds(audit_scores(scored_people), false_positive=2, words={"cost": "euros"})
    assert " euros per 100 people (" in result.sentence
    assert "n=1,200" in result.sentence
    assert "expect higher costs on others" in result.sentence
    assert "may be unlawful" in result.sentence
    assert "; as it is, " in result.sentence
    assert "euros per 100" in result.html()
    assert "wrong decisions per 100" in fl.choose_thresholds(audit_scores(scored_people)).sentence


def test_several_columns_have_no_single_mapping(scored_people, audit_scores):
    audit = audit_scores(scored_people, sensitive_features=["group", "sex"])
    with pytest.raises(BadValue, match="several|group, sex"):
        fl.choose_thresholds(audit).thresholds
    assert set(fl.choose_thresholds(audit, by="sex").thresholds) == {"f", "m"}
    crossed = fl.choose_thresholds(audit, by=["group", "sex"]).to_frame()
    assert crossed[["group", "sex"]].drop_duplicates().shape == (7, 2)


def test_what_is_refused(scored_people, audit_scores):
    audit = audit_scores(scored_people)
    with pytest.raises(OutOfRange, match="both 0"):
        fl.choose_thresholds(audit, false_positive=0, false_negative=0)
    for cost in (-1, "1", float("nan"), True):
        with pytest.raises(OutOfRange):
            fl.choose_thresholds(audit, false_negative=cost)
    for words in ("euros", {"money": "euros"}, {"cost": 3}):
        with pytest.raises(WrongKind):
            fl.choose_thresholds(audit, words=words)
    with pytest.raises(WrongKind):
        fl.choose_thresholds("audit")
    with pytest.raises(RoleNeeded, match="y_true"):
        fl.choose_thresholds(audit_scores(scored_people.drop(columns="y"), y_true=None))
    decided = fl.audit(scored_people.assign(p=1), y_true="y", y_pred="p", sensitive_features="group")
    with pytest.raises(RoleNeeded, match="y_score"):
        fl.choose_thresholds(decided)
