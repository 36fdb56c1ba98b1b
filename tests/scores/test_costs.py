"""Costs in the user's own words, and the cost of decisions as they are where a reader sees a part of them."""

import math

import numpy as np
import pandas as pd
import pytest

import fairlens as fl
from fairlens.exceptions import BadValue, OutOfRange, WrongKind
from fairlens.scores._costs import check_words, price_decision
from fairlens.stats import wilson

Z = 1.959963984540054


@pytest.fixture(scope="module")
def few():
    """Fifteen hundred people, very few of race c."""
    rng = np.random.default_rng(0)
    size = 1500
    score = np.clip(rng.normal(0.5, 0.1, size), 0, 1)
    people = {"race": rng.choice(["a", "b", "c"], size, p=[0.6, 0.39, 0.01]), "sex": rng.choice(["f", "m"], size)}
    return pd.DataFrame({**people, "score": score, "y": (rng.random(size) < score).astype(int), "p": rng.integers(0, 2, size)})


@pytest.fixture(scope="module")
def published(few):
    return fl.audit(few, y_true="y", y_score="score", threshold=0.437, sensitive_features=["race", "sex"]).protect()


def test_a_threshold_without_people_at_it_is_the_current_one(published):
    table = fl.choose_thresholds(published.at(0.1), by="sex").to_frame()
    current = table[table["current"]]
    assert current["threshold"].tolist() == [0.1] * 3
    assert current["true_positive_rate"].tolist() == [1.0] * 3


def test_thresholds_by_a_column_with_hidden_crossings_suppress_the_current_cost(published):
    cut = published.at({"a": 0.5, "b": 0.4, "c": 0.45}, by="race")
    choice = fl.choose_thresholds(cut, by="sex")
    table = choice.to_frame()
    current = table[table["current"]]
    groups = current[current["sex"] != fl.ALL]
    assert groups["status"].tolist() == ["suppressed"] * 2
    assert groups["cost"].isna().all()
    assert current["cost"].notna().sum() == 1
    assert table[table["own"]]["sex"].tolist() == ["f", "m"]
    assert choice.left_out == ()
    assert "nan" not in choice.sentence
    assert "suppressed" not in choice.sentence


def test_candidates_do_not_depend_on_who_is_asked_about():
    rng = np.random.default_rng(3)
    people = pd.DataFrame({"s": rng.integers(1, 6, 600), "y": rng.integers(0, 2, 600), "race": ["a"] * 596 + ["b"] * 4, "sex": ["f", "m"] * 300})
    published = fl.audit(people, y_true="y", y_score="s", threshold=3, sensitive_features=["race", "sex"]).protect()
    cuts = fl.choose_thresholds(published.where(sex="f"), by="sex").to_frame()["threshold"].dropna()
    assert sorted(set(cuts)) == [1, 2, 3, 4, 5, 6]
    hidden = fl.choose_thresholds(published.where(race="b"), by="sex")
    assert hidden.to_frame()["status"].eq("suppressed").all()


@pytest.mark.parametrize("weighted", [False, True])
def test_decisions_without_scores_have_a_cost(few, weighted):
    people = few.assign(w=np.random.default_rng(1).choice([0.5, 2.0], len(few)))
    audit = fl.audit(people, y_true="y", y_pred="p", sensitive_features=["sex"], sample_weight="w" if weighted else None)
    rows = price_decision(audit, ("sex",), (3.0, 1.0), 0.95)
    assert [row.group for row in rows] == [("f",), ("m",), ()]
    for row in rows:
        held = people if not row.group else people[people["sex"] == row.group[0]]
        weight = held["w"] if weighted else np.ones(len(held))
        each = 3.0 * ((held["p"] == 1) & (held["y"] == 0)) + 1.0 * ((held["p"] == 0) & (held["y"] == 1))
        mean = np.average(each, weights=weight) / 3
        variance = np.average((each / 3) ** 2, weights=weight) - mean**2
        known = weight.sum() ** 2 / (weight**2).sum() * mean * (1 - mean) / variance
        assert row.cost == pytest.approx(300 * mean, abs=1e-10)
        assert (row.lower, row.upper) == pytest.approx([300 * float(limit) for limit in wilson(mean * known, known, Z)], abs=1e-9)
        assert (row.n, row.status, row.current) == (len(held), "ok", True)


def test_hidden_and_empty_groups_have_no_cost():
    people = pd.DataFrame({"g": ["a"] * 40 + ["b"] * 3 + ["c"] * 40 + ["d"] * 40, "y": [0, 1] * 20 + [0, 1, 1] + [1] * 40 + [0, 1] * 20, "p": [0, 0, 1] * 41})
    audit = fl.audit(people, y_true="y", y_pred="p", sensitive_features=["g"]).protect()
    rows = {row.group: row for row in price_decision(audit, ("g",), (1.0, 1.0), 0.95)}
    assert rows["b",].status == "suppressed"
    assert rows["c",].status == "undefined"
    assert math.isnan(rows["b",].cost)
    assert math.isnan(rows["c",].cost)
    assert rows["b",].n is None
    assert rows["c",].reason == "nobody without the event"


def test_costs_say_what_errors_cost(published):
    costs = fl.Costs(9, 7, "€", false_positive_words="a loan that is not paid back")
    assert costs.pair == (9.0, 7.0)
    choice = fl.choose_thresholds(published, by="sex", **costs.arguments)
    assert choice.unit == "€"
    assert fl.choose_thresholds(published, by="sex", **fl.Costs().arguments).unit == "wrong decisions"


@pytest.mark.parametrize("given", [(0, 0), (-1, 1), (math.nan, 1), (math.inf, 1), (1e200, 1), (1, 1.1e12), ("9", 1), (True, 1)])
def test_costs_that_are_none_are_refused(given):
    with pytest.raises(OutOfRange):
        fl.Costs(*given)


def test_words_are_texts():
    with pytest.raises(WrongKind, match="unit"):
        fl.Costs(1, 2, 3)
    with pytest.raises(BadValue, match="costs"):
        check_words({"false_positive": 3})
    assert check_words(fl.Costs()) == fl.Costs()
