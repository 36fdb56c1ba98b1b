"""summarize: numbers over all groups, what chance makes of them, and who is left out."""

import math

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame
from fairlearn.metrics import equalized_odds_difference as fairlearn_odds

import fairlens as fl
from fairlens.exceptions import OneGroup, OutOfRange, RoleNeeded, WrongKind
from fairlens.stats import (
    between_variance,
    gap_by_chance,
    max_min_difference,
    min_max_ratio,
    pairs_quantile,
    smallest_seen,
)

TABLES = {"a": (30, 15, 20, 35), "b": (50, 30, 30, 90), "c": (20, 5, 20, 15)}
KEY = ["metric", "statistic", "part"]


@pytest.fixture
def audit_of(rows_of):
    def make(tables=TABLES, **options):
        return fl.audit(rows_of(tables), **{"y_true": "y", "y_pred": "p", "sensitive_features": "group", "favorable": 1, **options})

    return make


def told(result):
    frame = result.to_frame()
    return {(row.metric, row.statistic, row.part): row for row in frame.itertuples()}


def test_the_numbers_of_one_rate(audit_of):
    x, n = np.array([45, 80, 25]), np.array([100, 200, 60])
    rows = told(fl.summarize(audit_of(), "selection_rate"))
    gap = rows["selection_rate", "max_min_difference", ""]
    assert (gap.value, gap.lower, gap.upper) == max_min_difference(x, n)
    assert (gap.highest, gap.lowest, gap.n, gap.groups) == ("a", "b", 360, 3)
    assert gap.expected_by_chance == gap_by_chance(n, 150 / 360).mean
    assert gap.expected_by_chance < gap.expected_by_chance_95
    ratio = rows["selection_rate", "min_max_ratio", ""]
    assert (ratio.value, ratio.lower, ratio.upper) == min_max_ratio(x, n)
    spread = rows["selection_rate", "between_group_sd", ""]
    variance = between_variance(x, n)
    assert spread.value == math.sqrt(max(0, variance.corrected))
    assert rows["selection_rate", "between_group_sd", "uncorrected"].value == pytest.approx(np.std(x / n, ddof=1))
    worst = rows["selection_rate", "worst_group", ""]
    assert (worst.group, worst.value) == ("b", 0.4)
    assert 0.3 < worst.probability < 0.9
    assert worst.lower < worst.value < worst.upper


@pytest.mark.parametrize(
    ("metric", "favorable", "worst"),
    [
        ("selection_rate", 1, "low"), ("selection_rate", 0, "high"), ("rejection_rate", 1, "high"), ("rejection_rate", 0, "low"),
        ("false_positive_rate", 1, "high"), ("false_negative_rate", None, "high"), ("false_discovery_rate", 0, "high"), ("false_omission_rate", 1, "high"),
        ("true_positive_rate", 0, "low"), ("true_negative_rate", None, "low"), ("precision", 1, "low"), ("negative_predictive_value", 0, "low"),
        ("accuracy", None, "low"), ("selection_rate", None, None), ("prevalence", 1, None),
    ],
)  # fmt: skip
def test_which_end_is_worse(audit_of, metric, favorable, worst):
    audit = audit_of(favorable=favorable)
    row = told(fl.summarize(audit, metric))[metric, "worst_group", ""]
    rates = audit.by_group(metric).to_frame().set_index("group")["value"]
    if worst is None:
        assert (row.status, row.group) == ("undefined", None) or math.isnan(row.value)
        assert row.reason
    else:
        assert row.group == (rates.idxmin() if worst == "low" else rates.idxmax())


def test_equalized_odds_is_that_of_fairlearn_and_shows_its_parts(audit_of, rows_of):
    rows = rows_of(TABLES)
    found = told(fl.summarize(audit_of(), "equalized_odds_difference"))
    both = found["true_positive_rate and false_positive_rate", "equalized_odds_difference", ""]
    expected = fairlearn_odds(rows["y"], rows["p"], sensitive_features=rows["group"])
    assert both.value == pytest.approx(expected, abs=1e-12)
    parts = [found[name, "equalized_odds_difference", name] for name in ("true_positive_rate", "false_positive_rate")]
    assert both.value == max(part.value for part in parts)
    assert both.lower <= max(part.lower for part in parts)
    assert both.upper >= max(part.upper for part in parts)
    assert both.expected_by_chance >= max(part.expected_by_chance for part in parts)


def test_average_odds_can_cancel_and_its_parts_tell(audit_of):
    tables = {"a": (90, 10, 10, 90), "b": (50, 50, 50, 50)}
    found = told(fl.summarize(audit_of(tables), "average_odds_difference"))
    both = found["true_positive_rate and false_positive_rate", "average_odds_difference", ""]
    parts = [found[name, "average_odds_difference", name].value for name in ("true_positive_rate", "false_positive_rate")]
    assert parts == pytest.approx([-0.4, 0.4])
    assert both.value == pytest.approx(0)
    assert both.lower < 0 < both.upper
    assert "cancel" in both.reason
    assert (both.group, both.lowest) == ("b", "a")


def test_inequality_of_benefits_is_the_published_example(audit_of):
    """Ten people of the tests of AIF360 with two errors of each kind: 0.2 and 4 ln 2 / 10; between and within add up."""
    found = told(fl.summarize(audit_of({"a": (2, 1, 1, 1), "b": (1, 1, 1, 2)}, min_denominator=1, suppress_below=1), ["generalized_entropy", "theil"]))
    assert found["benefit", "generalized_entropy", ""].value == pytest.approx(0.2)
    assert found["benefit", "theil", ""].value == pytest.approx(4 * math.log(2) / 10)
    for statistic in ("generalized_entropy", "theil"):
        parts = [found["benefit", statistic, part].value for part in ("between", "within")]
        assert sum(parts) == pytest.approx(found["benefit", statistic, ""].value)
        assert found["benefit", statistic, "between"].expected_by_chance > 0


def test_whose_benefit_follows_what_people_want(audit_of):
    good, bad, unsaid = (told(fl.summarize(audit_of(favorable=one), "theil"))["benefit", "theil", ""] for one in (1, 0, None))
    assert good.value != pytest.approx(bad.value)
    assert unsaid.value == good.value
    assert "`favorable` was not given" in unsaid.reason
    mirrored = {name: (tn, fn, fp, tp) for name, (tp, fp, fn, tn) in TABLES.items()}
    assert told(fl.summarize(audit_of(mirrored), "theil"))["benefit", "theil", ""].value == pytest.approx(bad.value)


def test_fairlearn_calls_one_undefined_group_perfect_and_we_do_not(audit_of, rows_of):
    """fairlearn leaves a group without a rate out of the largest difference, and says 0 and 1."""
    tables = {"a": (30, 15, 20, 35), "b": (0, 30, 0, 90)}
    rows = rows_of(tables)

    def hits(y_true, y_pred):
        return y_pred[y_true == 1].mean() if (y_true == 1).any() else np.nan

    frame = MetricFrame(metrics=hits, y_true=rows["y"], y_pred=rows["p"], sensitive_features=rows["group"])
    assert (frame.difference(), frame.ratio()) == (0.0, 1.0)
    found = told(fl.summarize(audit_of(tables), "true_positive_rate"))
    for statistic in ("max_min_difference", "min_max_ratio", "worst_group", "between_group_sd"):
        row = found["true_positive_rate", statistic, ""]
        assert math.isnan(row.value)
        assert (row.status, row.groups, row.left_out) == ("undefined", 1, "b (undefined)")
        assert row.reason == "fewer than two groups can be compared"


def test_groups_of_few_are_left_out_and_named(audit_of):
    tables = {**TABLES, "tiny": (1, 1, 1, 1)}
    small = fl.summarize(audit_of(tables, suppress_below=1), "selection_rate")
    plain = fl.summarize(audit_of(), "selection_rate")
    assert set(small.to_frame()["left_out"]) == {"tiny (small)"}
    columns = ["value", "lower", "upper", "expected_by_chance", "n", "groups"]
    pd.testing.assert_frame_equal(small.to_frame()[columns], plain.to_frame()[columns])
    assert "Left out: tiny (small)." in small.sentence


def test_rates_of_nothing_have_no_ratio(audit_of):
    rows = told(fl.summarize(audit_of({"a": (0, 0, 20, 20), "b": (0, 0, 30, 30)}), "selection_rate"))
    assert rows["selection_rate", "max_min_difference", ""].value == 0
    assert rows["selection_rate", "max_min_difference", ""].upper > 0
    assert (rows["selection_rate", "min_max_ratio", ""].status, rows["selection_rate", "min_max_ratio", ""].reason) == ("undefined", "all rates are 0")
    assert "tied with b" in rows["selection_rate", "worst_group", ""].reason


def test_no_interval_is_a_point(audit_of):
    frame = fl.summarize(audit_of({"a": (20, 0, 0, 20), "b": (15, 0, 0, 15), "c": (20, 0, 0, 10)})).to_frame()
    with_limits = frame[frame["lower"].notna() & ~frame["part"].isin(["between", "within"])]
    assert (with_limits["upper"] > with_limits["lower"]).all()
    assert (with_limits["lower"] <= with_limits["value"] + 1e-12).all()
    assert (with_limits["value"] <= with_limits["upper"] + 1e-12).all()


def test_everything_is_the_default_as_far_as_roles_allow(audit_of, people):
    every = fl.summarize(audit_of()).to_frame()
    assert set(every["statistic"]) == {
        "max_min_difference", "min_max_ratio", "worst_group", "between_group_sd", "equalized_odds_difference", "average_odds_difference",
        "generalized_entropy", "theil",
    }  # fmt: skip
    assert set(fl.summarize(fl.audit(people, y_pred="p", sensitive_features="race")).to_frame()["metric"]) == {"selection_rate"}
    both = fl.summarize(fl.audit(people, y_true="y", y_pred="p", sensitive_features=["race", "sex"]), "accuracy").to_frame()
    assert set(both["by"]) == {"race", "sex"}
    assert not every.duplicated([*KEY, "group"]).any()


def test_bad_questions_are_refused(audit_of, people):
    for options, error in (({"draws": 5}, OutOfRange), ({"random_state": 0.5}, WrongKind), ({"confidence": 2}, OutOfRange), ({"metrics": "f1_score"}, WrongKind)):
        with pytest.raises(error, match="Hint:"):
            fl.summarize(audit_of(), **options)
    with pytest.raises(RoleNeeded, match="y_true"):
        fl.summarize(fl.audit(people, y_pred="p", sensitive_features="race"), ["theil"])
    with pytest.raises(OneGroup, match="one group only"):
        fl.summarize(fl.audit(y_true=[0, 1] * 10, y_pred=[1, 0] * 10, sensitive_features={"sex": ["f"] * 20}), "theil")


def test_merging_and_naming_change_nothing(people, audit_of):
    whole = fl.audit(people, y_true="y", y_pred="p", sensitive_features="race", favorable=1)
    parts = [fl.audit(part, y_true="y", y_pred="p", sensitive_features="race", favorable=1) for part in (people[:300], people[300:])]
    pd.testing.assert_frame_equal(fl.summarize(parts[0] + parts[1]).to_frame(), fl.summarize(whole).to_frame())
    renamed = fl.summarize(audit_of(dict(zip("zyx", TABLES.values(), strict=True))), "accuracy").to_frame()
    plain = fl.summarize(audit_of(), "accuracy").to_frame()
    gap = plain["statistic"].isin(["max_min_difference", "min_max_ratio"])
    np.testing.assert_allclose(renamed.loc[gap, ["value", "lower", "upper", "expected_by_chance"]], plain.loc[gap, ["value", "lower", "upper", "expected_by_chance"]])


def test_the_sentence_speaks_of_a_gap_only_where_the_data_support_one(audit_of):
    wide = fl.summarize(audit_of({"a": (90, 45, 5, 10), "b": (20, 10, 60, 60)}), "selection_rate").sentence
    assert wide.startswith("Selection rate by group: the largest rate less the smallest is 70.0 points (")
    assert "The groups do not all have one rate" in wide
    assert "chance alone would make about" in wide
    same = fl.summarize(audit_of({"a": (20, 10, 20, 10), "b": (21, 10, 20, 10)}))
    assert same.sentence.startswith("Cannot tell whether any rate differs between groups, allowing for 6 rates compared.")
    assert "fair" not in same.sentence + wide


def test_what_is_published_comes_from_published_rows_alone(audit_of):
    tables = {**TABLES, "d": (4, 3, 3, 4), "e": (1, 1, 1, 1)}
    found = fl.summarize(audit_of(tables, min_denominator=1))
    shown = found.published().to_frame()
    hidden = {name.split(" (")[0] for name in shown["left_out"].iloc[0].split("; ")}
    assert "e" in hidden
    alone = fl.summarize(audit_of({name: table for name, table in tables.items() if name not in hidden}, min_denominator=1)).to_frame()
    pd.testing.assert_frame_equal(shown.drop(columns="left_out"), alone.drop(columns="left_out"))
    assert "e" not in set(shown["group"])
    assert "suppressed" in found._repr_html_()
    assert "suppressed" in found.sentence


def test_beside_each_gap_stands_the_smallest_that_could_be_seen(audit_of):
    """At the level that decides the sentence: of all pairs of groups, and of all rates."""
    frame = told(fl.summarize(audit_of(), ["selection_rate", "accuracy", "equalized_odds_difference"]))
    seen = smallest_seen([100, 200, 60], 150 / 360, pairs_quantile(3, 1 - 0.05 / 3))
    row = frame["selection_rate", "max_min_difference", ""]
    assert (row.smallest_detectable, row.smallest_detectable_any_two) == (seen.least, seen.surely)
    parts = [frame[name, "equalized_odds_difference", name] for name in ("true_positive_rate", "false_positive_rate")]
    both = frame["true_positive_rate and false_positive_rate", "equalized_odds_difference", ""]
    assert both.smallest_detectable == min(part.smallest_detectable for part in parts)
    assert both.smallest_detectable_any_two == max(part.smallest_detectable_any_two for part in parts)


def test_the_smallest_gap_is_in_the_sentence_and_in_the_table(audit_of):
    for metric in ("selection_rate", "equalized_odds_difference"):
        found = fl.summarize(audit_of(), metric)
        row = found.to_frame().iloc[0]
        least, surely = (f"{100 * row[name]:.1f}" for name in ("smallest_detectable", "smallest_detectable_any_two"))
        assert f"8 of 10 audits would see a gap of {least} points between its two largest groups, and one of {surely} between its two smallest." in found.sentence
        assert "smallest gap it could see" in found.html()
        assert f"{least} to {surely} points" in found.html()
    blind = fl.summarize(audit_of({"a": (25, 10, 25, 10), "b": (1, 1, 1, 1)}, min_denominator=1, suppress_below=1), "true_positive_rate")
    assert "8 of 10 audits would see no gap, however large." in blind.sentence
    assert "none points" not in blind.html()


@pytest.mark.parametrize(("count", "said"), [(2, "Left out: t0; x (small); t1; x (small)."), (5, "Left out: 5 groups, marked in the table.")])
def test_three_groups_that_are_left_out_are_named(audit_of, count, said):
    tables = {**TABLES, **{f"t{i}; x": (1, 1, 1, 1) for i in range(count)}}
    assert fl.summarize(audit_of(tables, suppress_below=1), "selection_rate").sentence.endswith(said)
