"""pool: raw and pooled rates side by side, and what they say where nothing can be learned."""

import numpy as np
import pandas as pd
import pytest

import fairlens as fl
from fairlens.exceptions import OneGroup, WrongKind
from fairlens.stats import pool_rates

COMPAS = {
    "African-American": (1369, 805, 532, 990),
    "Asian": (6, 2, 3, 21),
    "Caucasian": (505, 349, 461, 1139),
    "Hispanic": (103, 87, 129, 318),
    "Native American": (9, 3, 1, 5),
    "Other": (43, 36, 90, 208),
}


def audit_of(rows, **options):
    return fl.audit(rows, y_true="y", y_pred="p", sensitive_features="race", **options)


def test_the_false_positive_rates_of_compas(rows_of):
    found = fl.pool(audit_of(rows_of(COMPAS, "race")), "false_positive_rate")
    frame = found.to_frame().set_index("race")
    assert frame.loc["Native American", ["value", "n"]].tolist() == [0.375, 8]
    assert frame.loc["Native American", ["pooled", "pooled_lower", "pooled_upper"]].astype(float).round(3).tolist() == [0.292, 0.132, 0.486]
    assert frame["pooled"].round(3).to_dict()["African-American"] == 0.447
    assert round(found.families[0].strength, 1) == 15.8
    assert frame["prior_people"].nunique() == 1
    raw = audit_of(rows_of(COMPAS, "race")).by_group("false_positive_rate").to_frame().set_index("race")
    pd.testing.assert_frame_equal(frame[["value", "lower", "upper", "n"]], raw[["value", "lower", "upper", "n"]])


def test_the_sentence_keeps_the_raw_rate_beside_the_pooled_one(rows_of):
    sentence = fl.pool(audit_of(rows_of(COMPAS, "race")), "false_positive_rate").sentence
    assert "Native American from 37.5 % (13.7 to 69.4) to 29.2 % (13.2 to 48.6), n=8" in sentence
    assert "a true outlier with few is hidden by this" in sentence


def test_few_groups_learn_nothing_and_say_so(rows_of):
    three = {name: COMPAS[name] for name in ("Caucasian", "Other", "Asian")}
    found = fl.pool(audit_of(rows_of(three, "race")), "false_positive_rate")
    frame = found.to_frame()
    assert frame["reason"].str.contains("fewer than 5 groups").all()
    np.testing.assert_allclose(frame["pooled"], (frame["value"] * frame["n"] + 0.5) / (frame["n"] + 1))
    assert "cannot pool" in found.sentence
    assert not found.families[0].learned


def test_each_attribute_is_pooled_by_itself(people):
    found = fl.pool(fl.audit(people, y_true="y", y_pred="p", sensitive_features=["race", "sex"]), ["accuracy", "selection_rate"])
    assert [(one.by, one.metric.name) for one in found.families] == [
        (("race",), "accuracy"), (("race",), "selection_rate"), (("sex",), "accuracy"), (("sex",), "selection_rate")
    ]  # fmt: skip
    crossed = fl.pool(fl.audit(people, y_true="y", y_pred="p", sensitive_features=["race", "sex"]), "accuracy", by=["race", "sex"])
    assert crossed.families[0].learned
    assert len(crossed.to_frame()) == 8


def test_an_undefined_rate_stays_undefined(rows_of):
    tables = {**COMPAS, "no negatives": (30, 0, 10, 0)}
    frame = fl.pool(audit_of(rows_of(tables, "race")), "false_positive_rate").to_frame().set_index("race")
    row = frame.loc["no negatives"]
    assert (row["status"], row["reason"]) == ("undefined", "nobody in the denominator")
    assert row[["value", "pooled", "pooled_lower", "pooled_upper"]].isna().all()
    assert round(frame.loc["Native American", "pooled"], 3) == 0.292


def test_the_prior_of_what_is_published_comes_from_published_rows_alone(rows_of):
    tables = {**COMPAS, "tiny": (1, 1, 1, 2)}
    found = fl.pool(audit_of(rows_of(tables, "race")), "selection_rate")
    shown = found.published().to_frame().set_index("race")
    hidden = shown.index[shown["status"] == "suppressed"]
    assert "tiny" in hidden
    assert shown.loc[hidden, ["value", "pooled", "pooled_lower", "pooled_upper", "n"]].isna().all(axis=None)
    kept = [name for name in tables if name not in hidden]
    x = np.array([tables[name][0] + tables[name][1] for name in kept])
    n = np.array([sum(tables[name]) for name in kept])
    alone = pool_rates(x, n)
    np.testing.assert_allclose(shown.loc[kept, "pooled"], alone.value, atol=1e-6)
    assert shown["prior_people"].iloc[0] == pytest.approx(alone.strength, rel=1e-4)
    assert "tiny (suppressed)" in found.sentence
    assert "suppressed" in found._repr_html_()


def test_bad_questions_are_refused(rows_of):
    with pytest.raises(OneGroup, match="one group only"):
        fl.pool(audit_of(rows_of({"a": COMPAS["Other"]}, "race")), "accuracy")
    with pytest.raises(WrongKind, match="balanced_accuracy"):
        fl.pool(audit_of(rows_of(COMPAS, "race")), "balanced_accuracy")
