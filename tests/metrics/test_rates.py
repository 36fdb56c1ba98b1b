"""Every rate against scikit-learn, by group against fairlearn, and undefined where nobody is in the denominator."""

import dataclasses
import math

import fairlearn.metrics as fairlearn
import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

import fairlens as fl
from fairlens import Metric
from fairlens.exceptions import BadValue, MetricNotFound, OutOfRange, RoleNeeded, WrongKind
from fairlens.metrics import FORMULAS, RATES, get, names
from fairlens.metrics._metric import CELLS
from fairlens.metrics._rates import ALIASES
from fairlens.stats import normal_quantile, wilson


def recall(y, p, label, given):
    return sk.recall_score(y, p, pos_label=label) if given == "y" else sk.precision_score(y, p, pos_label=label)


ORACLES = {
    "selection_rate": lambda y, p: np.mean(p),
    "rejection_rate": lambda y, p: 1 - np.mean(p),
    "prevalence": lambda y, p: np.mean(y),
    "true_positive_rate": lambda y, p: recall(y, p, 1, "y"),
    "false_positive_rate": lambda y, p: 1 - recall(y, p, 0, "y"),
    "false_negative_rate": lambda y, p: 1 - recall(y, p, 1, "y"),
    "true_negative_rate": lambda y, p: recall(y, p, 0, "y"),
    "precision": lambda y, p: recall(y, p, 1, "p"),
    "negative_predictive_value": lambda y, p: recall(y, p, 0, "p"),
    "false_discovery_rate": lambda y, p: 1 - recall(y, p, 1, "p"),
    "false_omission_rate": lambda y, p: 1 - recall(y, p, 0, "p"),
    "accuracy": lambda y, p: sk.accuracy_score(y, p),
}
FAIRLEARN = {
    "selection_rate": fairlearn.selection_rate,
    "true_positive_rate": fairlearn.true_positive_rate,
    "false_positive_rate": fairlearn.false_positive_rate,
    "false_negative_rate": fairlearn.false_negative_rate,
    "true_negative_rate": fairlearn.true_negative_rate,
    "accuracy": sk.accuracy_score,
}


def audit_of(people, **more):
    return fl.audit(people, y_true="y", y_pred="p", sensitive_features=["race", "sex"], **more)


def test_there_is_an_oracle_for_every_rate():
    assert set(ORACLES) == set(RATES) == set(names())


@pytest.mark.parametrize("name", ORACLES)
def test_rates_are_those_of_scikit_learn(people, name):
    table = audit_of(people).by_group(name, by="race").to_frame().set_index("race")
    for race, rows in people.groupby("race"):
        assert table.loc[race, "value"] == pytest.approx(ORACLES[name](rows["y"], rows["p"]), abs=1e-12)
    overall = audit_of(people).overall(name).to_frame()
    assert overall["value"][0] == pytest.approx(ORACLES[name](people["y"], people["p"]), abs=1e-12)


@pytest.mark.parametrize("name", ORACLES)
@pytest.mark.parametrize("seed", range(5))
def test_rates_of_random_data_are_those_of_scikit_learn(name, seed):
    rng = np.random.default_rng(seed)
    y, p = rng.integers(0, 2, 60), rng.integers(0, 2, 60)
    found = fl.audit(y_true=y, y_pred=p, sensitive_features={"g": ["a"] * 60}).by_group(name).to_frame()
    assert found["value"][0] == pytest.approx(ORACLES[name](y, p), abs=1e-12)


@pytest.mark.parametrize("name", FAIRLEARN)
@pytest.mark.parametrize("by", ["race", "sex", ["race", "sex"]], ids=str)
def test_groups_are_those_of_fairlearn(people, name, by):
    expected = fairlearn.MetricFrame(
        metrics=FAIRLEARN[name], y_true=people["y"], y_pred=people["p"], sensitive_features=people[by]
    )
    keys = [by] if isinstance(by, str) else by
    found = audit_of(people).by_group(name, by=by).to_frame().set_index(keys)["value"]
    assert len(found) == len(expected.by_group)
    for group, value in expected.by_group.items():
        assert found.loc[group] == pytest.approx(value, abs=1e-12)


def test_control_features_are_those_of_fairlearn(people):
    expected = fairlearn.MetricFrame(
        metrics=fairlearn.selection_rate, y_true=people["y"], y_pred=people["p"],
        sensitive_features=people["race"], control_features=people["sex"],
    )  # fmt: skip
    audit = fl.audit(people, y_pred="p", sensitive_features="race", control_features="sex")
    found = audit.by_group("selection_rate", by=["sex", "race"]).to_frame().set_index(["sex", "race"])["value"]
    for group, value in expected.by_group.items():
        assert found.loc[group] == pytest.approx(value, abs=1e-12)


ZERO_OVER_ZERO = [
    # rate, the table (tp, fp, fn, tn) of a group without a denominator, what fairlearn says there
    ("true_positive_rate", (0, 3, 0, 20), fairlearn.true_positive_rate),
    ("false_negative_rate", (0, 3, 0, 20), fairlearn.false_negative_rate),
    ("false_positive_rate", (7, 0, 9, 0), fairlearn.false_positive_rate),
    ("true_negative_rate", (7, 0, 9, 0), fairlearn.true_negative_rate),
]


@pytest.mark.parametrize(("name", "table", "theirs"), ZERO_OVER_ZERO, ids=[name for name, *_ in ZERO_OVER_ZERO])
def test_undefined_is_said_where_fairlearn_says_zero(rows_of, name, table, theirs):
    rows = rows_of({"a": table, "b": (10, 10, 10, 10)})
    of_a = rows[rows["group"] == "a"]
    assert theirs(of_a["y"], of_a["p"]) == 0.0
    row = fl.audit(rows, y_true="y", y_pred="p", sensitive_features="group").by_group(name).to_frame().iloc[0]
    assert np.isnan([row["value"], row["lower"], row["upper"]]).all()
    assert (row["n"], row["status"], row["reason"]) == (0, "undefined", "nobody in the denominator")


@pytest.mark.parametrize("name", ["precision", "false_discovery_rate"])
def test_no_prediction_has_no_precision(rows_of, name):
    rows = rows_of({"a": (0, 0, 12, 12), "b": (10, 10, 10, 10)})
    found = fl.audit(rows, y_true="y", y_pred="p", sensitive_features="group").by_group(name).to_frame()
    assert found["status"].tolist() == ["undefined", "ok"]


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.999])
def test_every_rate_has_its_wilson_interval_and_its_n(people, confidence):
    for row in audit_of(people).by_group(by=["race", "sex"], confidence=confidence).to_frame().to_dict("records"):
        if row["status"] == "undefined":
            continue
        lower, upper = wilson(row["numerator"], row["denominator"], normal_quantile(confidence))
        assert (row["lower"], row["upper"]) == (lower, upper)
        assert row["n"] == row["denominator"]
        assert row["value"] == row["numerator"] / row["denominator"]


def test_unlabelled_people_count_in_decisions_only():
    data = pd.DataFrame({"g": ["a"] * 30, "y": [1.0] * 10 + [0.0] * 10 + [None] * 10, "p": ([1, 0] * 15)})
    found = fl.audit(data, y_true="y", y_pred="p", sensitive_features="g").by_group().to_frame().set_index("metric")
    assert found["n"].to_dict() == {
        "selection_rate": 30, "rejection_rate": 30, "prevalence": 20, "accuracy": 20,
        "true_positive_rate": 10, "false_negative_rate": 10, "false_positive_rate": 10, "true_negative_rate": 10,
        "precision": 10, "false_discovery_rate": 10, "negative_predictive_value": 10, "false_omission_rate": 10,
    }  # fmt: skip


def test_small_denominators_are_marked_and_shown(rows_of):
    rows = rows_of({"a": (4, 20, 5, 20), "b": (5, 20, 5, 20)})
    found = fl.audit(rows, y_true="y", y_pred="p", sensitive_features="group").by_group("true_positive_rate").to_frame()
    assert found["status"].tolist() == ["small", "ok"]
    assert found["reason"].tolist() == ["fewer than 10 people in the denominator", ""]
    assert found["value"].tolist() == [4 / 9, 0.5]
    again = fl.audit(rows, y_true="y", y_pred="p", sensitive_features="group", min_denominator=11)
    assert set(again.by_group("true_positive_rate").to_frame()["status"]) == {"small"}
    assert [row.group for row in again.by_group("true_positive_rate").left_out] == [("a",), ("b",)]


def test_pairs_of_rates_add_up_to_one(people):
    found = audit_of(people).overall().to_frame().set_index("metric")["value"]
    for one, other in [
        ("selection_rate", "rejection_rate"),
        ("true_positive_rate", "false_negative_rate"),
        ("false_positive_rate", "true_negative_rate"),
        ("precision", "false_discovery_rate"),
        ("negative_predictive_value", "false_omission_rate"),
    ]:
        assert found[one] + found[other] == pytest.approx(1, abs=1e-12)


def test_without_labels_there_are_the_rates_of_decisions(people):
    audit = fl.audit(people, y_pred="p", sensitive_features="sex")
    assert set(audit.by_group().to_frame()["metric"]) == {"selection_rate", "rejection_rate"}
    with pytest.raises(RoleNeeded, match="y_true"):
        audit.by_group("accuracy")


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_other_names_of_scikit_learn_are_aliases(people, alias, name):
    assert get(alias) is {**RATES, **FORMULAS}[name]
    assert audit_of(people).overall(alias).to_frame().equals(audit_of(people).overall(name).to_frame())


def test_a_metric_is_two_vectors(people):
    own = Metric("flagged_or_wrong", (0, 1, 1, 1, 0, 1), (1, 1, 1, 1, 0, 1), "Flagged or wrong")
    found = audit_of(people).overall([own, "accuracy"]).to_frame()
    expected = ((people["p"] == 1) | (people["y"] == 1)).mean()
    assert found["value"].tolist() == pytest.approx([expected, (people["y"] == people["p"]).mean()])
    assert own.needs_y_true
    assert len(CELLS) == 6


@pytest.mark.parametrize("metric", RATES.values(), ids=RATES)
def test_a_rate_says_what_it_needs(metric):
    assert metric.needs_y_true == (metric.name not in ("selection_rate", "rejection_rate"))
    assert metric.needs_decision == (metric.name != "prevalence")
    assert not any(top > bottom for top, bottom in zip(metric.numerator, metric.denominator, strict=True))


@pytest.mark.parametrize(
    ("numerator", "denominator"),
    [((1,), (1,)), ((0, 1, 0, 0, 0, 0), (1, 0, 0, 0, 0, 0)), ((0, 2, 0, 0, 0, 0), (0, 2, 0, 0, 0, 0)), (None, None), ("010000", "110000")],
)
def test_a_metric_that_is_no_proportion_is_refused(numerator, denominator):
    with pytest.raises(BadValue, match="six weights"):
        Metric("own", numerator, denominator, "Own")


@pytest.mark.parametrize("wanted", [5, [], {"accuracy"}, len, Metric, [None], np.array(["accuracy"])], ids=repr)
def test_metrics_are_names(people, wanted):
    with pytest.raises(WrongKind, match="metric"):
        audit_of(people).by_group(wanted)


def test_an_unknown_metric_names_the_nearest(people):
    with pytest.raises(MetricNotFound) as caught:
        audit_of(people).by_group("acuracy")
    assert str(caught.value).endswith("Hint: audit.by_group('accuracy')")


@pytest.mark.parametrize("confidence", [0, 1, -0.5, 95, math.nan, "0.95", None, True])
def test_confidence_is_between_none_and_certainty(people, confidence):
    with pytest.raises(OutOfRange, match="confidence"):
        audit_of(people).by_group("accuracy", confidence=confidence)


def test_by_none_shows_each_attribute_by_itself(people):
    found = audit_of(people).by_group("accuracy").to_frame()
    assert found["sex"].tolist() == ["(all)"] * 4 + ["f", "m"]
    assert found["race"].tolist() == ["Asian", "Black", "other", "white", "(all)", "(all)"]
    assert list(found.columns) == [
        "race", "sex", "metric", "value", "lower", "upper", "n", "numerator", "denominator", "status", "reason",
    ]  # fmt: skip


def test_crossings_keep_the_order_that_was_asked(people):
    audit = audit_of(people)
    one, two = audit.by_group("accuracy", by=["sex", "race"]).to_frame(), audit.by_group("accuracy", by=["race", "sex"]).to_frame()
    assert list(one.columns[:2]) == ["sex", "race"]
    assert one["sex"].tolist() == ["f"] * 4 + ["m"] * 4
    both = two.sort_values(["sex", "race"]).reset_index(drop=True)
    assert both[list(one.columns)].equals(one)


def test_hostile_names_stay_what_they_are(frame):
    names = ["10", "2", "__proto__", "<b>x</b>", "", " ", "العربية", "漢字", "constructor", "{x}", "a,b", "None", "nan"]
    columns = {"g": [name for i, name in enumerate(names) for _ in range(20 + i)]}
    columns["p"] = [int(j <= i) for i, _ in enumerate(names) for j in range(20 + i)]
    found = fl.audit(frame(columns), y_pred="p", sensitive_features="g").by_group("selection_rate").to_frame()
    assert found.set_index("g")[["numerator", "n"]].T.to_dict("list") == {
        name: [i + 1, 20 + i] for i, name in enumerate(names)
    }


def test_texts_and_numbers_of_one_spelling_are_refused():
    columns = {"g": ["10", "2", 10] * 20, "p": [1, 0, 0] * 10 + [1, 1, 0] * 10}
    data = pd.DataFrame({"g": pd.Series(columns["g"], dtype=object), "p": columns["p"]})
    with pytest.raises(BadValue, match=r"the int 10 and the text '10'") as caught:
        fl.audit(data, y_pred="p", sensitive_features="g")
    assert str(caught.value).endswith("Hint: data['g'] = data['g'].astype(str)")
    data["g"] = data["g"].astype(str)
    assert fl.audit(data, y_pred="p", sensitive_features="g").by_group("selection_rate").to_frame()["n"].tolist() == [40, 20]


def test_a_metric_asked_for_twice_is_one(frame):
    audit = fl.audit(frame({"g": ["a", "b"] * 20, "y": [0, 1, 1, 0] * 10, "p": [1, 0] * 20}), y_true="y", y_pred="p", sensitive_features="g")
    for asked in (["selection_rate", "selection_rate"], ["recall", "true_positive_rate"]):
        assert len(audit.by_group(asked).rows) == 2
    one = fl.metrics.get("recall")
    other = dataclasses.replace(one, label="Hits", numerator=(0, 0, 1, 0, 0, 0))
    with pytest.raises(BadValue, match="two different metrics with the name 'true_positive_rate'") as caught:
        audit.by_group([one, other])
    assert "\nHint: " in str(caught.value)


def test_a_level_is_text_in_html_and_never_markup():
    data = pd.DataFrame({"<i>": ["<b>x</b>", '"\'&'] * 20, "p": [1, 1, 0, 1] * 10})
    audit = fl.audit(data, y_pred="p", sensitive_features="<i>", words={"persons": "<u>"}, favorable=1)
    for shown in (audit, audit.by_group(), audit.difference("selection_rate"), audit.ratio("selection_rate")):
        page = shown._repr_html_()
        assert "&lt;b&gt;x&lt;/b&gt;" in page
        assert not any(tag in page for tag in ("<b>x", "<i>", "<u>", "\"'&"))
