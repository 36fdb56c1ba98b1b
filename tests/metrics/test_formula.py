"""Metrics that are no single proportion: their values, when there is none, their intervals, and users' own."""

import dataclasses
import functools
import math
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from answers import check_answers
from sklearn import exceptions as sk_exceptions
from sklearn import metrics as sk

import fairlens as fl
from fairlens.exceptions import BadValue, MetricNotFound, RoleNeeded, WrongKind
from fairlens.metrics import FORMULAS, Formula, Metric, get, register
from fairlens.metrics import _formula as module
from fairlens.scores._ids import SCORES


def likelihoods(y, p):
    """Both ratios; scikit-learn warns where one is not defined, and gives NaN."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sk_exceptions.UndefinedMetricWarning)
        return sk.class_likelihood_ratios(y, p)


ORACLES = {
    "balanced_accuracy": sk.balanced_accuracy_score,
    "f1_score": sk.f1_score,
    "positive_likelihood_ratio": lambda y, p: likelihoods(y, p)[0],
    "negative_likelihood_ratio": lambda y, p: likelihoods(y, p)[1],
}


@pytest.fixture(autouse=True)
def own_register(monkeypatch):
    monkeypatch.setattr(module, "_REGISTERED", {})


def audit_of(people, **more):
    return fl.audit(people, **{"y_true": "y", "y_pred": "p", "sensitive_features": ["race", "sex"], **more})


def accuracy(y_true, y_pred, sample_weight):
    return np.average(y_true == y_pred, weights=sample_weight)


def weighed(y_true, y_pred, beta, sample_weight):
    """F-beta, faster than scikit-learn's."""
    tp, fp, fn = (sample_weight[(y_true == y) & (y_pred == p)].sum() for y, p in ((1, 1), (0, 1), (1, 0)))
    return (1 + beta**2) * tp / ((1 + beta**2) * tp + beta**2 * fn + fp)


@pytest.mark.parametrize("name", ORACLES)
def test_formulas_are_those_of_scikit_learn(people, name):
    found = audit_of(people).by_group(name, by=["race", "sex"]).to_frame().set_index(["race", "sex"])["value"]
    for group, part in people.groupby(["race", "sex"]):
        assert found.loc[group] == pytest.approx(ORACLES[name](part["y"], part["p"]), abs=1e-12, nan_ok=True)
    assert audit_of(people).overall(name).to_frame()["value"][0] == pytest.approx(ORACLES[name](people["y"], people["p"]), abs=1e-12)
    assert set(ORACLES) == set(FORMULAS)


#                             tp fp fn tn
NOWHERE = {
    "balanced_accuracy": {(0, 3, 0, 9): True, (4, 0, 5, 0): True, (0, 3, 5, 9): False, (4, 0, 5, 9): False},
    "f1_score": {(0, 0, 0, 9): True, (0, 3, 0, 9): False, (0, 0, 5, 9): False, (4, 0, 0, 0): False},
    "positive_likelihood_ratio": {(0, 3, 0, 9): True, (4, 0, 5, 9): True, (4, 0, 5, 0): True, (4, 3, 5, 9): False},
    "negative_likelihood_ratio": {(0, 3, 0, 9): True, (4, 3, 5, 0): True, (4, 0, 5, 0): True, (4, 3, 0, 9): False},
}


@pytest.mark.parametrize("name", NOWHERE)
def test_formulas_are_undefined_where_a_part_is(rows_of, name):
    for table, nowhere in NOWHERE[name].items():
        rows = rows_of({"a": table, "b": (10, 10, 10, 10)})
        audit = audit_of(rows, sensitive_features="group")
        row = audit.by_group(name).rows[0]
        assert (row.status == "undefined") is nowhere
        assert math.isnan(row.value) is nowhere
        if nowhere:
            assert row.reason in ("nobody in the denominator", "the metric gives no number for these people")
            assert np.isnan([row.lower, row.upper]).all()
            pair = audit.difference(name, reference="b").rows[0]
            assert (pair.status, math.isnan(pair.change)) == ("undefined", True)


def test_n_counts_the_people_of_the_denominators(rows_of):
    rows = rows_of({"a": (4, 6, 5, 100), "b": (50, 50, 50, 50)})
    audit = audit_of(rows, sensitive_features="group")
    found = {name: audit.by_group(name).rows[0] for name in FORMULAS}
    assert {name: row.n for name, row in found.items()} == {
        "balanced_accuracy": 115, "f1_score": 15, "positive_likelihood_ratio": 115, "negative_likelihood_ratio": 115,
    }  # fmt: skip
    assert found["f1_score"].status == "ok"
    for name in set(FORMULAS) - {"f1_score"}:  # of which nine are positive
        assert (found[name].status, found[name].reason) == ("small", "fewer than 10 people in the denominator")


@pytest.mark.parametrize("name", FORMULAS)
def test_intervals_are_those_of_a_bootstrap_over_rows(people, name):
    row = next(row for row in audit_of(people).by_group(name, by="race").rows if row.group == ("Black",))
    part = people[people["race"] == "Black"]
    y, p = part["y"].to_numpy(), part["p"].to_numpy()
    drawn = np.random.default_rng(0).integers(0, len(y), (2_000, len(y)))
    values = [get(name).value(np.bincount(2 * y[at] + p[at], minlength=6)) for at in drawn]
    width = row.upper - row.lower
    np.testing.assert_allclose([row.lower, row.upper], np.quantile(values, [0.025, 0.975]), atol=0.08 * width)


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("balanced_accuracy", (12, 0, 0, 900)), ("balanced_accuracy", (3, 0, 0, 900)), ("balanced_accuracy", (0, 20, 20, 0)),
        ("f1_score", (2, 0, 0, 900)), ("f1_score", (20, 0, 0, 0)), ("f1_score", (0, 10, 10, 30)),
        ("positive_likelihood_ratio", (0, 10, 20, 30)), ("negative_likelihood_ratio", (20, 10, 0, 30)), ("positive_likelihood_ratio", (20, 30, 0, 0)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("more", [{}, {"sample_weight": "w"}, {"cluster": "who"}], ids=str)
def test_people_who_are_all_alike_are_no_certainty(rows_of, name, table, more):
    rows = rows_of({"a": table, "b": (30, 30, 30, 30)})
    rows = rows.assign(w=np.random.default_rng(0).gamma(1, 1, len(rows)), who=np.arange(len(rows)) // 2)
    audit = audit_of(rows, sensitive_features="group", **more)
    row = audit.by_group(name).rows[0]
    assert row.lower <= row.value <= row.upper
    assert row.upper - row.lower > 0.01
    assert "no variation in the resampled tables" in row.reason
    positives = table[0] + table[2]
    if name == "balanced_accuracy" and row.value == 1:  # the true positive rate of few people is not known to be 1
        assert row.lower < 1 - 0.3 / positives
    pair = audit.difference(name, reference="b").rows[0]
    assert pair.lower <= pair.change <= pair.upper
    assert pair.upper - pair.lower > 0.01


def test_a_ratio_to_nothing_or_of_negative_values_is_none(rows_of):
    rows = rows_of({"a": (10, 10, 10, 10), "b": (0, 30, 30, 30), "c": (20, 20, 5, 5)})
    audit = audit_of(rows, sensitive_features="group")
    found = {pair.row.group[0]: pair for pair in audit.ratio("f1_score", reference="b").rows}
    assert {(pair.status, pair.reason) for pair in found.values()} == {("undefined", "the reference's rate is 0")}
    turned = audit.ratio("f1_score", reference="a").rows[0]
    assert (turned.row.group, turned.change, turned.status) == (("b",), 0.0, "ok")
    assert turned.upper > 0
    mcc = audit.ratio(sk.matthews_corrcoef, reference="b").rows[1]
    assert (mcc.row.group, mcc.status, mcc.reason) == (("c",), "undefined", "a ratio of values that may be negative says nothing")


def test_what_is_lost_in_resampling_is_said(rows_of):
    rows = rows_of({"a": (20, 2, 20, 20), "b": (30, 30, 30, 30)})
    audit = audit_of(rows, sensitive_features="group")
    row = audit.by_group("positive_likelihood_ratio").rows[0]
    assert row.reason.startswith("undefined in 1")
    pair = audit.ratio("positive_likelihood_ratio", reference="b").rows[0]
    assert "resampled tables, so the interval is not reliable" in pair.reason


@pytest.mark.parametrize("function", [sk.matthews_corrcoef, sk.cohen_kappa_score, sk.zero_one_loss, functools.partial(sk.fbeta_score, beta=2)], ids=lambda given: getattr(given, "__name__", "fbeta_score"))
@pytest.mark.parametrize("weighted", [False, True])
def test_scikit_learns_metrics_are_metrics(people, function, weighted):
    rows = people.assign(w=np.random.default_rng(3).gamma(1, 1, len(people)))
    audit = audit_of(rows, sample_weight="w" if weighted else None)
    table = audit.by_group(function, by="sex")
    for row in table.rows:
        part = rows[rows["sex"] == row.group[0]]
        expected = function(part["y"], part["p"], sample_weight=part["w"] if weighted else None)
        assert row.value == pytest.approx(expected, abs=1e-12)
        assert row.lower < row.value < row.upper
        assert row.n == len(part)
        assert row.metric.name == getattr(function, "func", function).__name__
    back = pickle.loads(pickle.dumps(table))
    assert back.to_frame().equals(table.to_frame())
    assert back.rows[0].metric.name == table.rows[0].metric.name


def test_a_users_function_answers_every_question(people):
    made = register("matthews", sk.matthews_corrcoef, label="Matthews correlation", favorable="event")
    register("matthews", dataclasses.replace(made, draws=25), overwrite=True)
    audit = audit_of(people, favorable=1)
    check_answers(audit, ["selection_rate", "matthews"])
    assert "Matthews correlation" in audit.difference("matthews").sentence
    best = audit.difference("matthews", by="race", reference="best")
    known = {row.group[0]: row.value for row in audit.by_group("matthews", by="race").rows if row.status == "ok"}
    assert best.rows[0].reference == (max(known, key=known.get),)
    mixed = audit.by_group(["selection_rate", "matthews", accuracy], by="sex").to_frame()
    assert mixed["metric"].tolist() == ["selection_rate"] * 2 + ["matthews"] * 2 + ["accuracy"] * 2


@pytest.mark.parametrize(
    "function",
    [
        accuracy,
        lambda y, p, w: accuracy(y, p, w),
        lambda y, p, sample_weight=None: accuracy(y, p, sample_weight),
        lambda y, p, *, sample_weight: accuracy(y, p, sample_weight),
        lambda y, p, **more: accuracy(y, p, more["sample_weight"]),
        lambda y, p, weights=None: accuracy(y, p, weights),
        functools.partial(lambda k, y, p, w: accuracy(y, p, w), 1),
        functools.partial(lambda y, p, w, k: accuracy(y, p, w), k=1),
        lambda y, p, w: np.float32(accuracy(y, p, w)) * 0 + accuracy(y, p, w),
        lambda y, p, w: np.array(accuracy(y, p, w)),
    ],
)  # fmt: skip
def test_every_way_to_take_weights(people, function):
    audit = audit_of(people)
    found = audit.by_group(function, by="sex").to_frame()
    expected = audit.by_group("accuracy", by="sex").to_frame()
    np.testing.assert_allclose(found["value"], expected["value"], rtol=1e-6)
    assert found["n"].equals(expected["n"])
    np.testing.assert_allclose(found[["lower", "upper"]], expected[["lower", "upper"]], atol=0.01)


class Callable:
    def __call__(self, y_true, y_pred, sample_weight):
        return accuracy(y_true, y_pred, sample_weight)


def test_an_object_that_can_be_called_is_a_function(people):
    assert audit_of(people).by_group(Callable()).rows[0].metric.name == "Callable"


@pytest.mark.parametrize("function", [len, max, Callable, lambda y, p: 0.5, lambda y, p, k=1: 0.5, lambda y, sample_weight: 0.5, lambda: 0.5, lambda *all: 0.5, 5, None])
def test_what_takes_no_weights_is_no_metric(people, function):
    for ask in (lambda: register("mine", function), lambda: audit_of(people).difference([function])):
        with pytest.raises(WrongKind, match="Hint: "):
            ask()


def test_a_function_may_not_be_defined_for_some_people(rows_of):
    rows = rows_of({"a": (10, 10, 0, 20), "b": (10, 10, 10, 10)})
    audit = audit_of(rows, sensitive_features="group")

    def warns(y, p, w):
        if (y == 1).all() or not ((y == 1) & (p == 0)).any():
            warnings.warn("not defined", stacklevel=1)
        return accuracy(y, p, w)

    functions = {
        "raises": lambda y, p, w: 1 / w[(y == 1) & (p == 0)].sum().item(),
        "value": lambda y, p, w: [].index(1) if not ((y == 1) & (p == 0)).any() else accuracy(y, p, w),
        "warns": warns,
        "divides": lambda y, p, w: np.float64(1) / w[(y == 1) & (p == 0)].sum(),
        "nan": lambda y, p, w: math.nan if not ((y == 1) & (p == 0)).any() else accuracy(y, p, w),
        "inf": lambda y, p, w: math.inf if not ((y == 1) & (p == 0)).any() else accuracy(y, p, w),
    }
    for name, function in functions.items():
        register(name, function)
        first, second = audit.by_group(name).rows
        assert (first.status, first.reason) == ("undefined", "the metric gives no number for these people")
        assert math.isnan(first.value)
        assert second.status == "ok"
        assert audit.difference(name).rows[0].status == "undefined"


def test_a_function_that_fails_says_so(people):
    register("broken", lambda y, p, w: {}["x"])
    with pytest.raises(BadValue, match="The metric 'broken' raised KeyError: 'x'") as caught:
        audit_of(people).by_group("broken")
    assert isinstance(caught.value.__cause__, KeyError)
    for given in (None, "a", [0.5], np.array([0.5, 0.5]), 1j, {}):
        register("odd", functools.partial(lambda given, y, p, w: given, given), overwrite=True)
        with pytest.raises(WrongKind, match=f"The metric 'odd' gave a {type(given).__name__}"):
            audit_of(people).by_group("odd")


def test_a_constant_says_nothing_about_how_people_are_treated(people):
    register("half", lambda y, p, w: 0.5)
    audit = audit_of(people)
    row = audit.by_group("half").rows[0]
    assert (row.status, row.reason) == ("undefined", "the same number whatever the counts")
    assert np.isnan([row.value, row.lower, row.upper]).all()
    assert {pair.status for pair in audit.difference("half").rows} == {"undefined"}
    assert "nan" not in audit.difference("half").plot().alt


def test_names_that_clash(people):
    audit = audit_of(people)
    two, half = (functools.partial(weighed, beta=beta) for beta in (2, 0.5))
    with pytest.raises(BadValue, match="two different metrics with the name 'weighed'") as caught:
        audit.by_group([two, half])
    assert "fl.metrics.register('my_weighed', function)" in str(caught.value)
    with pytest.raises(BadValue, match="two different metrics with the name 'metric'"):
        audit.by_group([lambda y, p, w: 0.5, lambda y, p, w: 0.25])
    assert len(audit.by_group([two, two], by="sex").rows) == 2
    register("f_two", two)
    register("f_half", half)
    found = audit.by_group(["f_two", "f_half", "f1_score"], by="sex").to_frame()["metric"].unique().tolist()
    assert found == ["f_two", "f_half", "f1_score"]
    register("f_two", two)  # a notebook cell that is run again
    with pytest.raises(BadValue, match="another metric was registered under it"):
        register("f_two", half)
    register("f_two", half, overwrite=True)
    assert audit.by_group("f_two").rows[0].value == audit.by_group("f_half").rows[0].value


@pytest.mark.parametrize("name", ["accuracy", "f1_score", "recall", "predicted_positive_share", *SCORES, "my metric", "", "1st", 5, None])
def test_names_that_are_taken_or_none(name):
    with pytest.raises(BadValue, match="`name` is") as caught:
        register(name, accuracy)
    assert "Hint: fl.metrics.register('my_" in str(caught.value)


def test_the_direction_is_one_of_two():
    for favorable in ("high", True, 1):
        with pytest.raises(BadValue, match="`favorable` is"):
            register("mine", accuracy, favorable=favorable)
    assert register("mine", accuracy, favorable="opposite").favorable == "opposite"
    assert tuple(SCORES) == module._OF_SCORES


def test_metrics_of_ours_are_registered_under_other_names(people):
    made = register("hits", get("recall"), label="Hits", favorable="event")
    assert isinstance(made, Metric)
    assert (made.name, made.label, made.numerator) == ("hits", "Hits", get("recall").numerator)
    assert isinstance(register("balance", get("balanced_accuracy")), Formula)
    found = audit_of(people).by_group(["hits", "recall"], by="sex").to_frame()
    assert found["value"].tolist()[:2] == found["value"].tolist()[2:]
    with pytest.raises(MetricNotFound, match="hitz"):
        get("hitz")
    with pytest.raises(MetricNotFound) as caught:
        get("balance_")
    assert str(caught.value).endswith("Hint: audit.by_group('balance')")


def test_functions_need_labels_and_a_panel_proportions(people):
    with pytest.raises(RoleNeeded, match="y_true"):
        audit_of(people, y_true=None).by_group(accuracy)
    with pytest.raises(BadValue, match="'f1_score'") as caught:
        fl.panel(audit_of(people, favorable=1), metrics=["f1_score"])
    assert "Hint: " in str(caught.value)
    with pytest.raises(BadValue, match="'accuracy'"):
        fl.panel(audit_of(people, favorable=1), metrics=[accuracy])


def test_a_formula_reads_its_cells():
    own = Formula("gap", "Gap", lambda c: (c[..., 1] - c[..., 2]) / c[..., :4].sum(axis=-1), least=-1)
    assert own.value([10, 5, 1, 4, 7, 7]) == 0.2
    assert own.smallest([10, 5, 1, 4, 7, 7]) == 20
    assert get("balanced_accuracy").smallest([10, 5, 1, 2, 7, 7]) == 3
    frame = pd.DataFrame({"g": ["a", "b"] * 20, "y": [0, 1, 1, 0] * 10, "p": [1, 0, 1, 1] * 10})
    assert fl.audit(frame, y_true="y", y_pred="p", sensitive_features="g").by_group(own).to_frame()["n"].tolist() == [20, 20]


@pytest.mark.parametrize("reference", ["b", "rest", "overall"])
def test_groups_without_variation_are_drawn_apart(rows_of, reference):
    rows = rows_of({"a": (0, 15, 15, 0), "b": (0, 15, 15, 0)})
    for pair in audit_of(rows, sensitive_features="group").difference("f1_score", reference=reference).rows:
        assert pair.change == 0
        assert pair.lower < -0.02
        assert pair.upper > 0.02
