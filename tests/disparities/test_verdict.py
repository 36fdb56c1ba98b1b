"""Verdicts: four states, the rule behind each, what it would take, and how seldom they are wrong."""

import itertools
import math
import pickle
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fairlens as fl
from fairlens import exceptions as fe
from fairlens.disparities._judging import ORDER, Samples, flip, judge
from fairlens.metrics._sentence import MAX_NAMED
from fairlens.stats import bonett_price, koopman, miettinen, normal_quantile

WORDS = {"decision": "approved", "person": "applicant"}
FOUR = {"white": (2000, 1600), "Black": (800, 400), "Hispanic": (1600, 1275), "Asian": (60, 46)}


def audit_of(groups, **options):
    """An audit from ``{level: (people, selected)}``."""
    level = [name for name, (people, _) in groups.items() for _ in range(people)]
    decision = [int(i < selected) for people, selected in groups.values() for i in range(people)]
    return fl.audit(y_pred=decision, sensitive_features={"race": level}, **{"favorable": 1, "words": WORDS, **options})


def rule(margin=0.05, metric="selection_rate", **options):
    return fl.Criterion(metric, margin=margin, **options)


def states(verdict):
    return dict(zip(verdict.to_frame()["race"], verdict.to_frame()["state"], strict=True))


def test_the_four_states():
    """Everybody of group "none" lacks a label, so no true positive rate; the others are sure, unsure and far."""
    parts = {"base": (400, 2000), "near": (402, 2000), "far": (100, 1000), "few": (9, 40)}
    rows = [(name, 1, int(i < hits)) for name, (hits, people) in parts.items() for i in range(people)]
    rows += [("none", 0, 1)] * 50
    frame = pd.DataFrame(rows, columns=["race", "y", "p"])
    audit = fl.audit(frame, y_true="y", y_pred="p", sensitive_features="race")
    verdict = fl.check(audit, rule(metric="true_positive_rate"))
    assert states(verdict) == {"far": "exceeds", "few": "inconclusive", "near": "within", "none": "undefined"}
    assert (verdict.state, verdict.exit_code, verdict.blocks) == ("exceeds", 10, True)
    undefined = verdict.to_frame().set_index("race").loc["none"]
    assert math.isnan(undefined["change"])
    assert undefined["reason"] == "nobody in the denominator"


def test_the_numbers_are_those_of_miettinen_and_nurminen():
    frame = fl.check(audit_of(FOUR), rule()).to_frame().set_index("race")
    for race in ("Black", "Asian"):
        people, selected = FOUR[race]
        strict, inner = (miettinen(selected, people, 1600, 2000, z) for z in (normal_quantile(0.95, 3), normal_quantile(0.9)))
        assert tuple(frame.loc[race, ["lower", "upper"]]) == tuple(map(float, strict))
        assert tuple(frame.loc[race, ["lower_within", "upper_within"]]) == pytest.approx(tuple(map(float, inner)), rel=1e-9)
        assert frame.loc[race, "change"] == selected / people - 0.8
    assert set(frame["comparisons"]) == {3}


def test_one_comparison_is_the_plain_interval():
    audit = fl.audit(y_pred=[1] * 805 + [0] * 990 + [1] * 349 + [0] * 1139, sensitive_features={"race": ["B"] * 1795 + ["w"] * 1488})
    row = fl.check(audit, rule(reference="w")).rows[0]
    assert (round(row.lower, 4), round(row.upper, 4)) == (0.1822, 0.2452)


def test_a_ratio_is_judged_by_koopmans_limits_and_says_how_many_people_would_turn_it():
    verdict = fl.check(audit_of(FOUR), rule(0.8, comparison="ratio", direction="lower"))
    frame = verdict.to_frame().set_index("race")
    assert states(verdict) == {"Asian": "within", "Black": "exceeds", "Hispanic": "within"}
    assert tuple(frame.loc["Black", ["lower", "upper"]]) == tuple(map(float, koopman(400, 800, 1600, 2000, normal_quantile(0.95, 3))))
    assert frame.loc["Black", "flip"] == 112
    assert (400 + 112) * 100 == 8 * 8 * 800
    assert "112 more Black applicants who are approved would move the ratio across 0.80." in verdict.sentence


@pytest.mark.parametrize(("rate", "n", "base"), [(0.5, 80, 0.8), (0.9, 50, 0.5), (0.62, 100, 0.6), (0.4, 10, 0.5), (1.0, 7, 0.9), (0.64, 100, 0.8)])
def test_flip_is_the_first_number_that_crosses(rate, n, base):
    def inside(k):
        return 0.8 - 1e-12 <= (rate * n + k) / n / base <= 1.25 + 1e-12

    able = [k for k in range(-round(rate * n), n - round(rate * n) + 1) if inside(k) != inside(0)]
    found = flip(rate, n, base, (0.8, 1.25))
    assert (found is None and not able) or abs(found[0]) == min(map(abs, able))


def test_a_side_that_does_no_harm_cannot_exceed():
    audit = audit_of({"a": (1000, 500), "b": (800, 600)})
    for reference in ("rest", "overall"):
        lower = fl.check(audit, rule(direction="lower", reference=reference)).rows
        higher = fl.check(audit, rule(direction="higher", reference=reference)).rows
        assert [row.state for row in lower] == ["exceeds", "within"]
        assert [row.state for row in higher] == ["within", "exceeds"]
        assert not any(row.harms_reference for row in (*lower, *higher))
    assert fl.check(audit, rule()).state == "exceeds"
    assert fl.check(audit, rule(0.8, comparison="ratio", direction="lower", reference="b")).state == "exceeds"


def test_a_reference_that_is_itself_harmed_is_named():
    """The largest group has half the rate: a criterion with harm on the lower side must not call that within."""
    audit = audit_of({"a": (1000, 500), "b": (800, 600), "c": (900, 450), "d": (100, 54)})
    verdict = fl.check(audit, rule(direction="lower"))
    assert states(verdict) == {"b": "exceeds", "c": "within", "d": "within"}
    row = verdict.rows[0]
    assert (verdict.exit_code, row.harms_reference, row.reason) == (10, True, "the reference itself is worse off, by more than the margin")
    assert verdict.sentence.startswith("Exceeds: the reference itself, a, is worse off than b: of 100 b applicants 75 are approved, of 100 a 50: 25 more (")
    assert "exceeds: a (against b)" in verdict.plot().alt.lower()
    assert "exceeds: the reference is worse off" in verdict.plot().alt
    ratio = fl.check(audit, rule(0.8, comparison="ratio", direction="adverse"))
    assert ratio.rows[0].state == "exceeds"
    assert "1.50 times" in ratio.sentence
    assert "above the margin of 0.8 to 1.25" in ratio.sentence
    assert ratio.rows[0].flip == (-100, 1.25)
    apart = fl.check(audit_of({"a": (400, 200), "b": (300, 170)}), rule(direction="lower")).rows[0]
    assert (apart.state, apart.reason) == ("within", "the reference itself may be worse off by more than the margin")


def test_a_verdict_is_about_what_people_want():
    """A model that predicts default and its mirror that predicts repayment."""
    group = ["a"] * 1000 + ["b"] * 800
    default = [1] * 100 + [0] * 900 + [1] * 160 + [0] * 640
    audits = [
        fl.audit(y_pred=default, sensitive_features={"race": group}, favorable=0),
        fl.audit(y_pred=[1 - one for one in default], sensitive_features={"race": group}, favorable=1),
    ]
    plain = fl.audit(y_pred=default, sensitive_features={"race": group})
    asked = [
        rule(0.8, metric, comparison=comparison, direction=direction) if comparison == "ratio" else rule(0.05, metric, direction=direction)
        for metric in ("selection_rate", "rejection_rate") for comparison in ("ratio", "difference") for direction in ("adverse", "lower", "both")
    ]  # fmt: skip
    for criterion in asked:
        first, second = (fl.check(audit, criterion) for audit in audits)
        assert (first.state, first.exit_code) == (second.state, second.exit_code)
        assert [abs(row.change) for row in first.rows] == pytest.approx([abs(row.change) for row in second.rows])
        if criterion.direction != "both" or criterion.is_ratio:
            assert first.rows[0].value == pytest.approx(0.8)
            with pytest.raises(fe.RoleNeeded, match="favorable"):
                fl.check(plain, criterion)
        else:
            assert fl.check(plain, criterion).state == first.state
        assert fl.check(audits[0], first.criteria).to_dict() == first.to_dict() == first.published().to_dict()
    fifths = fl.check(audits[0], rule(0.8, comparison="ratio", direction="lower"))
    assert (fifths.state, round(fifths.rows[0].change, 3), fifths.rows[0].criterion.metric) == ("within", 0.889, "rejection_rate")
    assert fl.check(audits[0], rule(direction="adverse")).state == "exceeds"
    with pytest.raises(fe.BadValue, match="do not want what it counts") as caught:
        fl.check(audits[0], rule(direction="higher"))
    assert 'direction="adverse"' in caught.value.hint


def test_compas_does_not_pass_because_the_harmed_group_is_the_largest(rows_of):
    counts = {"African-American": (1369, 805, 532, 990), "Caucasian": (505, 349, 461, 1139), "Hispanic": (103, 87, 129, 318)}
    audit = fl.audit(rows_of(counts, "race"), y_true="y", y_pred="p", sensitive_features="race")
    verdict = fl.check(audit, rule(0.05, "false_positive_rate", direction="higher"))
    assert (verdict.state, verdict.exit_code, verdict.blocks) == ("exceeds", 10, True)
    assert all(row.harms_reference for row in verdict.rows if row.state == "exceeds")
    assert "the reference itself, African-American, is worse off than" in verdict.sentence


def test_few_people_are_inconclusive_however_far_they_are():
    verdict = fl.check(audit_of({"a": (500, 450), "b": (29, 2)}), rule())
    row = verdict.rows[0]
    assert row.state == "inconclusive"
    assert row.more_needed == fl.plan_collection(audit_of({"a": (500, 450), "b": (29, 2)}), rule()).rows[0].more > 0
    assert row.reason == "fewer than 30 people in the denominator"
    assert fl.check(audit_of({"a": (500, 450), "b": (29, 2)}), rule(minimum_n=29)).state == "exceeds"
    swapped = fl.check(audit_of({"a": (500, 450), "b": (29, 2)}), rule(reference="b")).rows[0]
    assert (swapped.state, swapped.more_needed) == ("inconclusive", None)
    assert swapped.reason == "fewer than 30 people in the reference's denominator"


def test_what_blocks():
    audit = audit_of({"a": (500, 400), "b": (60, 45)})
    for otherwise, blocks in (("block", True), ("warn", False), ("collect", False)):
        verdict = fl.check(audit, rule(on_inconclusive=otherwise))
        assert (verdict.state, verdict.exit_code, verdict.blocks) == ("inconclusive", 11, blocks)
    exceeds = fl.check(audit_of({"a": (500, 400), "b": (60, 5)}), rule(on_inconclusive="warn"))
    assert exceeds.blocks
    alone = fl.check(audit_of({"a": (500, 400)}), rule(on_inconclusive="warn"))
    assert (alone.state, alone.exit_code, alone.blocks) == ("undefined", 12, False)
    assert fl.check(audit_of({"a": (500, 400)}), rule()).blocks
    assert alone.rows[0].reason == "there is one group only"
    within = fl.check(audit_of({"a": (9000, 4500), "b": (9000, 4510)}), rule())
    assert (within.state, within.exit_code, within.blocks) == ("within", 0, False)


def test_more_needed_settles_it_and_one_less_does_not():
    row = fl.check(audit_of({"a": (5000, 4000), "b": (60, 45)}), rule(0.1)).rows[0]
    sample = Samples(0.75, 60, 0.8, 5000)
    z, bounds = (normal_quantile(0.95), normal_quantile(0.9)), (-0.1, 0.1)
    assert row.more_needed is not None
    for more, state in ((row.more_needed, "within"), (row.more_needed - 1, "inconclusive")):
        larger = sample.with_more(more)
        assert judge(larger.interval(z[0]), larger.interval(z[1]), bounds) == state
    assert fl.check(audit_of({"a": (300, 240), "b": (60, 45)}), rule(0.02)).rows[0].more_needed is None


@pytest.mark.parametrize("reference", ["rest", "overall"])
@pytest.mark.parametrize("comparison", ["difference", "ratio"])
def test_rest_and_overall_agree_with_each_other(reference, comparison):
    margin = 0.05 if comparison == "difference" else 0.8
    verdict = fl.check(audit_of(FOUR), rule(margin, reference=reference, comparison=comparison))
    assert len(verdict.rows) == 4
    people, selected = (sum(part[i] for part in FOUR.values()) for i in (0, 1))
    z = normal_quantile(0.95, 4)
    for row in verdict.rows:
        n, x = FOUR[row.group[0]]
        share = n / people if reference == "overall" else 0.0
        method = miettinen if comparison == "difference" else koopman
        limits = [float(limit) for limit in method(x, n, selected - x, people - n, z)]
        expected = [(1 - share) * d for d in limits] if comparison == "difference" else [r / (share * r + 1 - share) for r in limits]
        assert (row.lower, row.upper) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("is_ratio", [False, True])
@pytest.mark.parametrize("share", [0.0, 0.3])
def test_z_and_limits_settle_alike(is_ratio, share):
    z = normal_quantile(0.95, 2), normal_quantile(0.9)
    bounds = (0.8, 1.25) if is_ratio else (-0.05, 0.05)
    for n1, rate in itertools.product((20, 200, 4000), (0.0, 0.35, 0.4, 0.55)):
        sample = Samples(rate, n1, 0.4, 3000, is_ratio, share)
        said = judge(sample.interval(z[0]), sample.interval(z[1]), bounds)
        assert sample.settles(bounds, *z) == (said != "inconclusive")


COUNTS = st.tuples(st.integers(1, 400), st.integers(1, 400), st.floats(0, 1), st.floats(0, 1))
MARGINS = st.floats(0.01, 0.5)


@settings(deadline=None, max_examples=80)
@given(COUNTS, MARGINS, MARGINS, st.sampled_from(["both", "lower", "higher"]))
def test_states_exclude_each_other_and_a_wider_margin_never_makes_exceeds_of_within(counts, one, two, direction):
    n1, n2, p1, p2 = counts
    sample = Samples(round(p1 * n1) / n1, n1, round(p2 * n2) / n2, n2)
    strict, inner = sample.interval(normal_quantile(0.95)), sample.interval(normal_quantile(0.9))
    said = []
    for margin in sorted((one, two)):
        bounds = fl.Criterion("selection_rate", margin=margin, direction=direction).bounds
        state = judge(strict, inner, bounds)
        change = sample.rate1 - sample.rate2
        assert state in ("exceeds", "within", "inconclusive")
        assert state != "exceeds" or not bounds[0] <= change <= bounds[1]
        assert state != "within" or bounds[0] < change < bounds[1]
        said.append(state)
    assert said not in (["within", "exceeds"], ["within", "inconclusive"], ["inconclusive", "exceeds"])


@settings(deadline=None, max_examples=20)
@given(st.permutations(["a", "b", "c"]))
def test_names_do_not_matter(names):
    sizes = [(900, 450), (300, 120), (80, 41)]
    found = fl.check(audit_of(dict(zip(names, sizes, strict=True))), rule()).to_frame().set_index("race")
    plain = fl.check(audit_of(dict(zip("abc", sizes, strict=True))), rule()).to_frame().set_index("race")
    for new, old in zip(names[1:], "bc", strict=True):
        columns = ["state", "change", "lower", "upper", "more_needed", "n"]
        assert found.loc[new, columns].tolist() == plain.loc[old, columns].tolist() or found.loc[new, columns].equals(plain.loc[old, columns])


def test_a_world_without_disparity_is_seldom_flagged():
    """Eight groups whose rates are exactly at the margin, the hardest place: 5 % of audits at most say "exceeds" of any."""
    rng = np.random.default_rng(2)
    rounds, groups, margin = 2500, 8, 0.05
    x1 = rng.binomial(200, 0.35, (rounds, groups))
    x2 = rng.binomial(3000, 0.40, (rounds, 1))
    lower, upper = miettinen(x1, 200, x2, 3000, normal_quantile(0.95, groups))
    assert ((upper < -margin) | (lower > margin)).any(axis=1).mean() < 0.06
    alone = miettinen(x1, 200, x2, 3000, normal_quantile(0.95))
    assert ((alone[1] < -margin) | (alone[0] > margin)).any(axis=1).mean() > 0.10


def test_a_group_at_the_margin_is_seldom_within():
    rng = np.random.default_rng(3)
    lower, upper = miettinen(rng.binomial(600, 0.35, 10_000), 600, rng.binomial(6000, 0.40, 10_000), 6000, normal_quantile(0.9))
    assert ((lower > -0.05) & (upper < 0.05)).mean() < 0.058


def test_weights_count_as_kishs_number():
    level = ["a"] * 400 + ["b"] * 400
    decision = [1, 0] * 200 + [1, 0, 0, 0] * 100
    weights = [1.0, 1.0] * 200 + [4.0, 1.0] * 200
    audit = fl.audit(y_pred=decision, sensitive_features={"g": level}, sample_weight=weights, favorable=1)
    row = fl.check(audit, rule(reference="a")).rows[0]
    heavy = np.array(weights[400:])
    effective = heavy.sum() ** 2 / (heavy**2).sum()
    value = float(np.average(decision[400:], weights=heavy))
    expected = miettinen(value * effective, effective, 200, 400, normal_quantile(0.95))
    assert (row.lower, row.upper) == pytest.approx(tuple(map(float, expected)))
    assert row.n == 400
    assert fl.check(audit, rule(0.8, comparison="ratio", reference="a")).rows[0].flip is None


def test_a_formula_is_judged_by_its_bootstrap():
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 2, 1200)
    group = np.repeat(["a", "b"], 600)
    right = rng.random(1200) < np.where(group == "a", 0.9, 0.6)
    audit = fl.audit(y_true=truth, y_pred=np.where(right, truth, 1 - truth), sensitive_features={"g": group})
    verdict = fl.check(audit, rule(metric="balanced_accuracy", reference="a"))
    row = verdict.rows[0]
    assert row.state == "exceeds"
    assert row.lower < row.lower_within < row.change < row.upper_within < row.upper
    assert row.more_needed is None
    assert "Balanced accuracy of b people 0." in verdict.sentence


def test_people_who_are_all_alike_are_no_certainty():
    """A bootstrap of them has no width: a score interval or a prior stands in, or nothing is said."""
    truth = [0, 1] * 200
    group = ["a"] * 200 + ["b"] * 200
    alike = fl.audit(y_true=truth, y_pred=truth, sensitive_features={"g": group})
    paired = fl.audit(y_true=truth, y_pred={"before": truth, "after": truth}, sensitive_features={"g": group})
    assert fl.check(alike, rule(metric="precision")).rows[0].state == "within"
    assert states_of(fl.check(paired, rule(0.1, "precision", comparison="baseline"))) == {"a": "within", "b": "within"}
    assert states_of(fl.check(paired, rule(metric="f1_score", comparison="baseline"))) == {"a": "undefined", "b": "undefined"}
    asked = [(alike, None, "difference"), (alike, alike, "baseline"), (paired, None, "baseline")]
    for audit, baseline, comparison in asked:
        for metric in ("precision", "f1_score"):
            for row in fl.check(audit, rule(0.01, metric, comparison=comparison), baseline=baseline).rows:
                assert row.state == "undefined" or (row.state == "inconclusive" and row.lower < row.upper)


def states_of(verdict):
    return {row.group[0]: row.state for row in verdict.rows}


def pair_of(n=400, gained=8, lost=12, groups=("a", "b")):
    """Two decisions of the same people: `lost` were selected before and not after, `gained` the other way."""
    before = ([1] * (n // 2) + [0] * (n // 2)) * len(groups)
    one = [0] * lost + [1] * (n // 2 - lost) + [1] * gained + [0] * (n // 2 - gained)
    return before, one * len(groups), [name for name in groups for _ in range(n)]


def test_a_baseline_of_the_same_people_is_paired():
    before, after, group = pair_of()
    paired = fl.audit(y_pred={"before": before, "after": after}, sensitive_features={"g": group}, favorable=1)
    verdict = fl.check(paired, rule(0.03, comparison="baseline", direction="lower"))
    row = verdict.rows[0]
    assert row.change == pytest.approx(-4 / 400)
    assert (row.lower, row.upper) == pytest.approx(tuple(map(float, bonett_price(8, 12, 400, normal_quantile(0.95, 2)))))
    assert verdict.state == "within"
    audits = [fl.audit(y_pred=decided, sensitive_features={"g": group}, favorable=1) for decided in (after, before)]
    apart = fl.check(audits[0], rule(0.03, comparison="baseline", direction="lower"), baseline=audits[1])
    assert apart.rows[0].change == row.change
    assert apart.rows[0].upper - apart.rows[0].lower > 1.5 * (row.upper - row.lower)
    assert apart.state == "inconclusive"


@pytest.mark.parametrize("role", ["sample_weight", "cluster"])
def test_pairs_with_weights_or_of_one_person_are_refused_and_not_counted_as_people(role):
    before, after, group = pair_of()
    column = [float(1 + i % 4) for i in range(len(group))] if role == "sample_weight" else [i // 2 for i in range(len(group))]
    audit = fl.audit(y_pred={"before": before, "after": after}, sensitive_features={"g": group}, **{role: column})
    criterion = rule(0.03, comparison="baseline")
    with pytest.raises(fe.BadValue, match="two decisions about the same people") as caught:
        fl.check(audit, criterion)
    assert caught.value.role == role
    assert "baseline=fl.audit(" in caught.value.hint
    apart = [fl.audit(y_pred=decided, sensitive_features={"g": group}, **{role: column}) for decided in (after, before)]
    weights = column if role == "sample_weight" else [1.0] * len(group)
    first = slice(0, len(group) // 2)
    values = [np.average(decided[first], weights=weights[first]) for decided in (after, before)]
    assert fl.check(apart[0], criterion, baseline=apart[1]).rows[0].change == pytest.approx(values[0] - values[1])


def test_people_count_as_far_as_they_inform():
    """Two hundred rows of five persons tell as much as five people."""
    clustered = fl.audit(
        y_pred=[1, 0] * 500 + [1] * 120 + [0] * 80, sensitive_features={"g": ["a"] * 1000 + ["b"] * 200},
        cluster=[f"a{i}" for i in range(1000)] + [f"b{i // 40}" for i in range(200)],
    )  # fmt: skip
    row = fl.check(clustered, rule(0.05)).rows[0]
    assert (row.state, row.n) == ("inconclusive", 200)
    assert row.reason == "no more information than from fewer than 30 people"
    weighted = fl.audit(
        y_pred=[1] * 500 + [0] * 500 + [1] * 60 + [0] * 40, sensitive_features={"g": ["a"] * 1000 + ["b"] * 100},
        sample_weight=[1.0] * 1000 + [500.0] * 4 + [1.0] * 56 + [1.0] * 40,
    )  # fmt: skip
    small = fl.check(weighted, rule(0.05, minimum_n=3))
    assert (small.rows[0].state, small.rows[0].reason) == ("inconclusive", "no more information than from fewer than 10 people")
    turned = fl.check(weighted, rule(0.05, reference="b")).rows[0]
    assert (turned.state, turned.more_needed) == ("inconclusive", None)
    assert turned.reason == "no more information on the reference than from fewer than 30 people"


def test_an_area_under_the_curve_is_judged_by_delongs_limits():
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 2, 3000)
    group = np.repeat(["a", "b", "c"], [1500, 1000, 500])
    score = np.clip(0.5 + np.where(group == "b", 0.02, 0.2) * (truth - 0.5) + rng.normal(0, 0.1, 3000), 0, 1)
    audit = fl.audit(y_true=truth, y_score=score, threshold=0.5, sensitive_features={"g": group})
    verdict = fl.check(audit, rule(0.1, "roc_auc"))
    assert states_of(verdict) == {"b": "exceeds", "c": "within"}
    for confidence, ends in ((1 - 0.05 / 2, ("lower", "upper")), (0.9, ("lower_within", "upper_within"))):
        for row, pair in zip(verdict.rows, audit.difference("roc_auc", confidence=confidence).rows, strict=True):
            assert tuple(getattr(row, end) for end in ends) == pytest.approx((pair.lower, pair.upper), rel=1e-12)
            assert row.change == pair.change
    assert "Area under the ROC curve of b people 0." in verdict.sentence
    assert "points" not in verdict.sentence + verdict.html() + verdict.plot().alt
    assert fl.plan_collection(audit, rule(0.001, "roc_auc")).rows[1].reason.startswith("it can be planned only")


def audit_of_membership(sure, n=4000, rates=(0.5, 0.2)):
    """Two groups known with a probability of `sure`; `rates` are those of either kind of people."""
    kind = np.arange(n) % 2
    shares = np.where(kind[:, None] == [0, 1], sure, 1 - sure)
    decision = [int((i // 2) / (n / 2) < rates[k]) for i, k in enumerate(kind)]
    return fl.audit(y_pred=decision, sensitive_features={"race": fl.membership({"a": shares[:, 0], "b": shares[:, 1]})}, favorable=1)


@pytest.mark.parametrize("comparison", ["difference", "ratio"])
def test_groups_known_as_probabilities_are_settled_only_if_they_are_so_whoever_people_are(comparison):
    criterion = rule(0.05, reference="a") if comparison == "difference" else rule(0.8, comparison="ratio", reference="a")
    assert fl.check(audit_of_membership(1.0), criterion).state == "exceeds"
    assert fl.check(audit_of_membership(0.95), criterion).state == "exceeds"
    assert fl.check(audit_of_membership(1.0, 40_000, (0.5, 0.5)), criterion).state == "within"
    for audit in (audit_of_membership(0.6), audit_of_membership(0.8, 40_000, (0.5, 0.5))):
        verdict = fl.check(audit, criterion)
        row = verdict.rows[0]
        assert (row.state, row.more_needed) == ("inconclusive", None)
        assert f"groups are known as probabilities: the {comparison} could lie between" in row.reason
        if comparison == "difference":
            bounds = next(one for one in fl.bound(audit, "selection_rate", reference="a").rows if one.source == "membership" and one.group == ("b",)).difference_bounds
            assert bounds.lower < -0.05 or bounds.upper > 0.05
            assert f"{100 * bounds.upper:+.1f} points" in row.reason
        plan = fl.plan_collection(audit, criterion)
        assert (plan.rows[0].more, plan.rows[0].reason) == (None, "more people do not tell who is of which group")


def test_probabilities_that_are_not_held_settle_nothing():
    audit = audit_of_membership(0.95)
    again = pickle.loads(pickle.dumps(audit))
    row = fl.check(again, rule(reference="a")).rows[0]
    shown = fl.check(audit, rule(reference="a")).published().rows[0]
    assert (shown.state, fl.check(again, rule(reference="a")).published().rows[0].state) == ("exceeds", "inconclusive")
    assert row.state == "inconclusive"
    assert "are not held here" in row.reason
    rest = fl.check(audit, rule(reference="rest")).rows[0]
    assert rest.state == "inconclusive"
    assert "is not known" in rest.reason


def test_paired_precision_is_resampled_from_the_cells():
    rng = np.random.default_rng(6)
    truth = rng.integers(0, 2, 2000)
    before = np.where(rng.random(2000) < 0.8, truth, 1 - truth)
    after = np.where(rng.random(2000) < 0.1, 1 - before, before)
    audit = fl.audit(y_true=truth, y_pred={"before": before, "after": after}, sensitive_features={"g": ["a"] * 1000 + ["b"] * 1000})
    for metric in ("precision", "f1_score"):
        for row in fl.check(audit, rule(0.3, metric, comparison="baseline")).rows:
            kept = slice(0, 1000) if row.group == ("a",) else slice(1000, 2000)
            y, p, q = truth[kept], before[kept], after[kept]
            hits = [(y[d == 1] == 1).mean() for d in (q, p)] if metric == "precision" else [2 * (y & d).sum() / (y.sum() + d.sum()) for d in (q, p)]
            assert row.change == pytest.approx(hits[0] - hits[1])
            assert row.lower < row.change < row.upper
            assert row.upper - row.lower < 0.12


def test_a_worse_model_exceeds_its_baseline():
    here, there = audit_of({"a": (900, 300), "b": (800, 400)}), audit_of({"a": (900, 450), "b": (800, 400)})
    verdict = fl.check(here, rule(0.02, comparison="baseline", direction="lower"), baseline=there)
    assert states(verdict) == {"a": "exceeds", "b": "inconclusive"}
    assert verdict.sentence.startswith("Exceeds: of 100 a applicants 33.3 are approved, under the baseline 50: 16.7 fewer (")
    assert fl.check(here, rule(0.02, comparison="baseline", direction="higher"), baseline=there).rows[0].state == "within"


def test_a_baseline_without_the_group_is_undefined():
    here, there = audit_of({"a": (500, 250), "b": (400, 200)}), audit_of({"a": (500, 250), "c": (400, 200)})
    found = fl.check(here, rule(0.1, comparison="baseline"), baseline=there).to_frame().set_index("race")
    assert found["state"].to_dict() == {"a": "within", "b": "undefined", "c": "undefined"}
    assert found.loc["b", "reason"] == "the baseline has nobody of this group"
    with pytest.raises(fe.RoleNeeded, match="baseline=other_audit"):
        fl.check(here, rule(0.1, comparison="baseline"))


def test_by_none_is_each_attribute_and_a_list_their_crossing(people):
    audit = fl.audit(people, y_true="y", y_pred="p", sensitive_features=["race", "sex"])
    frame = fl.check(audit, rule(0.1)).to_frame()
    assert frame[["race", "sex"]].to_numpy().tolist() == [["Asian", "(all)"], ["Black", "(all)"], ["other", "(all)"], ["(all)", "m"]]
    crossed = fl.check(audit, rule(0.1, by=["sex", "race"])).to_frame()
    assert len(crossed) == 7
    assert list(crossed.columns[:2]) == ["race", "sex"]
    both = fl.check(audit, [rule(0.1, by="race"), rule(0.1, by=["race", "sex"])])
    assert both.attributes == ("race", "sex")
    assert len(both.rows) == 3 + 7
    level = fl.check(audit, rule(0.1, reference="m")).to_frame()
    assert level["sex"].tolist() == ["f"]


def test_the_best_group_is_allowed_for_as_one_chosen_after_looking():
    verdict = fl.check(audit_of(FOUR), rule(0.8, comparison="ratio", reference="best"))
    assert {row.comparisons for row in verdict.rows} == {6}
    assert all("chosen after looking" in row.reason for row in verdict.rows)


def test_published_verdicts_show_no_number_of_a_suppressed_group():
    audit = audit_of({**FOUR, "tiny": (5, 2), "Other": (40, 20)})
    raw = fl.check(audit, rule())
    shown = raw.published().to_frame().set_index("race")
    hidden = shown[shown["state"] == "undefined"]
    assert "tiny" in hidden.index
    assert len(hidden) >= 2
    assert hidden[["value", "change", "lower", "upper", "n", "more_needed"]].isna().all(axis=None)
    assert states(raw)["tiny"] == "inconclusive"
    same = shown.index.difference(hidden.index)
    pd.testing.assert_frame_equal(shown.loc[same], raw.to_frame().set_index("race").loc[same])
    text = repr(raw) + raw._repr_html_() + raw.plot().alt
    assert "suppressed" in text
    assert not re.search(r"n=5\b|n=40\b", text)


def test_published_verdicts_against_a_baseline_hide_what_either_hides():
    here, there = audit_of({**FOUR, "tiny": (12, 2)}), audit_of({**FOUR, "tiny": (5, 2)})
    criterion = rule(0.1, comparison="baseline")
    shown = fl.check(here, criterion, baseline=there).published().to_frame().set_index("race")
    assert shown.loc["tiny", "state"] == "undefined"
    assert math.isnan(shown.loc["tiny", "change"])


def test_a_paired_verdict_hides_what_is_suppressed():
    before, after, group = pair_of(groups=("a", "b", "c"))
    audit = fl.audit(y_pred={"before": [*before, 1, 0, 1], "after": [*after, 0, 0, 1]}, sensitive_features={"g": [*group, "d", "d", "d"]})
    verdict = fl.check(audit, rule(0.03, comparison="baseline"))
    shown = verdict.published().to_frame().set_index("g")
    assert shown.loc["d", "state"] == "undefined"
    assert shown.loc["d", "reason"].startswith("suppressed")
    assert shown[shown["state"] == "undefined"][["value", "value_reference", "change", "n"]].isna().all(axis=None)
    assert (shown["state"] == "undefined").sum() >= 2


def test_sentences_say_what_was_set_and_never_that_it_is_fair():
    audit = audit_of(FOUR)
    verdict = fl.check(audit, rule(on_inconclusive="collect"))
    text = verdict.sentence
    assert text.startswith("Exceeds: of 100 Black applicants 50 are approved, of 100 white 80: 30 fewer (")
    assert "more than the margin of 5 points that was set (n=800 against 2,000)." in text
    needed = {row.group[0]: row.more_needed for row in verdict.rows}
    assert f"Asian applicants (n=60 against 2,000; about {needed['Asian']:,} more would be needed)" in text
    assert f"Collect {needed['Asian']:,} more of Asian" in text
    assert "Planned with a power of 80 %, if the rates are equal or differ by twice the margin." in text
    plan = fl.plan_collection(audit, rule())
    assert {row.group[0]: row.more for row in plan.rows if row.more} == {name: more for name, more in needed.items() if more}
    assert f"{needed['Asian']:,} more needed" in verdict.plot().alt
    assert "Within the margin of 5 points that was set: Hispanic applicants (n=1,600 against 2,000)." in text
    assert not re.search(r"\b(fair|unfair|complies|compliant|significant|biased)\b", text)


def test_many_groups_are_counted_and_not_listed():
    audit = audit_of({"a": (3000, 1500), **{f"g{i}": (60, 30) for i in range(9)}})
    text = fl.check(audit, rule()).sentence
    assert f"and {9 - MAX_NAMED} more groups" in text


def test_frame_html_and_dict_have_every_row():
    verdict = fl.check(audit_of(FOUR), [rule(), rule(0.8, comparison="ratio", name="four fifths")])
    frame = verdict.to_frame()
    assert len(frame) == 6
    assert frame["criterion"].unique().tolist() == [rule().label, "four fifths"]
    assert str(frame["more_needed"].dtype) == "Int64"
    assert verdict.html().count("<tr>") == 7
    assert len(verdict.to_dict()["rows"]) == 6
    assert verdict.sentence.index("Selection rate") < verdict.sentence.index("four fifths. ")


@pytest.mark.parametrize("criteria", [[], None, "selection_rate", [0.05], {"a": 1}])
def test_what_are_no_criteria_is_refused(criteria):
    with pytest.raises(fe.WrongKind, match="fl.Criterion"):
        fl.check(audit_of(FOUR), criteria)


def test_two_criteria_of_one_name_are_refused_and_so_is_what_is_no_audit():
    with pytest.raises(fe.BadValue, match="two criteria"):
        fl.check(audit_of(FOUR), [rule(), rule(minimum_n=50)])
    with pytest.raises(fe.WrongKind, match="must be an audit"):
        fl.check([1, 2], rule())
    with pytest.raises(fe.RoleNeeded, match="y_true"):
        fl.check(audit_of(FOUR), rule(metric="recall"))
    with pytest.raises(fe.LevelNotFound, match="purple"):
        fl.check(audit_of(FOUR), rule(reference="purple"))


def test_compas_exceeds_with_the_published_counts(rows_of):
    counts = {"African-American": (1369, 805, 532, 990), "Caucasian": (505, 349, 461, 1139), "Hispanic": (103, 87, 129, 318), "Asian": (6, 2, 3, 21)}
    audit = fl.audit(rows_of(counts, "race"), y_true="y", y_pred="p", sensitive_features="race")
    verdict = fl.check(audit, rule(0.05, "false_positive_rate", reference="Caucasian", direction="higher"))
    assert states(verdict) == {"African-American": "exceeds", "Asian": "inconclusive", "Hispanic": "within"}
    assert verdict.rows[1].reason == "fewer than 30 people in the denominator"


def test_the_worst_state_is_that_of_the_verdict():
    assert ORDER == ("exceeds", "undefined", "inconclusive", "within")
    one = fl.check(audit_of({"a": (9000, 4500), "b": (9000, 4510), "c": (60, 30)}), rule())
    assert set(states(one).values()) == {"within", "inconclusive"}
    assert one.state == "inconclusive"
