"""Criteria: what they say, what they refuse, and that they can be written down."""

import dataclasses
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fairlens as fl
from fairlens import exceptions as fe
from fairlens import metrics
from fairlens.disparities._wanted import about_wanted, opposite_of


def test_defaults_and_words():
    rule = fl.Criterion("selection_rate", margin=0.05)
    assert (rule.comparison, rule.reference, rule.direction, rule.minimum_n, rule.on_inconclusive) == ("difference", "largest", "both", 30, "block")
    assert rule.label == "Selection rate: not more than 5 points away from the largest group"
    assert rule.bounds == (-0.05, 0.05)
    with pytest.raises(dataclasses.FrozenInstanceError):
        rule.margin = 0.1


@pytest.mark.parametrize(
    ("options", "bounds", "words"),
    [
        ({"margin": 0.02, "direction": "lower", "reference": "rest"}, (-0.02, math.inf), "not more than 2 points lower than others"),
        ({"margin": 0.02, "direction": "higher", "reference": "white"}, (-math.inf, 0.02), "not more than 2 points higher than white"),
        ({"margin": 0.8, "comparison": "ratio"}, (0.8, 1.25), "ratio to the largest group within 0.8 to 1.25"),
        ({"margin": 0.8, "comparison": "ratio", "direction": "lower"}, (0.8, math.inf), "ratio to the largest group not below 0.8"),
        ({"margin": 0.8, "comparison": "ratio", "direction": "higher"}, (-math.inf, 1.25), "ratio to the largest group not above 1.25"),
        ({"margin": 0.01, "comparison": "baseline"}, (-0.01, 0.01), "not more than 1 point away from the baseline"),
    ],
)
def test_bounds_and_what_is_asked(options, bounds, words):
    rule = fl.Criterion("recall", **options)
    assert rule.bounds == bounds
    assert rule.asks == words


@pytest.mark.parametrize(
    ("options", "kind", "hint"),
    [
        ({"margin": -0.05}, fe.OutOfRange, "margin=0.05"),
        ({"margin": 5}, fe.OutOfRange, "margin=0.05"),
        ({"margin": 0}, fe.OutOfRange, "margin=0.05"),
        ({"margin": 1.25, "comparison": "ratio"}, fe.OutOfRange, "margin=0.8"),
        ({"margin": 80, "comparison": "ratio"}, fe.OutOfRange, "margin=0.8"),
        ({"margin": 0, "comparison": "ratio"}, fe.OutOfRange, "margin=0.8"),
        ({"margin": "0.05"}, fe.WrongKind, "margin=0.05"),
        ({"margin": math.nan}, fe.WrongKind, "margin=0.05"),
        ({"margin": True}, fe.WrongKind, "margin=0.05"),
        ({"margin": 0.05, "comparison": "rate"}, fe.BadValue, "comparison='ratio'"),
        ({"margin": 0.05, "direction": "below"}, fe.BadValue, "direction="),
        ({"margin": 0.05, "on_inconclusive": "ignore"}, fe.BadValue, "on_inconclusive="),
        ({"margin": 0.05, "minimum_n": 0}, fe.OutOfRange, "minimum_n=30"),
        ({"margin": 0.05, "minimum_n": 2.5}, fe.OutOfRange, "minimum_n=30"),
        ({"margin": 0.05, "confidence": 0.5}, fe.OutOfRange, "confidence=0.95"),
        ({"margin": 0.05, "confidence": 95}, fe.OutOfRange, "confidence=0.95"),
        ({"margin": 0.05, "by": []}, fe.WrongKind, "by="),
        ({"margin": 0.05, "by": ["race", "race"]}, fe.WrongKind, "by="),
        ({"margin": 0.05, "reference": None}, fe.WrongKind, "reference='largest'"),
        ({"margin": 0.05, "comparison": "baseline", "reference": "white"}, fe.BadValue, "without a reference"),
        ({"margin": 0.05, "name": 3}, fe.WrongKind, "name="),
        ({"margin": 0.8}, fe.OutOfRange, 'margin=0.8, comparison="ratio"'),
        ({"margin": 0.8, "comparison": "baseline"}, fe.OutOfRange, 'comparison="ratio"'),
    ],
)
def test_bad_criteria_say_what_to_write_instead(options, kind, hint):
    with pytest.raises(kind) as caught:
        fl.Criterion("selection_rate", **options)
    assert hint in caught.value.hint
    assert caught.value.role in options


def test_an_unknown_metric_names_the_nearest():
    with pytest.raises(fe.MetricNotFound, match="selection_rate"):
        fl.Criterion("selection_rat", margin=0.05)


METRICS = st.sampled_from(["selection_rate", "recall", "precision", metrics.get("accuracy"), metrics.get("f1_score")])
REFERENCES = st.sampled_from(["largest", "rest", "overall", "white", 3, True, ("white", "f")])


@settings(deadline=None, max_examples=100)
@given(
    METRICS, st.floats(0.001, 0.5), st.sampled_from(["difference", "ratio"]), REFERENCES, st.sampled_from(["both", "lower", "higher"]),
    st.sampled_from([None, ("race",), ("race", "sex")]), st.integers(1, 500), st.sampled_from(["block", "warn", "collect"]), st.text(max_size=20),
)  # fmt: skip
def test_a_criterion_survives_being_written_down(metric, margin, comparison, reference, direction, by, least, otherwise, text):
    rule = fl.Criterion(
        metric, margin=margin, comparison=comparison, reference=reference, direction=direction, by=by, minimum_n=least,
        on_inconclusive=otherwise, name=text, rationale=text,
    )  # fmt: skip
    again = fl.Criterion.from_dict(json.loads(json.dumps(rule.to_dict())))
    assert (again.measure, again.bounds, again.label) == (rule.measure, rule.bounds, rule.label)
    assert again.to_dict() == rule.to_dict()
    assert again.reference == rule.reference


def test_a_metric_of_ones_own_is_written_in_full_and_a_function_is_refused():
    own = metrics.Metric("hits", (0, 0, 0, 1, 0, 0), (0, 0, 1, 1, 0, 0), "Hits")
    rule = fl.Criterion(own, margin=0.05)
    assert fl.Criterion.from_dict(json.loads(json.dumps(rule.to_dict()))) == rule

    def gain(y_true, y_pred, sample_weight):
        return float((sample_weight * (y_true == y_pred)).sum())

    with pytest.raises(fe.BadValue, match="metrics.register"):
        fl.Criterion(gain, margin=10).to_dict()


@pytest.mark.parametrize("data", [{}, {"metric": "recall"}, [1], {"metric": "recall", "margin": 0.05, "marginn": 1}])
def test_what_is_no_criterion_is_not_read(data):
    with pytest.raises(fe.FairlensError, match="criterion"):
        fl.Criterion.from_dict(data)


def test_adverse_is_for_rates_that_say_what_people_want():
    rule = fl.Criterion("selection_rate", margin=0.05, direction="adverse")
    assert rule.asks == "not more than 5 points worse than the largest group"
    assert fl.Criterion("selection_rate", margin=0.8, comparison="ratio", direction="adverse").asks == "ratio to the largest group not worse than 0.8"
    with pytest.raises(fe.BadValue, match="does not say by itself") as caught:
        fl.Criterion("false_positive_rate", margin=0.05, direction="adverse")
    assert 'direction="higher"' in caught.value.hint


def test_the_opposite_of_a_rate_of_ones_own_has_its_direction_turned():
    own = metrics.Metric("paid", (0, 1, 0, 1, 0, 0), (1, 1, 1, 1, 0, 0), "Paid", favorable="event")
    turned = opposite_of(own)
    assert (turned.numerator, turned.favorable, turned.label) == ((1, 0, 1, 0, 0, 0), "opposite", "Opposite of Paid")
    wanted = about_wanted(fl.Criterion(own, margin=0.8, comparison="ratio"), fl.audit(y_pred=[0, 1], sensitive_features={"g": ["a", "b"]}, favorable=0).spec)
    assert wanted.metric == turned
    assert fl.Criterion.from_dict(json.loads(json.dumps(wanted.to_dict()))) == wanted


def test_numbers_of_scores_have_differences_only():
    rule = fl.Criterion("roc_auc", margin=0.05)
    assert rule.label == "Area under the ROC curve: not more than 0.05 away from the largest group"
    assert fl.Criterion.from_dict(json.loads(json.dumps(rule.to_dict()))) == rule
    assert fl.Criterion.from_dict(fl.Criterion(rule.measure, margin=0.05).to_dict()) == rule
    for comparison in ("ratio", "baseline"):
        with pytest.raises(fe.BadValue, match="difference") as caught:
            fl.Criterion("roc_auc", margin=0.5, comparison=comparison)
        assert 'comparison="difference"' in caught.value.hint
