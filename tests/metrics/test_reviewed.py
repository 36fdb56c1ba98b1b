"""Answers that once said too much: each of these was a fault."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score, matthews_corrcoef

import fairlens as fl
from fairlens import exceptions


@pytest.fixture
def rows():
    rng = np.random.default_rng(8)
    size = 600
    return pd.DataFrame(
        {
            "g": rng.choice([0, 1, 2], size, p=[0.5, 0.3, 0.2]), "h": rng.random(size) < 0.5, "y": rng.integers(0, 2, size),
            "s": rng.integers(1, 11, size), "who": rng.integers(0, 90, size),
        }
    )  # fmt: skip


def test_thresholds_of_groups_that_are_not_named_again_stay(rows):
    audit = fl.audit(rows, y_score="s", threshold=5, sensitive_features=["g", "h"])
    both = audit.at({0: 7}, by="g").at({1: 3}, by="g")
    rates = both.by_group("selection_rate", by="g").to_frame().set_index("g")["value"]
    for group, cut in ((0, 7), (1, 3), (2, 5)):
        assert rates[group] == (rows.loc[rows["g"] == group, "s"] >= cut).mean()
    with pytest.raises(exceptions.BadValue, match="one group column at a time"):
        both.at({True: 4}, by="h")


def test_one_and_true_are_two_levels(rows):
    audit = fl.audit(rows, y_score="s", threshold=5, sensitive_features=["g", "h"])
    assert set(audit.difference("selection_rate", reference=0).to_frame()["h"]) == {"(all)"}
    with pytest.raises(exceptions.LevelNotFound):
        audit.difference("selection_rate", by="h", reference=1)


def test_what_was_chosen_after_looking_has_no_p_value(rows):
    audit = fl.audit(rows, y_score="s", threshold=5, sensitive_features="g", favorable=1)
    frame = audit.difference("selection_rate", reference="best").to_frame()
    assert frame[["p_value", "p_adjusted"]].isna().all(axis=None)


def test_a_number_of_people_is_no_metric_of_how_they_are_treated(rows):
    audit = fl.audit(rows, y_true="y", y_score="s", threshold=5, sensitive_features="g")
    frame = audit.difference(lambda y_true, y_pred, sample_weight: float(sample_weight.sum())).to_frame()
    assert set(frame["status"]) == {"undefined"}
    assert frame[["difference", "lower", "upper", "p_value"]].isna().all(axis=None)


def test_two_groups_without_variation_are_not_certain_to_be_alike(rows):
    perfect = rows.assign(p=rows["y"])
    audit = fl.audit(perfect, y_true="y", y_pred="p", sensitive_features="g")
    frame = audit.difference("f1_score").to_frame()
    assert (frame["upper"] - frame["lower"] > 0.005).all()


def test_a_registered_name_keeps_its_meaning():
    fl.metrics.register("kept_name", matthews_corrcoef)
    fl.metrics.register("kept_name", matthews_corrcoef)
    with pytest.raises(exceptions.BadValue, match="another metric was registered"):
        fl.metrics.register("kept_name", f1_score)
    assert fl.metrics.register("kept_name", f1_score, overwrite=True).name == "kept_name"


def test_plain_data_have_no_infinity(rows):
    curve = fl.audit(rows, y_true="y", y_score="s", threshold=5, sensitive_features="g").curve("roc")
    assert "inf" in {row[curve.to_dict()["columns"].index("threshold")] for row in curve.to_dict()["rows"]}
    json.dumps(curve.to_dict(), allow_nan=False, default=lambda value: value.item())


def test_who_is_in_hidden_groups_does_not_move_what_is_shown(rows):
    """Whoever guesses which people are in two suppressed groups must not be able to test the guess on the limits of the others."""
    tiny = rows.assign(g=np.where(rows.index < 7, "x", np.where(rows.index < 14, "y", rows["g"].map({0: "a", 1: "b", 2: "c"}))), p=(rows["s"] > 5) + 0)
    swapped = tiny.copy()
    swapped.loc[:13, ["y", "p"]] = tiny.loc[:13, ["y", "p"]].to_numpy()[::-1]
    shown = [
        fl.audit(one, y_true="y", y_pred="p", sensitive_features="g", cluster="who").protect().by_group("f1_score").to_frame()
        for one in (tiny, swapped)
    ]
    columns = ["value", "lower", "upper"]
    kept = shown[0]["status"] != "suppressed"
    assert kept.any()
    np.testing.assert_array_equal(shown[0].loc[kept, columns], shown[1].loc[kept, columns])


def test_few_persons_with_many_rows_are_covered_as_often_as_is_said():
    """Eight persons with many rows each: without Student's quantile the interval held the rate in 92 of 100 worlds."""
    rng = np.random.default_rng(1)
    held, worlds = 0, 600
    for _ in range(worlds):
        own = rng.beta(6, 6, 8)
        rows = pd.DataFrame({"who": np.repeat(np.arange(8), 25), "p": (rng.random(200) < np.repeat(own, 25)).astype(int), "g": "a"})
        row = fl.audit(rows, y_pred="p", sensitive_features="g", cluster="who").by_group("selection_rate").rows[0]
        held += row.lower <= 0.5 <= row.upper
    assert held / worlds > 0.93
