"""Audits of groups that are known as probabilities: everybody counts in fractions."""

import json
import pickle

import numpy as np
import pandas as pd
import pytest
from answers import check_answers

import fairlens as fl
from fairlens import Spec
from fairlens.exceptions import BadValue, ColumnNotFound, CubesDiffer, LevelNotFound, OutOfRange, ShapesDiffer
from fairlens.stats import newcombe, normal_quantile, wilson

Z = normal_quantile(0.95)
LEVELS = ["A", "B", "C"]


@pytest.fixture(scope="module")
def shares(people):
    rng = np.random.default_rng(4)
    return rng.dirichlet([3, 1.5, 0.4], len(people))


@pytest.fixture(scope="module")
def who(shares):
    return fl.membership(shares, levels=LEVELS, name="eth")


def audit_of(people, who, **more):
    return fl.audit(people, **{"y_true": "y", "y_pred": "p", "sensitive_features": who, **more})


@pytest.mark.parametrize("weighted", [False, True])
def test_rates_are_means_weighted_by_the_shares(people, shares, who, weighted):
    w = np.random.default_rng(2).gamma(1, 1, len(people)) if weighted else np.ones(len(people))
    audit = audit_of(people, who, sample_weight=w if weighted else None)
    for name, inside, event in (
        ("selection_rate", people["p"] >= 0, people["p"] == 1),
        ("true_positive_rate", people["y"] == 1, people["p"] == 1),
        ("accuracy", people["p"] >= 0, people["p"] == people["y"]),
    ):
        for k, row in enumerate(audit.by_group(name).rows):
            part = (shares[:, k] * w)[inside]
            assert row.value == pytest.approx(np.average(event[inside], weights=part), abs=1e-12)
            assert row.denominator == pytest.approx(part.sum())
            assert row.n == round(shares[inside, k].sum())
            effective = part.sum() ** 2 / (part**2).sum()
            assert row.effective == pytest.approx(effective, rel=1e-9)
            np.testing.assert_allclose([row.lower, row.upper], wilson(row.value * effective, effective, Z), rtol=1e-9)


def test_certain_groups_are_groups(people):
    """Probabilities of 0 and 1 are the audit of known groups, number by number."""
    shares = pd.get_dummies(people["race"]).astype(float)
    known = fl.audit(people, y_true="y", y_pred="p", sensitive_features="race", favorable=1)
    found = audit_of(people, fl.membership(shares, name="race"), favorable=1)
    names = ["selection_rate", "precision", "f1_score", "predicted_positive_share"]
    for one, two in (
        (known.by_group(names), found.by_group(names)),
        (known.by_group(names, interval="bootstrap"), found.by_group(names, interval="bootstrap")),
        (known.difference(["selection_rate", "f1_score"]), found.difference(["selection_rate", "f1_score"])),
        (known.ratio("precision", reference="rest"), found.ratio("precision", reference="rest")),
        (known.overall(names), found.overall(names)),
    ):
        pd.testing.assert_frame_equal(one.to_frame(), two.to_frame(), check_dtype=False, rtol=1e-9)
    assert found.sentence == known.sentence


def test_crossed_with_a_known_attribute(people, shares, who):
    audit = audit_of(people, {"eth": who, "sex": people["sex"]}, favorable=1)
    found = audit.by_group("selection_rate", by=["sex", "eth"]).to_frame().set_index(["sex", "eth"])
    for k, level in enumerate(LEVELS):
        for sex in ("f", "m"):
            inside = (people["sex"] == sex).to_numpy()
            assert found.loc[(sex, level), "value"] == pytest.approx(np.average(people["p"][inside], weights=shares[inside, k]))
            assert found.loc[(sex, level), "n"] == round(shares[inside, k].sum())
    known = fl.audit(people, y_true="y", y_pred="p", sensitive_features="sex")
    plain, same = known.by_group("accuracy", by="sex").to_frame(), audit.by_group("accuracy", by="sex").to_frame()
    assert same[["sex", "n"]].equals(plain[["sex", "n"]])
    np.testing.assert_allclose(same["value"], plain["value"], rtol=1e-12)
    one = audit.where(sex="f", eth=["A", "B"]).by_group("selection_rate", by="eth").to_frame()
    np.testing.assert_allclose(one["value"], [found.loc[("f", level), "value"] for level in "AB"], rtol=1e-12)
    check_answers(audit, ["selection_rate", "f1_score"])


def test_differences_and_rest(people, shares, who):
    audit = audit_of(people, who)
    rows = {row.group[0]: row for row in audit.by_group("selection_rate").rows}
    pair = audit.difference("selection_rate", reference="A").rows[0]
    sizes = [(row.value * row.effective, row.effective) for row in (rows["B"], rows["A"])]
    np.testing.assert_allclose([pair.lower, pair.upper], newcombe(*sizes[0], *sizes[1], Z), rtol=1e-9)
    rest = audit.difference("selection_rate", reference="rest").rows[1]
    others = shares[:, [0, 2]].sum(axis=1)
    assert rest.base.value == pytest.approx(np.average(people["p"], weights=others))
    assert rest.base.n == round(others.sum())


def test_the_number_of_people_is_the_number_of_rows(people, who):
    audit = audit_of(people, who, favorable=1)
    assert audit.cube.sums["n"].dtype == float
    assert audit.cube.n == 900
    assert str(audit).startswith("Audit of 900 people\n")
    assert "eth is known as probabilities only" in str(audit)
    unlabelled = audit_of(people.assign(y=people["y"].where(people.index % 3 > 0)), who)
    assert "Error rates leave out 300 of 900 people" in str(unlabelled)
    scored = audit_of(people, who, y_score="s", threshold=0.6)
    differing = int(((people["s"] >= 0.6) != (people["p"] == 1)).sum())
    assert scored.disagreements == differing
    assert f"For {differing} of 900 people" in str(scored)


def test_a_group_of_few_expected_people_is_suppressed(people, shares):
    few = fl.membership(shares[:60], levels=LEVELS, name="eth")
    audit = audit_of(people[:60].reset_index(drop=True), few, favorable=1)
    assert audit.by_group("selection_rate").rows[2].status == "small"
    shown = {row.group[0]: row for row in audit.protect().by_group("selection_rate").rows}
    assert shown["C"].status == "suppressed"
    assert [row.status for row in shown.values()].count("suppressed") == 2
    assert (shown["A"].value, shown["A"].lower) == (audit.by_group("selection_rate").rows[0].value, audit.by_group("selection_rate").rows[0].lower)
    check_answers(audit, ["selection_rate", "f1_score"])


def test_every_engine(frame):
    columns = {"y": [1, 0, 0, 1] * 15, "p": [1, 0, 1] * 20, "sex": ["f", None, "m"] * 20}
    shares = {"A": [0.5, 0.25, 1.0] * 20, "B": [0.5, 0.75, 0.0] * 20}
    audits = [
        fl.audit(make(columns), y_true="y", y_pred="p", sensitive_features={"eth": fl.membership(make(shares)), "sex": columns["sex"]})
        for make in (frame, pd.DataFrame)
    ]
    one, two = (audit.by_group(["accuracy", "selection_rate"], by=["eth", "sex"]).to_frame() for audit in audits)
    pd.testing.assert_frame_equal(one, two, rtol=1e-12)


def test_an_index_is_identity(people, shares):
    named = fl.membership(pd.DataFrame(shares, columns=LEVELS, index=people.index[::-1]), name="eth")
    with pytest.raises(ShapesDiffer, match="the same labels in another order"):
        audit_of(people, named)
    with pytest.raises(ShapesDiffer, match="`sensitive_features` has 10 values"):
        audit_of(people, fl.membership(shares[:10], levels=LEVELS))


def test_one_uncertain_attribute_at_a_time(people, who):
    with pytest.raises(BadValue, match="two group columns that are known as probabilities"):
        audit_of(people, {"one": who, "two": who})
    with pytest.raises(BadValue, match="`cluster` was given beside"):
        audit_of(people.assign(who=1), who, cluster="who")
    for wrong in ((("a", ("x", "y")), ("b", ("x", "y"))), (("c", ("x", "y")),), (("a", ("x",)),), ("a", ("x", "y")), (("a", "xy"),)):
        with pytest.raises(BadValue, match="`membership`"):
            Spec(("a", "b"), membership=wrong)


def test_a_spec_reads_the_next_rows(people, shares, who, tmp_path):
    audit = audit_of(people, {"eth": who, "sex": people["sex"]})
    audit.spec.save(tmp_path / "spec.yaml")
    spec = Spec.load(tmp_path / "spec.yaml")
    assert spec == audit.spec
    data = people.assign(**{f"eth: {level}": shares[:, k] for k, level in enumerate(LEVELS)})
    by_column = fl.audit(data, spec=spec)
    given = fl.audit(people, spec=spec, sensitive_features={"eth": who, "sex": people["sex"]})
    for other in (by_column, given, fl.audit(fl.tally(data, spec))):
        pd.testing.assert_frame_equal(other.by_group().to_frame(), audit.by_group().to_frame(), rtol=1e-12)
    with pytest.raises(ColumnNotFound, match="'eth', known as probabilities") as caught:
        fl.audit(people, spec=spec)
    assert "fl.membership" in str(caught.value).splitlines()[-1]
    with pytest.raises(ColumnNotFound, match="eth: A"):
        fl.tally(people, spec)
    wrong = data.assign(**{"eth: A": 0.9})
    with pytest.raises(OutOfRange, match="rows that do not add up to 1"):
        fl.audit(wrong, spec=spec)
    with pytest.raises(OutOfRange, match="not shares of 1 for 9"):
        fl.tally(wrong, spec)
    with pytest.raises(OutOfRange, match="not shares of 1 for 1 of 900"):
        fl.tally(data.assign(**{"eth: A": [np.nan, *shares[1:, 0]]}), spec)


def test_audits_of_probable_groups_add_up(people, shares):
    whole, first, second = (
        audit_of(people[part].reset_index(drop=True), fl.membership(shares[part], levels=LEVELS, name="eth"))
        for part in (slice(None), slice(0, 333), slice(333, None))
    )
    pd.testing.assert_frame_equal((first + second).by_group().to_frame(), whole.by_group().to_frame(), rtol=1e-12)
    back = fl.Cube.from_dict(json.loads(json.dumps(whole.cube.to_dict())))
    assert back == whole.cube
    assert back.spec == whole.spec
    assert pickle.loads(pickle.dumps(whole)).cube == whole.cube
    other = audit_of(people, fl.membership(shares, levels=["A", "B", "D"], name="eth"))
    with pytest.raises(CubesDiffer, match="membership"):
        whole + other


def test_levels_are_levels(people, shares):
    audit = audit_of(people, fl.membership(shares, levels=[1, 2, 3], name="eth"))
    assert audit.cube.levels_of("eth") == (1, 2, 3)
    with pytest.raises(LevelNotFound):
        audit.where(eth=4)


def test_a_level_of_no_share_is_no_group(people):
    sure = fl.membership({"A": np.ones(len(people)), "B": np.zeros(len(people))}, name="eth")
    audit = audit_of(people, sure)
    assert audit.cube.levels_of("eth") == ("A",)
    assert audit.by_group("selection_rate").rows[0].n == 900


def test_seen_without_their_groups_people_count_as_one_each():
    """Grouped by another column, or all together, a person of two half groups is one person and not less, nor more."""
    rng = np.random.default_rng(3)
    share = rng.beta(2, 2, 500)
    rows = pd.DataFrame({"sex": rng.choice(["f", "m"], 500), "p": rng.integers(0, 2, 500)})
    who = fl.membership(pd.DataFrame({"a": share, "b": 1 - share}), name="origin")
    audit = fl.audit(rows, y_pred="p", sensitive_features={"origin": who, "sex": rows["sex"]})
    for row in (*audit.by_group("selection_rate", by="sex").rows, *audit.overall("selection_rate").rows):
        assert row.effective == pytest.approx(row.n)
    plain = fl.audit(rows, y_pred="p", sensitive_features="sex").by_group("selection_rate").to_frame()
    found = audit.by_group("selection_rate", by="sex").to_frame()
    np.testing.assert_allclose(found[["value", "lower", "upper"]], plain[["value", "lower", "upper"]], rtol=1e-9)
