"""Worlds whose truth is known, audited again and again: who is flagged, and how often that is right."""

import numpy as np
import pandas as pd
import pytest

import fairlens as fl
from fairlens.stats import max_z_permutation, mn_p, people_per_group

SHARES = [0.30, 0.20, 0.14, 0.10, 0.08, 0.06, 0.05, 0.04, 0.03]
"""Nine groups of unequal size, as race and ethnicity by sex make them."""
RATE = 0.475


def sample(rng, size):
    """People of an unbiased world: everybody has the same chance."""
    groups = rng.choice([f"g{i}" for i in range(len(SHARES))], size, p=SHARES)
    return pd.DataFrame({"group": groups, "p": (rng.random(size) < RATE).astype(int)})


def test_an_unbiased_world_is_flagged_by_four_fifths_and_not_by_the_screen():
    """Thirty audits of 300 people each: four fifths flags almost every one of them, the screen and the sentence almost none."""
    rng = np.random.default_rng(7)
    flagged = {"four fifths": 0, "screen": 0, "sentence": 0, "criterion": 0}
    criterion = fl.Criterion("selection_rate", comparison="ratio", reference="rest", margin=0.8, direction="lower")
    for _ in range(30):
        audit = fl.audit(sample(rng, 300), y_pred="p", favorable=1, sensitive_features="group", suppress_below=0)
        rates = audit.by_group("selection_rate").to_frame().query("status == 'ok'")["value"]
        flagged["four fifths"] += rates.min() < 0.8 * rates.max()
        flagged["screen"] += (fl.screen(audit, "selection_rate", draws=999).to_frame()["p_adjusted"] < 0.05).any()
        flagged["sentence"] += "Cannot tell" not in audit.sentence
        flagged["criterion"] += "exceeds" in set(fl.check(audit, criterion).to_frame()["state"])
    assert flagged["four fifths"] >= 28
    assert flagged["screen"] <= 4
    assert flagged["sentence"] <= 4
    assert flagged["criterion"] <= 2


def test_false_alarms_of_the_maximum_are_at_most_nominal():
    rng = np.random.default_rng(3)
    n, worlds = np.array([400, 150, 60, 25, 12]), 600
    x = rng.binomial(n, 0.2, (worlds, len(n)))
    alarms = np.mean([max_z_permutation(counts, n, 999, seed=i).p_adjusted.min() <= 0.05 for i, counts in enumerate(x)])
    assert alarms <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / worlds)


@pytest.mark.parametrize(("first", "second"), [(0.5, 0.4), (0.3, 0.24), (0.1, 0.05)])
def test_planned_numbers_of_people_have_the_power_that_was_planned(first, second):
    n = int(np.ceil(people_per_group(first, second, power=0.8)))
    rng = np.random.default_rng(5)
    x1, x2 = rng.binomial(n, first, 20_000), rng.binomial(n, second, 20_000)
    power = np.mean(mn_p(x1, n, x2, n) < 0.05)
    assert abs(power - 0.8) < 0.015


def test_a_biased_world_is_found_and_named():
    """One group in ten gets half the chance: the screen names it first; the others can only lie above a rest that holds it."""
    rng = np.random.default_rng(11)
    rows = sample(rng, 4_000)
    hurt = rows["group"] == "g3"
    rows.loc[hurt, "p"] = (rng.random(hurt.sum()) < RATE / 2).astype(int)
    frame = fl.screen(fl.audit(rows, y_pred="p", sensitive_features="group"), "selection_rate", draws=9_999).to_frame()
    found = frame[frame["p_adjusted"] < 0.05].sort_values("p_adjusted")
    assert found["group"].iloc[0] == "g3"
    assert found.loc[found["difference"] < 0, "group"].tolist() == ["g3"]


def test_a_difference_within_the_margin_is_not_called_within_without_enough_people():
    """Two equal groups: few people are inconclusive, many are within, and neither is said to be more than that."""
    criterion = fl.Criterion("selection_rate", comparison="difference", reference="a", margin=0.05)
    states = {}
    for n in (100, 6_000):
        rows = pd.DataFrame({"group": ["a", "b"] * n, "p": [1, 1, 0, 0] * (n // 2)})
        states[n] = fl.check(fl.audit(rows, y_pred="p", favorable=1, sensitive_features="group"), criterion)
    assert states[100].to_frame()["state"].tolist() == ["inconclusive"]
    assert states[6_000].to_frame()["state"].tolist() == ["within"]
    for verdict in states.values():
        assert "fair" not in verdict.sentence.lower()
        assert "compl" not in verdict.sentence.lower()
