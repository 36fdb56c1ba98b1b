"""Numbers that others printed about public data, asked of fairlens: counts typed in where the counts are published, files where given.

Sources: ProPublica (compas-analysis at bafff5d), the Aequitas demonstration on the same counts, UCI Adult and Statlog German Credit,
Buolamwini and Gebru 2018 (Gender Shades), and documentation of fairlearn.
"""

import numpy as np
import pandas as pd
import pytest
from test_compas import COUNTS, ROLES

import fairlens as fl


@pytest.fixture(scope="module")
def compas(rows_of):
    return fl.audit(rows_of(COUNTS, "race"), y_true="y", y_pred="p", sensitive_features="race", **ROLES)


# Adult: approved is an income over 50,000, counted by the data themselves (no model).
ADULT_ALL = {"Female": (1769, 16192), "Male": (9918, 32650)}
ADULT_TRAIN = {"Female": (1179, 10771), "Male": (6662, 21790)}
ADULT_COMPLETE = {"Female": (1669, 14695), "Male": (9539, 30527)}
GERMAN_25 = {"under 25": (88, 149), "25 and over": (612, 851)}
GERMAN_OVER_25 = {"25 and under": (110, 190), "over 25": (590, 810)}
FAIRLEARN_BOOTSTRAP = {"a": (5, 7), "b": (5, 11)}


def selected(table):
    """An audit of counts of people selected."""
    rows = [(group, int(k < top)) for group, (top, n) in table.items() for k in range(n)]
    return fl.audit(pd.DataFrame(rows, columns=["group", "p"]), y_pred="p", sensitive_features="group")


@pytest.mark.parametrize(
    ("table", "first", "second", "difference", "ratio"),
    [
        (ADULT_ALL, "Female", "Male", -0.194516, 0.359655),
        (ADULT_TRAIN, "Female", "Male", -0.196276, 0.358023),
        (ADULT_COMPLETE, "Female", "Male", -0.198901, 0.363470),
        (GERMAN_25, "under 25", "25 and over", -0.128550, 0.821248),
        (GERMAN_OVER_25, "25 and under", "over 25", -0.149448, 0.794826),
    ],
    ids=["adult", "adult train", "adult complete cases", "german, age 25 and over", "german, age over 25"],
)
def test_differences_and_ratios_of_public_data(table, first, second, difference, ratio):
    audit = selected(table)
    for method, name, wanted in (("difference", "difference", difference), ("ratio", "ratio", ratio)):
        found = getattr(audit, method)("selection_rate", reference=second).to_frame().set_index("group")
        assert found.loc[first, name] == pytest.approx(wanted, abs=1e-6)


def test_rates_of_the_bootstrap_example_of_fairlearn():
    found = selected(FAIRLEARN_BOOTSTRAP).by_group("selection_rate").to_frame().set_index("group")["value"]
    assert found.round(6).to_dict() == {"a": 0.714286, "b": 0.454545}


def test_adult_file_holds_the_published_counts(real_data):
    rows = pd.read_csv(real_data("adult.csv"), skipinitialspace=True)
    audit = fl.audit(rows, y_pred="income-per-year", pos_label=">50K", sensitive_features=["race", "sex"])
    by_sex = audit.by_group("selection_rate", by="sex").to_frame().set_index("sex")
    assert by_sex[["numerator", "n"]].astype(int).T.to_dict("list") == {sex: list(counts) for sex, counts in ADULT_TRAIN.items()}
    assert audit.difference("selection_rate", by="sex", reference="Male").to_frame()["difference"].item() == pytest.approx(-0.196276, abs=1e-6)


@pytest.mark.parametrize(("edge", "counts"), [(25, GERMAN_25), (26, GERMAN_OVER_25)])
def test_german_file_holds_the_published_counts(real_data, edge, counts):
    rows = pd.read_csv(real_data("german.csv"))
    audit = fl.audit(rows, y_pred="credit", pos_label=1, sensitive_features="age", bins={"age": [edge]})
    frame = audit.by_group("selection_rate").to_frame()
    assert sorted(map(tuple, frame[["numerator", "n"]].astype(int).to_numpy().tolist())) == sorted(counts.values())


# What the Aequitas demonstration prints, against Hispanic and against the largest group.
AEQUITAS = [
    ("Hispanic", "African-American", "false_positive_rate", 2.087696),
    ("Hispanic", "African-American", "false_negative_rate", 0.503301),
    ("Hispanic", "African-American", "false_discovery_rate", 0.808669),
    ("Hispanic", "African-American", "selection_rate", 1.972030),
    ("African-American", "Caucasian", "false_positive_rate", 0.522987),
    ("African-American", "Caucasian", "selection_rate", 0.591638),
]


@pytest.mark.parametrize(("reference", "race", "metric", "ratio"), AEQUITAS)
def test_disparities_that_aequitas_prints(compas, reference, race, metric, ratio):
    found = compas.ratio(metric, by="race", reference=reference).to_frame().set_index("race")
    assert found.loc[race, "ratio"] == pytest.approx(ratio, abs=1e-6)


def test_shares_of_all_selected_are_those_of_aequitas_and_are_never_compared(compas):
    found = compas.by_group("predicted_positive_share", by="race").to_frame().set_index("race")["value"]
    assert found["African-American"] / found["Hispanic"] == pytest.approx(11.442105, abs=1e-6)
    assert found.sum() == pytest.approx(1)
    with pytest.raises(fl.exceptions.BadValue, match="depends on how large a group is"):
        compas.difference("predicted_positive_share", by="race")


def test_miettinen_nurminen_of_compas(compas):
    found = compas.difference("false_positive_rate", by="race", reference="Caucasian", interval="miettinen_nurminen").to_frame()
    row = found.set_index("race").loc["African-American"]
    assert [round(row["lower"], 4), round(row["upper"], 4)] == [0.1822, 0.2452]


def test_the_screen_finds_what_the_raw_gap_misses(compas):
    """A gap of 36 points stretched by two tiny groups has p = .07 by permutation; the studentised maximum is not fooled."""
    screening = fl.screen(compas, "false_positive_rate", by="race")
    frame = screening.to_frame().set_index("race")
    assert frame.loc["African-American", "p_adjusted"] == pytest.approx(1e-5, abs=1e-9)
    assert frame.loc["Caucasian", "p_adjusted"] == pytest.approx(1e-5, abs=1e-9)


# Gender Shades, Microsoft's classifier: error in per cent by skin and sex; counts are not published, so these are about the sizes.
SHADES = {("darker", "female"): (20.8, 271), ("darker", "male"): (6.0, 318), ("lighter", "female"): (1.7, 296), ("lighter", "male"): (0.0, 385)}


def test_gender_shades_a_ratio_to_no_errors_is_undefined():
    rows = [
        (skin, sex, 1, int(k >= round(error * n / 100))) for (skin, sex), (error, n) in SHADES.items() for k in range(n)
    ]
    audit = fl.audit(pd.DataFrame(rows, columns=["skin", "sex", "y", "p"]), y_true="y", y_pred="p", sensitive_features=["skin", "sex"])
    rates = audit.by_group("false_negative_rate", by=["skin", "sex"]).to_frame().set_index(["skin", "sex"])["value"]
    for group, (error, _) in SHADES.items():
        assert 100 * rates[group] == pytest.approx(error, abs=0.3)
    assert 100 * audit.overall("false_negative_rate").to_frame()["value"].item() == pytest.approx(6.3, abs=0.3)
    table = audit.ratio("false_negative_rate", by=["skin", "sex"], reference=("lighter", "male")).to_frame()
    assert set(table["status"]) == {"undefined"}
    assert set(table["reason"]) == {"the reference's rate is 0"}
    apart = audit.difference("false_negative_rate", by=["skin", "sex"], reference=("lighter", "male")).to_frame()
    worst = apart.set_index(["skin", "sex"]).loc[("darker", "female")]
    assert worst["lower"] > 0.15
    assert worst["upper"] - worst["lower"] > 0.05  # a rate of 0 does not mean certainty


def test_impossibility_of_equal_error_rates_with_unequal_prevalence(compas):
    """Chouldechova 2017: FPR = prevalence / (1 - prevalence) * (1 - PPV) / PPV * TPR holds in every group, so they cannot all match."""
    names = ["prevalence", "precision", "true_positive_rate", "false_positive_rate"]
    wide = compas.by_group(names, by="race").to_frame().pivot(index="race", columns="metric", values="value")
    p, ppv, tpr, fpr = (wide[name] for name in names)
    np.testing.assert_allclose(fpr, p / (1 - p) * (1 - ppv) / ppv * tpr, rtol=1e-12)
