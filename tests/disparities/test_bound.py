"""Bounds against every completion of small data, and where something is hidden, weighted, or not unknown at all."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

import fairlens as fl
from fairlens.exceptions import BadValue, LevelNotFound, RoleNeeded
from fairlens.metrics import Metric
from fairlens.stats import wilson

Z = 1.959963984540054


def rows_from(cells):
    """Rows of (group, label, decision, how many)."""
    return pd.DataFrame([(g, y, p) for g, y, p, n in cells for _ in range(n)], columns=["g", "y", "p"]).astype(object)


SMALL = rows_from(
    [
        ("a", 0, 0, 7), ("a", 0, 1, 4), ("a", 1, 0, 3), ("a", 1, 1, 6), ("a", None, 0, 2), ("a", None, 1, 3),
        ("b", 0, 0, 9), ("b", 0, 1, 2), ("b", 1, 0, 5), ("b", 1, 1, 8), ("b", None, 0, 1), ("b", None, 1, 2),
    ]
)  # fmt: skip


def audited(rows, **options):
    return fl.audit(rows, y_true="y", y_pred="p", sensitive_features="g", **options)


def completions(rows, column, values):
    """Every way to fill a column in, people alike in all else being exchangeable: the number of each fill per kind of person."""
    gaps = rows[rows[column].isna()]
    others = [name for name in rows.columns if name != column]
    kinds = [part.index for _, part in gaps.groupby(others, dropna=False)]
    for counts in product(*(range(len(index) + 1) for index in kinds)):
        filled = rows.copy()
        for index, k in zip(kinds, counts, strict=True):
            filled.loc[index[:k], column] = values[0]
            filled.loc[index[k:], column] = values[1]
        yield filled


@pytest.mark.parametrize("metric", ["true_positive_rate", "false_positive_rate", "precision", "negative_predictive_value", "prevalence", "accuracy"])
def test_every_label_that_could_be(metric):
    table = fl.bound(audited(SMALL), metric, reference="b").to_frame().set_index("g")
    values = [audited(rows).by_group(metric).to_frame().set_index("g")["value"] for rows in completions(SMALL, "y", (1, 0))]
    found = pd.DataFrame(values)
    for level in "ab":
        assert table.loc[level, ["bound_lower", "bound_upper"]].tolist() == pytest.approx([found[level].min(), found[level].max()])
    apart = found["a"] - found["b"]
    assert table.loc["a", ["difference_bound_lower", "difference_bound_upper"]].tolist() == pytest.approx([apart.min(), apart.max()])
    measured = audited(SMALL).by_group(metric).to_frame().set_index("g")
    assert table["value"].tolist() == measured["value"].tolist()
    assert table["n"].tolist() == measured["n"].tolist()


UNGROUPED = pd.concat([SMALL.dropna(), rows_from([(None, 0, 1, 2), (None, 1, 1, 3), (None, 1, 0, 2), (None, 0, 0, 1)])], ignore_index=True)


@pytest.mark.parametrize("metric", ["selection_rate", "true_positive_rate", "precision", "accuracy"])
def test_every_group_that_could_be(metric):
    table = fl.bound(audited(UNGROUPED), metric, reference="b").to_frame()
    table = table[table["source"] == "group"].set_index("g")
    assert table.index.tolist() == ["a", "b"]
    values = [audited(rows).by_group(metric).to_frame().set_index("g")["value"] for rows in completions(UNGROUPED, "g", ("a", "b"))]
    found = pd.DataFrame(values)
    for level in "ab":
        assert table.loc[level, ["bound_lower", "bound_upper"]].tolist() == pytest.approx([found[level].min(), found[level].max()])
    apart = found["a"] - found["b"]
    assert table.loc["a", ["difference_bound_lower", "difference_bound_upper"]].tolist() == pytest.approx([apart.min(), apart.max()])
    of_unknown = {"selection_rate": 8, "true_positive_rate": 5, "precision": 5, "accuracy": 8}[metric]
    assert table["n_unknown"].tolist() == [of_unknown] * 2


def test_labels_that_a_rate_does_not_look_at_are_not_unknown():
    table = fl.bound(audited(SMALL), ["precision", "negative_predictive_value", "selection_rate"]).to_frame()
    counted = table.pivot(index="g", columns="metric", values="n_unknown")
    assert counted["precision"].tolist() == [3, 2]
    assert counted["negative_predictive_value"].tolist() == [2, 1]
    assert counted["selection_rate"].tolist() == [0, 0]
    plain = table[table["metric"] == "selection_rate"]
    assert plain["reason"].tolist() == ["nothing unknown"] * 2
    assert plain["conclusion"].tolist() == ["nothing unknown", ""]
    assert plain["bound_lower"].tolist() == plain["bound_upper"].tolist() == plain["value"].tolist()
    rates = audited(SMALL).by_group("selection_rate").to_frame()
    assert plain[["lower", "upper"]].to_numpy() == pytest.approx(rates[["lower", "upper"]].to_numpy())


def test_nothing_unknown_is_said():
    table = fl.bound(audited(SMALL.dropna()), ["selection_rate", "precision"])
    assert table.sentence == "Nothing is unknown that could move selection rate or precision: everybody who counts for it has a label and a group."
    assert set(table.to_frame()["source"]) == {"label"}


def test_the_interval_is_wilsons_at_the_worst_cases():
    row = fl.bound(audited(SMALL), "precision", reference="b").to_frame().set_index("g").loc["a"]
    ends = [wilson(x, 13, Z) for x in (6, 9)]
    assert (row["bound_lower"], row["bound_upper"]) == pytest.approx((6 / 13, 9 / 13))
    assert (row["lower"], row["upper"]) == pytest.approx((float(ends[0][0]), float(ends[1][1])))
    wide = fl.bound(audited(SMALL), "precision", reference="b", confidence=0.99).to_frame().set_index("g").loc["a"]
    assert (wide["bound_lower"], wide["bound_upper"]) == (row["bound_lower"], row["bound_upper"])
    assert wide["lower"] < row["lower"] < row["bound_lower"]


BIG = [("a", 0, 0, 100), ("a", 0, 1, 20), ("a", 1, 0, 70), ("a", 1, 1, 30), ("b", 0, 0, 100), ("b", 0, 1, 20), ("b", 1, 0, 20), ("b", 1, 1, 90)]


@pytest.mark.parametrize(
    ("more", "conclusion", "said"),
    [
        ([("a", None, 1, 5), ("b", None, 1, 5)], "lower in any case", "so its sign is the same in any case"),
        ([("a", None, 1, 90), ("b", None, 0, 90)], "the sign could be either", "so its sign could be either"),
    ],
)
def test_conclusions(more, conclusion, said):
    table = fl.bound(audited(rows_from(BIG + more)), "true_positive_rate", reference="b")
    assert table.to_frame()["conclusion"].tolist() == [conclusion, ""]
    assert said in table.sentence
    assert table.sentence.startswith(f"The label of {more[0][3]} a and {more[1][3]} b people is missing. Whatever it is, of 100 a people who are labelled positive between ")
    turned = fl.bound(audited(rows_from(BIG + more)), "false_negative_rate", reference="b").to_frame()
    assert turned["conclusion"].tolist()[0] == conclusion.replace("lower", "higher")
    assert "could be either" in table.headline or "the same in any case" in table.headline


def test_an_undefined_rate_may_have_bounds():
    rows = rows_from([("a", 0, 0, 15), ("a", None, 1, 4), ("b", 1, 1, 20), ("b", 0, 0, 5), ("b", 1, 0, 5)])
    row = fl.bound(audited(rows), "true_positive_rate", reference="b").to_frame().iloc[0]
    assert row["status"] == "undefined"
    assert np.isnan(row["value"])
    assert (row["bound_lower"], row["bound_upper"]) == (1, 1)
    none = fl.bound(audited(rows.dropna()), "true_positive_rate", reference="b").to_frame().iloc[0]
    assert np.isnan([none["bound_lower"], none["lower"], none["difference_bound_lower"]]).all()
    assert none["conclusion"] == ""


def test_weights():
    rows = SMALL.assign(w=np.linspace(0.5, 2, len(SMALL)))
    table = fl.bound(audited(rows, sample_weight="w"), "precision", reference="b").to_frame().set_index("g")
    for level in "ab":
        chosen = rows[(rows["g"] == level) & (rows["p"] == 1)]
        total, sure = chosen["w"].sum(), chosen[chosen["y"] == 1]["w"].sum()
        unknown = chosen[chosen["y"].isna()]["w"].sum()
        assert table.loc[level, ["bound_lower", "bound_upper"]].tolist() == pytest.approx([sure / total, (sure + unknown) / total])
    equal = fl.bound(audited(rows.assign(w=2.0), sample_weight="w"), "precision", reference="b").to_frame().set_index("g")
    plain = fl.bound(audited(SMALL), "precision", reference="b").to_frame().set_index("g")
    for name in ("bound_lower", "bound_upper", "lower", "upper", "difference_lower", "difference_upper"):
        assert equal[name].tolist() == pytest.approx(plain[name].tolist(), nan_ok=True)


def test_a_crossing_gives_people_to_every_group_that_they_may_be_of():
    rows = pd.DataFrame(
        [("a", "f", 1, 20), ("a", "m", 0, 20), ("b", "f", 1, 25), ("b", "m", 0, 25), ("a", None, 1, 11), (None, "f", 0, 12), (None, None, 1, 13)],
        columns=["g", "s", "p", "n"],
    )
    rows = rows.loc[rows.index.repeat(rows["n"])]
    table = fl.bound(fl.audit(rows, y_pred="p", sensitive_features=["g", "s"]), "selection_rate", by=["g", "s"], reference=("a", "m")).to_frame()
    found = table[table["source"] == "group"].set_index(["g", "s"])
    assert found["n_unknown"].to_dict() == {("a", "f"): 36, ("a", "m"): 24, ("b", "f"): 25, ("b", "m"): 13}
    assert found.loc[("a", "f"), ["bound_lower", "bound_upper"]].tolist() == pytest.approx([20 / 32, 1])
    assert found.loc[("b", "m"), ["bound_lower", "bound_upper"]].tolist() == pytest.approx([0, 13 / 38])
    alone = fl.bound(fl.audit(rows, y_pred="p", sensitive_features=["g", "s"]), "selection_rate").to_frame()
    assert alone[alone["source"] == "group"][["g", "s"]].to_numpy().tolist() == [["a", fl.ALL], ["b", fl.ALL], [fl.ALL, "f"], [fl.ALL, "m"]]


def test_the_largest_known_group_is_the_reference():
    rows = rows_from([("a", 0, 0, 20), ("b", 0, 1, 30), (None, 0, 1, 50)])
    table = fl.bound(fl.audit(rows, y_pred="p", sensitive_features="g"), "selection_rate").to_frame()
    assert set(table["reference"]) == {"b"}


def test_one_group_has_bounds_and_nothing_to_compare():
    rows = SMALL[SMALL["g"] == "a"]
    table = fl.bound(audited(rows), "true_positive_rate")
    assert table.to_frame()["conclusion"].tolist() == [""]
    assert table.sentence.startswith("The label of 5 a people is missing. Whatever it is, of 100 a people who are labelled positive between ")
    assert table.headline == table.sentence


HIDDEN = rows_from([*BIG, ("c", 1, 1, 3), ("c", None, 1, 3), ("a", None, 1, 12), ("d", 1, 1, 20), ("d", 0, 0, 20)])


def test_suppressed_groups_have_no_numbers():
    table = fl.bound(audited(HIDDEN), "true_positive_rate")
    shown = table.published().to_frame().set_index("g")
    hidden = shown[shown["status"] == "suppressed"]
    assert "c" in hidden.index
    numbers = [name for name in shown.columns if name.startswith(("value", "bound", "lower", "upper", "n", "difference"))]
    assert hidden[numbers].isna().all(axis=None)
    assert set(hidden["conclusion"]) == {""}
    assert table.to_frame().set_index("g").loc["c", "n_unknown"] == 3
    for text in (repr(table), table._repr_html_(), table.plot().alt):
        assert "suppressed" in text


def test_few_of_unknown_group_are_not_given_away():
    rows = rows_from([*BIG, (None, 1, 1, 4), (None, 0, 0, 3)])
    audit = audited(rows)
    raw = fl.bound(audit, "selection_rate").to_frame()
    assert raw[raw["source"] == "group"]["n_unknown"].tolist() == [7, 7]
    shown = fl.bound(audit, "selection_rate").published().to_frame()
    groups = shown[shown["source"] == "group"]
    assert groups["status"].tolist() == ["suppressed"] * 2
    assert groups["reason"].tolist() == ["fewer than 10 people of unknown group are not in these numbers"] * 2
    assert groups[["value", "bound_lower", "n", "n_unknown"]].isna().all(axis=None)
    assert "Nothing is unknown" not in fl.bound(audit, "selection_rate").sentence


def test_what_cannot_be_bounded():
    audit = audited(SMALL)
    unlabelled = Metric("unlabelled", (0, 0, 0, 0, 1, 1), (1, 1, 1, 1, 1, 1), "Unlabelled")
    with pytest.raises(BadValue, match="counts people without a label(.|\n)*Hint"):
        fl.bound(audit, unlabelled)
    with pytest.raises(BadValue, match="takes rates"):
        fl.bound(audit, "f1_score")
    with pytest.raises(BadValue, match="not one group"):
        fl.bound(audit, "precision", reference="rest")
    with pytest.raises(LevelNotFound, match="'z'"):
        fl.bound(audit, "precision", reference="z")
    with pytest.raises(RoleNeeded, match="no `y_true`"):
        fl.bound(fl.audit(SMALL, y_pred="p", sensitive_features="g"), "precision")
    with pytest.raises(BadValue, match="ambiguous"):
        fl.bound(audited(SMALL.replace("b", "largest")), "precision", reference="largest")


def test_a_published_audit_answers_for_itself():
    audit = audited(SMALL)
    assert fl.bound(audit.protect(), "precision").to_frame().equals(fl.bound(audit, "precision").published().to_frame())
    assert fl.bound(audit.protect(), "precision").query is None
