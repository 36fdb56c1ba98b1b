"""Plans: before an audit from rates, after one for what it could not settle."""

import json
import math
import re

import numpy as np
import pytest

import fairlens as fl
from fairlens import exceptions as fe
from fairlens.disparities._judging import judge
from fairlens.stats import detectable_ratio, koopman, miettinen, normal_quantile

WORDS = {"decision": "approved", "person": "applicant"}


def audit_of(groups, **options):
    level = [name for name, (people, _) in groups.items() for _ in range(people)]
    decision = [int(i < selected) for people, selected in groups.values() for i in range(people)]
    return fl.audit(y_pred=decision, sensitive_features={"race": level}, **{"favorable": 1, "words": WORDS, **options})


def test_sizes_by_other_difference_and_ratio_are_one_plan():
    plans = [fl.sample_size(0.3, 0.24), fl.sample_size(0.3, difference=-0.06), fl.sample_size(0.3, ratio=0.8)]
    assert [plan.n for plan in plans] == [859, 859, 859]
    assert plans[0].sentence == "To tell two rates apart with a power of 80 %: 859 people per group for 24 % against 30 %."
    assert plans[0].to_frame()["ratio"].tolist() == pytest.approx([0.8])


def test_sizes_for_a_margin():
    assert fl.sample_size([0.1, 0.3, 0.5], margin=0.05).to_frame()["n"].tolist() == [617, 1439, 1713]
    plan = fl.sample_size([0.1, 0.3, 0.5], margin=0.8, comparison="ratio", direction="lower")
    assert plan.to_frame()["n"].tolist() == [2235, 580, 249]
    assert plan.n == 2235
    assert "not below a ratio of 0.8" in plan.sentence


def test_a_larger_reference_and_a_list():
    plan = fl.sample_size(0.5, [0.4, 0.45], reference_size=9)
    assert [(row.n, row.n_reference) for row in plan.rows] == [(216, 1944), (870, 7830)]
    assert "9 times as many of the reference" in plan.sentence
    many = fl.sample_size(0.5, np.linspace(0.1, 0.4, 20))
    assert many.sentence.startswith("To tell two rates apart with a power of 80 %: from 20 people per group for 10 %")


def test_a_ratio_to_nobody_is_undefined_and_says_why():
    plan = fl.sample_size([0, 0.1], 0.2)
    frame = plan.to_frame()
    assert frame["ratio"].isna().tolist() == [True, False]
    assert frame["reason"].tolist() == ["the reference's rate is 0, so there is no ratio", ""]
    assert json.loads(json.dumps(plan.to_dict(), allow_nan=False))["rows"][0][frame.columns.get_loc("ratio")] is None
    assert plan.rows[0].n > 0


def test_what_no_number_would_do_is_none():
    plan = fl.sample_size(0.3, [0.3, 0.2])
    assert plan.rows[0].n is None
    assert plan.n is None
    assert "no number of people for 30 % against 30 %" in plan.sentence
    assert plan.to_frame()["n"].isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("arguments", "options", "kind"),
    [
        ((0.3,), {}, fe.BadValue),
        ((0.3, 0.2), {"margin": 0.05}, fe.BadValue),
        ((30, 20), {}, fe.OutOfRange),
        ((0.3,), {"difference": 0.9}, fe.OutOfRange),
        ((0.3,), {"ratio": 5}, fe.OutOfRange),
        ((0.3,), {"margin": 5}, fe.OutOfRange),
        ((0.3,), {"margin": 1.25, "comparison": "ratio"}, fe.OutOfRange),
        ((0.3, 0.2), {"power": 80}, fe.OutOfRange),
        ((0.3, 0.2), {"confidence": 0.05}, fe.OutOfRange),
        ((0.3, 0.2), {"reference_size": 0}, fe.OutOfRange),
        (("many", 0.2), {}, fe.WrongKind),
        (([], 0.2), {}, fe.WrongKind),
        ((math.nan, 0.2), {}, fe.WrongKind),
        (([0.1, 0.2], [0.1, 0.2, 0.3]), {}, fe.ShapesDiffer),
        ((0.3,), {"margin": 0.05, "direction": "down"}, fe.BadValue),
        ((0.3, 0.24), {"comparison": "ratio"}, fe.BadValue),
        ((0.3,), {"ratio": 0.8, "comparison": "difference"}, fe.BadValue),
        ((0.3, 0.24), {"direction": "lower"}, fe.BadValue),
        ((0.3,), {"difference": 0.1, "direction": "higher"}, fe.BadValue),
    ],
)
def test_bad_plans_are_refused(arguments, options, kind):
    with pytest.raises(kind) as caught:
        fl.sample_size(*arguments, **options)
    assert caught.value.hint


def test_what_a_number_of_people_can_tell():
    found = fl.minimum_detectable([0.3, 0.3, 0.3, 0.1], [50, 200, 1000, 50], [1000, 2000, 10_000, 1000])
    assert found.to_frame()["detectable"].round(3).tolist() == [0.192, 0.098, 0.043, 0.139]
    named = fl.minimum_detectable(0.5, [388, 1], [388, 3], comparison="ratio", names=["Black", "Asian"])
    assert named.to_frame()["detectable"].tolist()[0] == float(detectable_ratio(0.5, 388, 388))
    assert math.isnan(named.rows[1].detectable)
    assert named.sentence == (
        "Ratio below 1 and nearest to it that would be told with a power of 80 %, from a rate of 50 %: 0.80 for Black (n=388 against 388);"
        " none that is possible for Asian (n=1 against 3). What is nearer to no difference may go unseen."
    )
    assert "<td>none that is possible</td>" in named.html()


def test_bad_numbers_of_people_are_refused():
    with pytest.raises(fe.OutOfRange, match="numbers of people"):
        fl.minimum_detectable(0.3, -5, 100)
    with pytest.raises(fe.ShapesDiffer, match="names"):
        fl.minimum_detectable(0.3, [5, 6], 100, names=["a"])
    with pytest.raises(fe.BadValue, match="comparison"):
        fl.minimum_detectable(0.3, 5, 100, comparison="odds")


def simulated(criterion, base, rate, n, n_reference, rounds=4000):
    """How often each state is said."""
    rng = np.random.default_rng(8)
    counts = rng.binomial(n, rate, rounds), n, rng.binomial(n_reference, base, rounds), n_reference
    method = koopman if criterion.is_ratio else miettinen
    limits = [np.stack(method(*counts, normal_quantile(confidence)), 1) for confidence in (0.95, 0.9)]
    said = [judge(tuple(strict), tuple(inner), criterion.bounds) for strict, inner in zip(*limits, strict=True)]
    return {state: said.count(state) / rounds for state in ("within", "exceeds")}


@pytest.mark.parametrize(
    ("criterion", "twice"),
    [
        (fl.Criterion("selection_rate", margin=0.1), 0.2),
        (fl.Criterion("selection_rate", margin=0.1, direction="lower"), 0.2),
        (fl.Criterion("selection_rate", margin=0.8, comparison="ratio", direction="lower"), 0.4 * 0.64),
    ],
)
def test_the_people_planned_settle_it_in_both_cases(criterion, twice):
    plan = fl.plan_collection(audit_of({"a": (4000, 1600), "b": (40, 16)}), criterion)
    row = plan.rows[0]
    assert row.state == "inconclusive"
    assert row.n_planned == max(row.n_if_equal, row.n_if_twice)
    assert simulated(criterion, 0.4, 0.4, row.n_if_equal, 4000)["within"] == pytest.approx(0.8, abs=0.03)
    assert simulated(criterion, 0.4, twice, row.n_if_twice, 4000)["exceeds"] >= 0.77


def test_a_settled_group_needs_nobody():
    plan = fl.plan_collection(audit_of({"a": (9000, 4500), "b": (9000, 4510)}), fl.Criterion("selection_rate", margin=0.05))
    assert [row.more for row in plan.rows] == [0]
    assert plan.sentence == "Nothing more to collect: each group is settled."


def test_a_reference_that_is_too_small_is_said():
    plan = fl.plan_collection(audit_of({"a": (120, 60), "b": (100, 50)}), fl.Criterion("selection_rate", margin=0.02))
    assert plan.rows[0].more is None
    assert "reference is too small" in plan.sentence


def test_rates_near_the_margin_need_what_the_verdict_says():
    audit, criterion = audit_of({"a": (20_000, 10_000), "b": (3000, 1370)}), fl.Criterion("selection_rate", margin=0.05)
    row = fl.plan_collection(audit, criterion).rows[0]
    assert row.state == "inconclusive"
    assert row.more == fl.check(audit, criterion).rows[0].more_needed
    assert "near the margin" in row.reason


@pytest.mark.parametrize("power", [0.8, 0.9])
def test_plans_near_their_edge_are_no_nonsense(power):
    """Sixty per cent against seventy: just short of the people planned, two more would settle nothing, and the total stays one."""
    criterion = fl.Criterion("selection_rate", margin=0.06)
    rows = [
        fl.plan_collection(audit_of({"a": (4000, 2800), "b": (people, people * 6 // 10)}), criterion, power=power).rows[0]
        for people in (50, 100, 150, 200, 250, 300, 400)
    ]
    assert {row.state for row in rows} == {"inconclusive"}
    assert len({row.n_planned for row in rows}) == 1
    assert all(row.n_planned >= max(row.n_if_equal, row.n_if_twice) for row in rows)
    edge = fl.Criterion("selection_rate", margin=0.1)
    for people in (50, 90, 100, 150, 190, 195, 200, 300):
        row = fl.plan_collection(audit_of({"a": (20_000, 14_000), "b": (people, round(0.62 * people))}), edge, power=power).rows[0]
        assert row.more is None or row.more >= people, (people, row)
    alike = fl.plan_collection(audit_of({"a": (20_000, 14_000), "b": (40, 25)}), criterion, power=power)
    assert alike.sentence.endswith(f"more of b applicants: with a power of {round(100 * power)} %, if the rates are equal or differ by twice the margin.")


def test_rates_at_the_margin_are_planned_while_few_are_there():
    criterion = fl.Criterion("selection_rate", margin=0.1)
    few, many = (fl.plan_collection(audit_of({"a": (20_000, 14_000), "b": (n, round(0.6 * n))}), criterion).rows[0] for n in (40, 160))
    assert few.more >= few.n
    assert (many.more, many.reason.partition(":")[0]) == (None, "its rates lie at the margin")


def test_only_rates_of_separate_samples_can_be_planned():
    audit = fl.audit(y_true=[0, 1] * 100, y_pred=[0, 1, 1, 1] * 50, sensitive_features={"g": ["a"] * 100 + ["b"] * 100})
    plan = fl.plan_collection(audit, fl.Criterion("f1_score", margin=0.05))
    assert plan.rows[0].more is None
    assert "only for rates" in plan.rows[0].reason


def test_a_plan_against_a_baseline_and_for_everybody():
    here, there = audit_of({"a": (300, 150), "b": (200, 100)}), audit_of({"a": (3000, 1500), "b": (2000, 1000)})
    plan = fl.plan_collection(here, fl.Criterion("selection_rate", margin=0.05, comparison="baseline"), baseline=there)
    assert [row.more > 0 for row in plan.rows if row.n == 200] == [True]
    whole = fl.plan_collection(audit_of({"a": (3000, 1500), "b": (200, 100)}), fl.Criterion("selection_rate", margin=0.05, reference="overall"))
    assert whole.to_frame()["race"].tolist() == ["a", "b"]
    assert whole.rows[1].n_if_equal < fl.plan_collection(audit_of({"a": (3000, 1500), "b": (200, 100)}), fl.Criterion("selection_rate", margin=0.05)).rows[0].n_if_equal


def test_a_published_plan_shows_nothing_of_a_suppressed_group():
    audit = audit_of({"a": (3000, 1500), "b": (60, 25), "tiny": (6, 5), "c": (50, 30)})
    plan = fl.plan_collection(audit, fl.Criterion("selection_rate", margin=0.05))
    shown = plan.published().to_frame().set_index("race")
    assert shown.loc["tiny", "state"] == "undefined"
    assert shown.loc["tiny", ["n", "n_if_equal", "more"]].isna().all()
    assert plan.to_frame().set_index("race").loc["tiny", "n"] == 6
    assert not re.search(r"n=(6|50)\b", repr(plan) + plan.html() + plan.plot().alt)
    assert plan.sentence.startswith("Collect ")
