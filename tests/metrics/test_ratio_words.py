"""Sentences of ratios tell the ratio of the opposite rates too, and claim only what the data support."""

import numpy as np
import pytest

import fairlens as fl
from fairlens.metrics._ratio_words import limits_at, turned
from fairlens.stats import koopman, normal_quantile

BIG = {"white": (300, 105, 0, 95), "Black": (100, 4, 0, 96), "Asian": (20, 20, 0, 20)}
CLOSE = {"a": (26, 25, 24, 25), "b": (100, 100, 100, 100)}


@pytest.fixture
def audit_of(rows_of):
    def make(tables, **more):
        return fl.audit(rows_of(tables), **{"y_true": "y", "y_pred": "p", "sensitive_features": "group", "favorable": 1, **more})

    return make


def numbers(ratio, limits):
    return f"{ratio:.2f} ({limits[0]:.2f} to {limits[1]:.2f}"


def test_both_ratios_are_told(audit_of):
    table = audit_of(BIG, words={"decision": "approved", "person": "applicant"}).ratio("selection_rate")
    row = table.to_frame().set_index("group").loc["Black"]
    assert row["ratio"] == pytest.approx(0.52 / 0.81)
    assert row["opposite_ratio"] == pytest.approx(0.48 / 0.19)
    assert table.sentence == (
        f"Black applicants are approved 0.64 times as often as white ({row['lower']:.2f} to {row['upper']:.2f}; n=200 and 500) and are not approved 2.53 times"
        f" as often ({row['opposite_lower']:.2f} to {row['opposite_upper']:.2f}), to the disadvantage of Black applicants."
    )
    assert "times" not in audit_of(BIG).difference("selection_rate").sentence


def test_what_cannot_be_told_has_the_limits_that_do_not_tell(audit_of):
    table = audit_of({**CLOSE, "c": (50, 50, 50, 50)}).ratio("selection_rate")
    z = normal_quantile(0.95, 2)
    (low,), (high,) = koopman([51], [100], [200], [400], z)
    (low2,), (high2,) = koopman([49], [100], [200], [400], z)
    assert table.sentence == (
        f"Cannot tell: a people are predicted positive 1.02 times as often as b (n=100 and 400), which lies between {low:.2f} and {high:.2f}, and are not"
        f" predicted positive 0.98 times as often, which lies between {low2:.2f} and {high2:.2f}, allowing for 2 groups compared."
    )


def test_several_comparisons_ask_for_more(audit_of):
    tables = {"b": (450, 0, 450, 0), "a": (39, 0, 61, 0)}
    assert audit_of(tables).ratio("selection_rate").sentence.startswith("a people are predicted positive 0.78 times")
    many = {**tables, **{f"c{i}": (50, 0, 50, 0) for i in range(7)}}
    assert audit_of(many).ratio("selection_rate").sentence.startswith("Cannot tell: a people are predicted positive 0.78 times")


@pytest.mark.parametrize("reference", ["rest", "overall", "Asian"])
def test_limits_at_the_confidence_of_a_table_are_its_own(audit_of, reference):
    tables = {**BIG, "none": (0, 0, 20, 20)}
    for pair in audit_of(tables).ratio("selection_rate", reference=reference).rows:
        z = normal_quantile(0.95)
        np.testing.assert_allclose(limits_at(pair, z), (pair.lower, pair.upper), rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(limits_at(pair, z, opposite=True), (pair.opposite.lower, pair.opposite.upper), rtol=1e-9)


def test_who_is_compared_with_and_left_out_is_named(audit_of):
    tables = {**BIG, "few": (2, 2, 2, 1)}
    sentence = audit_of(tables, suppress_below=1).ratio("true_positive_rate", reference="overall", by="group").sentence
    assert "Left out: few (small)." in sentence
    assert "who are labelled positive" in sentence
    assert audit_of({"a": (2, 1, 1, 1), "b": (1, 1, 1, 1)}, suppress_below=1).ratio("selection_rate").sentence.startswith("Cannot tell: there is no group")


def test_an_opposite_of_nobody_has_no_ratio(audit_of):
    sentence = audit_of({"a": (60, 0, 0, 0), "b": (20, 0, 20, 0)}).ratio("selection_rate").sentence
    assert "b people are predicted positive 0.50 times as often as a (" in sentence
    assert "; how often they are not predicted positive has no ratio" in sentence


def test_formulas_have_no_opposite(audit_of):
    sentence = audit_of(BIG).ratio("f1_score").sentence
    assert sentence.startswith(("F1 score: ", "Cannot tell: F1 score of "))
    assert "times as much" in sentence
    assert "not" not in sentence.replace("Cannot", "")


def test_resampled_ratios_are_told_by_their_resamples(people):
    table = fl.audit(people, y_true="y", y_pred="p", sensitive_features="race", favorable=1).ratio("selection_rate", interval="bootstrap")
    pair = table.rows[0]
    low, high = limits_at(pair, normal_quantile(0.95))
    assert (min(low, pair.change), max(high, pair.change)) == pytest.approx((pair.lower, pair.upper))
    assert "times as often" in table.sentence


@pytest.mark.parametrize(("event", "said"), [("are hired", "are not hired"), ("are not hired", "are hired"), ("count", "do not count")])
def test_events_are_turned(event, said):
    assert turned(event) == said
