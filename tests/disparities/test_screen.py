"""screen: which of many groups differ, what it says of the others, and what leaves."""

import math

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportions_chisquare

import fairlens as fl
from fairlens.exceptions import BadValue, LevelNotFound, OneGroup, OutOfRange, RoleNeeded, WrongKind
from fairlens.stats import max_min_difference, max_z_permutation, newcombe, pairs_quantile, smallest_seen

#                     TP    FP   FN    TN
COMPAS = {
    "African-American": (1369, 805, 532, 990),
    "Asian": (6, 2, 3, 21),
    "Caucasian": (505, 349, 461, 1139),
    "Hispanic": (103, 87, 129, 318),
    "Native American": (9, 3, 1, 5),
    "Other": (43, 36, 90, 208),
}
QUICK = {"draws": 999}


@pytest.fixture(scope="module")
def compas(rows_of):
    def make(**options):
        return fl.audit(rows_of(COMPAS, "race"), y_true="y", y_pred="p", sensitive_features="race", favorable=0, **options)

    return make


def by_race(result):
    return result.to_frame().set_index("race")


def test_the_false_positive_rates_of_all_races(compas):
    """All six races, the one with eight people too: the published numbers."""
    found = fl.screen(compas(min_denominator=1), "false_positive_rate")
    rows, family = by_race(found), found.families_frame().iloc[0]
    assert family["critical"] == pytest.approx(2.58, abs=0.01)
    assert [round(family["chi_square"]), f"{family['p_value']:.0e}", family["df"], family["groups"]] == [244, "9e-51", 5, 6]
    assert rows.loc[["African-American", "Caucasian", "Hispanic", "Other"], "p_adjusted"].tolist() == [1e-5] * 4
    assert family["gap"] == pytest.approx(0.362, abs=5e-4)
    assert family["expected_by_chance"] == pytest.approx(0.196, abs=0.005)
    assert family["left_out"] == ""


def test_groups_of_few_are_left_out_and_named(compas):
    found = fl.screen(compas(), "false_positive_rate", **QUICK)
    rows, family = by_race(found), found.families[0]
    small = rows.loc["Native American"]
    assert (small["status"], small["n"], small["value"]) == ("small", 8, 0.375)
    assert small[["difference", "p_value", "p_adjusted", "p_holm", "p_bh", "minimum_detectable"]].isna().all()
    assert [row.group for row in family.left_out] == [("Native American",)]
    assert family.size == 5
    assert "Left out: Native American (small)." in found.sentence
    kept = {race: table for race, table in COMPAS.items() if race != "Native American"}
    x, n = (np.array([one(table) for table in kept.values()]) for one in (lambda t: t[1], lambda t: t[1] + t[3]))
    tested = max_z_permutation(x, n, 999)
    np.testing.assert_array_equal(rows.loc[list(kept), "p_adjusted"], tested.p_adjusted)
    np.testing.assert_allclose(rows.loc[list(kept), "z_score"], tested.z)
    assert family.omnibus.p_value == pytest.approx(proportions_chisquare(x, n)[1], rel=1e-9)
    assert family.gap == max_min_difference(x, n)
    rest_x, rest_n = x.sum() - x, n.sum() - n
    limits = newcombe(x, n, rest_x, rest_n, family.critical)
    np.testing.assert_allclose(rows.loc[list(kept), ["difference_lower", "difference_upper"]].to_numpy().T, limits)
    np.testing.assert_allclose(rows.loc[list(kept), "difference"], x / n - rest_x / rest_n)
    assert rows.loc[list(kept), "n_reference"].tolist() == rest_n.tolist()


def test_the_sentence_says_what_differs_and_what_it_cannot_tell(compas):
    sentence = fl.screen(compas(), "false_positive_rate").sentence
    assert sentence.startswith("False positive rate by race: the 5 groups do not all have one rate (chi-square 244.2 on 4 degrees of freedom, p under 0.001, n=3,955).")
    assert "African-American 44.8 % against 21.9 %: +22.9 points (+19.2 to +26.5), n=1,795 against 2,160" in sentence
    assert "For the other group it cannot tell." in sentence
    assert "is 36.2 points (22.2 to 44.0); if all groups had one rate, chance alone would make about 10.1" in sentence


def test_a_permuted_attribute_differs_in_nothing():
    rng = np.random.default_rng(1)
    race = np.repeat(list("abcdef"), [200, 100, 60, 40, 25, 12])
    audit = fl.audit(y_pred=rng.permutation([1] * 150 + [0] * 287), sensitive_features={"race": race})
    found = fl.screen(audit, "selection_rate", **QUICK)
    assert (found.to_frame()["p_adjusted"] > 0.05).all()
    assert "cannot tell whether the 6 groups differ at all" in found.sentence
    assert "Cannot tell of any one group" in found.sentence
    assert "fair" not in found.sentence


def test_a_reference_group_has_no_row_and_the_others_are_against_it(compas):
    found = fl.screen(compas(), "false_positive_rate", reference="Caucasian", **QUICK)
    rows = by_race(found)
    assert "Caucasian" not in rows.index
    assert set(rows["reference"]) == {"Caucasian"}
    plain = compas().difference("false_positive_rate", reference="Caucasian").to_frame().set_index("race")
    able = rows.index[rows["status"] == "ok"]
    np.testing.assert_allclose(rows.loc[able, "difference"], plain.loc[able, "difference"])
    assert (rows.loc[able, "difference_lower"] < plain.loc[able, "lower"]).all()
    assert found.families[0].size == 4
    largest = by_race(fl.screen(compas(), "false_positive_rate", reference="largest", **QUICK))
    assert set(largest["reference"]) == {"African-American"}


def test_a_reference_of_few_compares_nothing(compas):
    found = fl.screen(compas(), "false_positive_rate", reference="Native American", **QUICK)
    rows = by_race(found)
    assert set(rows["status"]) == {"undefined"}
    assert set(rows["reason"]) == {"fewer than 10 people in the reference's denominator"}
    assert rows["p_adjusted"].isna().all()
    assert "cannot tell" in found.sentence


@pytest.mark.parametrize("reference", ["best", "overall"])
def test_some_references_make_the_tests_wrong(compas, reference):
    with pytest.raises(BadValue, match="reference"):
        fl.screen(compas(), "selection_rate", reference=reference)


def test_bad_questions_are_refused(compas):
    audit = compas()
    for options, error in (
        ({"draws": 10}, OutOfRange), ({"draws": 1e5}, OutOfRange), ({"random_state": None}, WrongKind), ({"confidence": 95}, OutOfRange),
        ({"reference": "Martian"}, LevelNotFound), ({"by": "sex"}, LevelNotFound), ({"reference": ["a"]}, WrongKind),
    ):  # fmt: skip
        with pytest.raises(error, match="Hint:"):
            fl.screen(audit, "selection_rate", **options)
    with pytest.raises(WrongKind, match="f1_score"):
        fl.screen(audit, "f1_score")
    with pytest.raises(WrongKind, match="predicted_positive_share"):
        fl.screen(audit, "predicted_positive_share")
    one = fl.audit(y_pred=[1, 0] * 20, sensitive_features={"sex": ["f"] * 40})
    with pytest.raises(OneGroup, match="one group only"):
        fl.screen(one, "selection_rate")
    with pytest.raises(RoleNeeded, match="y_true"):
        fl.screen(one, "accuracy")


def test_a_word_that_is_also_a_level_is_not_guessed(rows_of):
    audit = fl.audit(rows_of({"rest": (20, 5, 10, 15), "b": (10, 5, 5, 10)}), y_true="y", y_pred="p", sensitive_features="group")
    assert len(fl.screen(audit, "selection_rate", **QUICK).rows) == 2
    assert len(fl.screen(audit, "selection_rate", reference=("rest",), **QUICK).rows) == 1
    with pytest.raises(BadValue, match="ambiguous"):
        fl.screen(audit, "selection_rate", reference="rest", **QUICK)


def test_each_attribute_and_metric_is_a_family(people):
    audit = fl.audit(people, y_true="y", y_pred="p", sensitive_features=["race", "sex"])
    found = fl.screen(audit, ["selection_rate", "accuracy"], **QUICK)
    assert [(one.by, one.metric.name) for one in found.families] == [
        (("race",), "selection_rate"), (("race",), "accuracy"), (("sex",), "selection_rate"), (("sex",), "accuracy")
    ]  # fmt: skip
    frame = found.to_frame()
    assert (frame.loc[frame["sex"] == fl.ALL, "race"] != fl.ALL).all()
    alone = fl.screen(audit, "accuracy", by="sex", **QUICK).to_frame()
    inside = frame[(frame["metric"] == "accuracy") & (frame["race"] == fl.ALL)]
    np.testing.assert_array_equal(inside["p_adjusted"], alone["p_adjusted"])
    crossed = fl.screen(audit, "accuracy", by=["race", "sex"], **QUICK)
    assert crossed.families[0].by == ("race", "sex")
    assert fl.screen(audit, "accuracy", reference="white", **QUICK).families[0].by == ("race",)


def test_merged_audits_are_screened_as_one(people):
    whole = fl.audit(people, y_true="y", y_pred="p", sensitive_features="race")
    half, other = (fl.audit(part, y_true="y", y_pred="p", sensitive_features="race") for part in (people[:400], people[400:]))
    pd.testing.assert_frame_equal(
        fl.screen(half + other, "accuracy", **QUICK).to_frame(), fl.screen(whole, "accuracy", **QUICK).to_frame()
    )


def test_the_order_and_the_names_of_groups_change_nothing(rows_of):
    tables = {"a": (30, 15, 20, 35), "b": (50, 30, 30, 90), "c": (20, 5, 20, 15)}
    renamed = dict(zip(["z", "y", "x"], tables.values(), strict=True))
    one, two = (
        fl.screen(fl.audit(rows_of(table), y_true="y", y_pred="p", sensitive_features="group"), "selection_rate", **QUICK) for table in (tables, renamed)
    )
    np.testing.assert_array_equal(one.to_frame()["p_adjusted"], two.to_frame()["p_adjusted"][::-1])
    assert one.families[0].by_chance == two.families[0].by_chance


def test_weights_are_screened_by_simulation(people):
    rng = np.random.default_rng(2)
    heavy = people.assign(w=rng.integers(1, 6, len(people)) / 2)
    audit = fl.audit(heavy, y_pred="p", sensitive_features="race", sample_weight="w")
    found = fl.screen(audit, "selection_rate", **QUICK)
    family = found.families[0]
    assert family.method == "normal"
    rest = audit.difference("selection_rate", reference="rest").to_frame()
    np.testing.assert_allclose(found.to_frame()["difference"], rest["difference"])
    ones = fl.audit(people.assign(w=1.0), y_pred="p", sensitive_features="race", sample_weight="w")
    assert fl.screen(ones, "selection_rate", **QUICK).families[0].method == "permutation"


def test_what_is_published_comes_from_published_rows_alone(rows_of):
    tables = {"a": (40, 15, 20, 35), "b": (50, 30, 30, 90), "c": (20, 15, 20, 15), "d": (9, 8, 9, 9), "e": (1, 1, 1, 1)}
    audit = fl.audit(rows_of(tables), y_true="y", y_pred="p", sensitive_features="group", min_denominator=1)
    raw = fl.screen(audit, "selection_rate", **QUICK)
    shown = raw.published()
    frame = shown.to_frame().set_index("group")
    hidden = frame.index[frame["status"] == "suppressed"].tolist()
    assert "e" in hidden
    assert len(hidden) >= 2
    assert frame.loc[hidden].select_dtypes("number").isna().all(axis=None)
    kept = {name: table for name, table in tables.items() if name not in hidden}
    alone = fl.screen(
        fl.audit(rows_of(kept), y_true="y", y_pred="p", sensitive_features="group", min_denominator=1), "selection_rate", **QUICK
    )
    pd.testing.assert_frame_equal(frame.loc[list(kept)].reset_index()[alone.to_frame().columns], alone.to_frame(), check_dtype=False)
    assert shown.families[0].by_chance == alone.families[0].by_chance
    assert shown.published() is shown
    text = raw.sentence + raw._repr_html_() + repr(raw)
    assert "e (suppressed)" in text
    assert raw.to_frame()["status"].tolist().count("suppressed") == 0


def test_an_answer_is_frozen_and_plain(compas):
    found = fl.screen(compas(), "false_positive_rate", **QUICK)
    plain = found.to_dict()
    assert plain["kind"] == "Screening"
    assert len(plain["rows"]) == 6
    assert not any(isinstance(cell, float) and math.isnan(cell) for row in plain["rows"] for cell in row)
    assert found.to_frame().equals(fl.screen(compas(), "false_positive_rate", **QUICK).to_frame())
    assert "<table" in found._repr_html_()


def test_beside_the_gap_stands_the_smallest_that_could_be_seen(compas):
    found = fl.screen(compas(), "false_positive_rate", **QUICK)
    family = found.families_frame().iloc[0]
    n = np.array([table[1] + table[3] for race, table in COMPAS.items() if race != "Native American"])
    seen = smallest_seen(n, family["rate"], pairs_quantile(5, 0.95))
    assert (family["smallest_detectable"], family["smallest_detectable_any_two"]) == (seen.least, seen.surely)
    said = f"8 of 10 audits would see a gap of {100 * seen.least:.1f} points between its two largest groups, and one of {100 * seen.surely:.1f} between its two smallest."
    assert said in found.sentence
    assert said in found.plot().alt
