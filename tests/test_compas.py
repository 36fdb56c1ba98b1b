"""Broward County, Florida: COMPAS scores of 7,214 people, decile 5 and above counted as a prediction of re-offending.

Counts by ProPublica (propublica/compas-analysis at bafff5d, compas-scores-two-years.csv), as printed in its notebook.
"""

import pandas as pd
import pytest

import fairlens as fl

#                     TP    FP   FN    TN
COUNTS = {
    "African-American": (1369, 805, 532, 990),
    "Caucasian": (505, 349, 461, 1139),
    "Hispanic": (103, 87, 129, 318),
    "Other": (43, 36, 90, 208),
    "Asian": (6, 2, 3, 21),
    "Native American": (9, 3, 1, 5),
}
#                      n     FPR    FNR    PPV    NPV    selected
PUBLISHED = {
    "African-American": (3696, 44.85, 27.99, 0.6297, 0.6505, 0.5882),
    "Caucasian": (2454, 23.45, 47.72, 0.5913, 0.7119, 0.3480),
    "Hispanic": (637, 21.48, 55.60, 0.5421, 0.7114, 0.2983),
    "Other": (377, 14.75, 67.67, 0.5443, 0.6980, 0.2095),
    "Asian": (32, 8.70, 33.33, 0.75, 0.875, 0.25),
    "Native American": (18, 37.50, 10.00, 0.75, 0.8333, 0.6667),
}
ALL = (7214, 32.35, 37.40, 0.6135, 0.6880, 0.4598)
RATES = ["false_positive_rate", "false_negative_rate", "precision", "negative_predictive_value", "selection_rate"]
ROLES = {"favorable": 0, "words": {"decision": "scored 5 or more", "truth": "charged again"}}


@pytest.fixture(scope="module", params=["typed", "file"])
def compas(request, rows_of):
    if request.param == "typed":
        return fl.audit(rows_of(COUNTS, "race"), y_true="y", y_pred="p", sensitive_features="race", **ROLES)
    rows = pd.read_csv(request.getfixturevalue("real_data")("compas-scores-two-years.csv"))
    return fl.audit(rows, y_true="two_year_recid", y_score="decile_score", threshold=5, sensitive_features=["race", "sex"], **ROLES)


def shown(rows):
    """A person count, two rates in per cent with two decimals, three shares with four."""
    rates = rows.set_index("metric")
    per_cent = [round(100 * float(rates.loc[name, "value"]), 2) for name in RATES[:2]]
    return [int(rates.loc["selection_rate", "n"]), *per_cent, *(round(float(rates.loc[name, "value"]), 4) for name in RATES[2:])]


@pytest.mark.parametrize("race", PUBLISHED)
def test_rates_are_those_published(compas, race):
    table = compas.by_group(RATES, by="race").to_frame()
    assert shown(table[table["race"] == race]) == list(PUBLISHED[race])


def test_overall_rates_are_those_published(compas):
    assert shown(compas.overall(RATES).to_frame()) == list(ALL)


def test_difference_of_false_positive_rates(compas):
    table = compas.difference("false_positive_rate", by="race", reference="Caucasian").to_frame().set_index("race")
    row = table.loc["African-American"]
    assert row["difference"] == pytest.approx(0.213925, abs=5e-7)
    assert [round(row["lower"], 4), round(row["upper"], 4)] == [0.1821, 0.2450]


def test_ratio_of_false_positive_rates(compas):
    """Koopman's interval; with the correction of Miettinen and Nurminen it would start at 1.7225."""
    row = compas.ratio("false_positive_rate", by="race", reference="Caucasian").to_frame().set_index("race").loc["African-American"]
    assert row["ratio"] == pytest.approx(1.91209, abs=5e-6)
    assert [round(row["lower"], 4), round(row["upper"], 4)] == [1.7226, 2.1256]


def test_wilson_intervals_of_false_positive_rates(compas):
    table = compas.by_group("false_positive_rate", by="race").to_frame().set_index("race")
    limits = {race: [round(100 * table.loc[race, end], 2) for end in ("lower", "upper")] for race in ("African-American", "Caucasian")}
    assert limits == {"African-American": [42.56, 47.16], "Caucasian": [21.37, 25.67]}


def test_few_people_are_marked(compas):
    table = compas.by_group("false_positive_rate", by="race").to_frame().set_index("race")
    assert table["status"].to_dict() == {race: "small" if race == "Native American" else "ok" for race in COUNTS}


def test_the_sentence(compas):
    """The largest supported difference in being scored 5 or more, among six groups."""
    sentence = compas.difference("selection_rate", by="race", reference="Caucasian").sentence
    assert sentence == (
        "Of 100 Native American people 67 are scored 5 or more, of 100 Caucasian 35: 32 more (9 to 49),"
        " to the disadvantage of Native American people."
    )


def test_by_sex(real_data):
    rows = pd.read_csv(real_data("compas-scores-two-years.csv"))
    compas = fl.audit(rows, y_true="two_year_recid", y_score="decile_score", threshold=5, sensitive_features="sex", **ROLES)
    table = compas.by_group(RATES).to_frame()
    assert shown(table[table["sex"] == "Female"])[:4] == [1395, 32.11, 39.16, 0.5127]
    assert shown(table[table["sex"] == "Male"])[:4] == [5819, 32.42, 37.09, 0.6354]
