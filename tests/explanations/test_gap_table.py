"""Several groups at once, from one pass of predictions, with intervals that hold together."""

import json
import pickle

import numpy as np
import pandas as pd
import pytest

import fairlens as fl
from fairlens.exceptions import BadValue, LevelNotFound, OneGroup

N = 700


def rows(seed: int = 1, small: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    race = rng.choice(["Black", "Asian", "white"], N, p=[0.3, 0.2, 0.5]).astype(object)
    race[:small] = "green"
    sex = rng.choice(["f", "m"], N)
    X = pd.DataFrame({"income": rng.normal(size=N) - 0.9 * (race == "Black"), "debt": rng.normal(size=N) + 0.5 * (sex == "f"), "noise": rng.normal(size=N)})
    return X, pd.DataFrame({"race": race, "sex": sex})


def score(X: pd.DataFrame) -> np.ndarray:
    return 1 / (1 + np.exp(-(X["income"] - 0.4 * X["debt"]).to_numpy()))


def audited(small: int = 0, **changes: object) -> fl.Audit:
    X, people = rows(small=small)
    roles = {"model": score, "threshold": [0.5, 0.4], "sensitive_features": people, **changes}
    return fl.audit(X, **roles)  # type: ignore[arg-type]


def test_every_group_of_every_feature_from_one_pass():
    seen: list[int] = []
    audit = audited(model=lambda X: seen.append(len(X)) or score(X))  # type: ignore[func-returns-value]
    seen.clear()
    table = fl.decompose_gap(audit, n_rounds=3)
    assert isinstance(table, fl.GapTable)
    assert sum(seen) == N + 3 * 4 * N
    assert [gap.pair.row.group for gap in table] == [("Asian",), ("Black",), ("white",), ("f",), ("m",)]
    wanted = audit.difference("selection_rate", reference="rest").rows
    for gap, row in zip(table, wanted, strict=True):
        assert abs(gap.gap - row.change) <= 1e-12
        assert gap.closes
        assert gap.published().closes
    assert table.closes
    assert table.gaps[3].gap == -table.gaps[4].gap
    assert {gap.compared for gap in table} == {5}


def test_frame_has_a_row_per_group_and_input():
    table = fl.decompose_gap(audited(), reference="white", n_rounds=2)
    frame = table.to_frame()
    assert list(frame) == [
        "race", "reference", "feature", "contribution", "lower", "upper", "simultaneous_lower", "simultaneous_upper", "share", "n", "gap", "status", "reason",
    ]  # fmt: skip
    assert frame.groupby("race")["contribution"].sum().to_dict() == pytest.approx({gap.group: gap.gap for gap in table}, abs=1e-12)
    assert (frame["simultaneous_lower"] <= frame["lower"]).all()
    assert (frame["simultaneous_upper"] >= frame["upper"]).all()
    both = fl.decompose_gap(audited(), n_rounds=1).to_frame()
    assert set(both.loc[both["sex"] == "f", "race"]) == {fl.ALL}


def test_a_list_and_a_crossing():
    audit = audited()
    some = fl.decompose_gap(audit, ["Black", "Asian"], reference="white", n_rounds=2)
    assert [gap.group for gap in some] == ["Black", "Asian"]
    assert fl.decompose_gap(audit, ["Black"], n_rounds=1).of("Black").closes
    crossed = fl.decompose_gap(audit, [("Black", "f"), ("white", "m")], by=["race", "sex"], n_rounds=2)
    assert crossed.of(("Black", "f")).closes
    whole = fl.decompose_gap(audit, by=["race", "sex"], reference="largest", n_rounds=2)
    assert len(whole) == 5
    assert whole.closes
    with pytest.raises(LevelNotFound, match="There are gaps of: 'Black', 'Asian'"):
        some.of("white")


def test_limits_allow_for_all_groups():
    """With more gaps the simultaneous limits of the same part are wider, and its own are not."""
    audit = audited()
    one = {part.feature: part for part in fl.decompose_gap(audit, "Black", reference="white", n_rounds=4).parts}
    many = {part.feature: part for part in fl.decompose_gap(audit, by=["race", "sex"], n_rounds=4).of(("Black", "f")).parts}
    wide = lambda part: (part.simultaneous_upper - part.simultaneous_lower) / (part.upper - part.lower)  # noqa: E731
    assert 1 < wide(one["income"]) < wide(many["income"]) < 2


def test_one_part_needs_no_allowance():
    X = np.arange(80.0)[:, None] % 7
    audit = fl.audit(X, model=lambda rows: (rows[:, 0] > 3).astype(int), sensitive_features={"g": ["a", "b"] * 40})
    (part,) = fl.decompose_gap(audit, "a").parts
    assert (part.simultaneous_lower, part.simultaneous_upper) == (part.lower, part.upper)


def test_mirrored_gaps_are_one_comparison():
    """Two groups against the rest are one gap, told twice: their limits need not allow for two."""
    audit = audited()
    one = {part.feature: part for part in fl.decompose_gap(audit, "f", n_rounds=4).parts}
    twice = {part.feature: part for part in fl.decompose_gap(audit, by="sex", n_rounds=4).of("f").parts}
    assert one["income"].contribution == pytest.approx(twice["income"].contribution, abs=1e-12)
    assert twice["income"].simultaneous_upper == pytest.approx(one["income"].simultaneous_upper, rel=0.02)


def test_suppressed_groups_have_no_published_numbers():
    table = fl.decompose_gap(audited(small=5), by="race", reference="white", n_rounds=1)
    shown = table.published()
    assert table.of("green").has_parts
    assert shown.of("green").status == "suppressed"
    hidden = shown.to_frame().query("status == 'suppressed'")
    assert hidden[["contribution", "lower", "upper", "simultaneous_lower", "share", "n", "gap"]].isna().all(axis=None)
    for text in (repr(table), table.html(), table.sentence, table.plot().alt):
        for part in table.of("green").parts:
            assert part.contribution == 0 or f"{100 * part.contribution:.1f}" not in text
    assert "green (suppressed)" in table.sentence
    assert "suppressed" in table.html()


def test_words_html_and_plain_data():
    table = fl.decompose_gap(audited(), by="race", reference="white", n_rounds=2)
    assert table.sentence.startswith("Black people are predicted positive ")
    assert table.sentence.endswith(" It is the largest of 2 gaps.")
    shown = table.html()
    assert shown.count("<table") == 2
    assert shown.count(fl.GapTable.caution) == 1
    assert fl.GapTable.caution in repr(table)
    plain = json.loads(json.dumps(table.to_dict(), allow_nan=False))
    assert [one["group"] for one in plain["gaps"]] == [["Asian"], ["Black"]]
    again = pickle.loads(pickle.dumps(table))
    assert again == table
    picture = table.plot()
    assert picture.alt.startswith(table.sentence)
    assert all(part.feature in picture.alt for part in table.gaps[0].parts)


def test_cannot_tell_where_nothing_differs():
    X, people = rows()
    race = np.random.default_rng(0).permutation(people["race"])
    table = fl.decompose_gap(fl.audit(X, model=score, threshold=0.5, sensitive_features={"race": race}), n_rounds=1)
    assert table.sentence.startswith("Cannot tell: none of the 3 gaps is clear of 0, allowing for all of them")


def test_one_gap_that_cannot_tell_is_said_in_the_singular():
    X, people = rows()
    audit = fl.audit(X, model=score, threshold=0.5, sensitive_features={"sex": np.random.default_rng(0).permutation(people["sex"])})
    said = fl.decompose_gap(audit, reference="m", n_rounds=1).sentence
    assert said.startswith("Cannot tell: the gap of f to m is not clear of 0 (")
    assert "none of the" not in said
    assert "by itself" not in said


def test_limits_for_readers_allow_for_the_gaps_that_they_see():
    """Of the raw gaps one is hidden from readers: limits, number and text are for the others."""
    audit = audited(small=5)
    raw = fl.decompose_gap(audit, by="race", reference="white", n_rounds=2)
    shown = raw.published()
    assert [gap.status for gap in shown].count("suppressed") == 2
    assert {gap.compared for gap in raw} == {3}
    assert shown.of("Black").compared == 1
    assert "an interval that allows for all inputs excludes 0" in raw.of("Black").method
    alone = {part.feature: part for part in fl.decompose_gap(audit, "Black", reference="white", n_rounds=2).published().parts}
    times = lambda part: (part.simultaneous_upper - part.contribution) / part.se  # noqa: E731
    for part in shown.of("Black").parts:
        assert part.se == 0 or times(part) == pytest.approx(times(alone[part.feature]), rel=0.02)
    assert "all inputs and 2 gaps" in fl.decompose_gap(audited(), by="race", reference="white", n_rounds=1).of("Black").method


def test_a_gap_of_too_few_people_supports_nothing():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(514, 3)), columns=list("uvw"))
    X.loc[:13, "u"] -= 3
    model = lambda frame: 1 / (1 + np.exp(-frame["u"] - frame["v"]))  # noqa: E731
    groups = {"g": np.array(["a"] * 14 + ["b"] * 300 + ["c"] * 200)}
    audit = fl.audit(X, model=model, threshold=0.5, sensitive_features=groups, min_denominator=30)
    for gap in (fl.decompose_gap(audit, n_rounds=2).of("a"), fl.decompose_gap(audit, "a", n_rounds=2)):
        for one in (gap, gap.published()):
            assert one.status == "small"
            assert any(part.is_supported for part in one.parts)
            assert one.supported == ()
            assert not one.simultaneous()["supported"].any()


@pytest.mark.parametrize("name", ["feature", "contribution", "share", "gap", "simultaneous_lower"])
def test_a_group_column_called_like_a_column_of_the_answer_is_refused(name):
    _, people = rows()
    audit = audited(sensitive_features={name: people["race"]})
    with pytest.raises(BadValue) as caught:
        fl.decompose_gap(audit, n_rounds=1)
    assert f"`sensitive_features` names the column {name!r}" in str(caught.value)
    assert f"\nHint: fl.audit(..., sensitive_features={{'{name}_group': people[{name!r}]}})" in str(caught.value)
    assert fl.decompose_gap(audit, "Black", n_rounds=1).closes  # its frame has no column of the group
    crossed = audited(sensitive_features={"sex": people["sex"]}, slice_features={name: people["race"]})
    assert len(fl.decompose_gap(crossed, n_rounds=1)) == 2
    with pytest.raises(BadValue, match=f"`slice_features` names the column '{name}'"):
        fl.decompose_gap(crossed, by=["sex", name], n_rounds=1)


@pytest.mark.parametrize("name", ["feature", "mean", "abs_upper"])
def test_a_group_column_called_like_a_column_of_an_explanation_is_refused(name):
    _, people = rows()
    with pytest.raises(BadValue, match=f"names the column '{name}', and fl.explain makes a table by it"):
        fl.explain(audited(sensitive_features={name: people["race"]}), "occlusion", progress=False)


def test_one_group_is_nothing_to_compare():
    X, _ = rows()
    with pytest.raises(OneGroup):
        fl.decompose_gap(fl.audit(X, model=score, threshold=0.5, sensitive_features={"race": ["a"] * N}))


def test_all_thresholds_of_all_groups():
    table = fl.decompose_gap(audited(), by="race", reference="white", thresholds=[0.3, 0.6], n_rounds=2)
    assert table.thresholds == (0.3, 0.5, 0.6)
    for threshold in table.thresholds:
        at = table.at(threshold)
        wanted = {row.row.group[0]: row.change for row in audited().at(threshold).difference("selection_rate", by="race", reference="white").rows}
        for gap in at:
            assert gap.threshold == threshold
            assert abs(gap.gap - wanted[gap.group]) <= 1e-12
            assert gap.closes
        assert table.published().at(threshold).closes
    assert table.of("Black").at(0.3) == table.at(0.3).of("Black")
    assert len(json.loads(json.dumps(table.to_dict()))["thresholds"]) == 3
