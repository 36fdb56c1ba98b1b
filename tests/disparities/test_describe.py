"""Who is in the data: counts by hand, intervals of statsmodels, a population, and nothing about hidden people."""

import itertools
import pickle
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from statsmodels.stats.proportion import proportion_confint

import fairlens as fl
from fairlens._blanking import missing_blanks, subsets
from fairlens._missing import missing_columns
from fairlens._protect import publish
from fairlens._tables import Tables
from fairlens.exceptions import BadValue, LevelNotFound, OutOfRange, RowsNotHeld, WrongKind

FLOOR = 10


def people(size=900, seed=3):
    """Applicants with missing labels, a missing group and missing inputs."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame(
        {
            "race": rng.choice(["Black", "white", "Asian"], size, p=[0.2, 0.7, 0.1]),
            "sex": rng.choice(["f", "m", None], size, p=[0.45, 0.45, 0.1]),
            "y": rng.choice([0.0, 1.0, np.nan], size, p=[0.5, 0.4, 0.1]),
            "income": np.where(rng.random(size) < 0.15, np.nan, rng.normal(size=size)),
            "debt": rng.normal(size=size),
            "job": rng.choice(["a", "b", None], size, p=[0.5, 0.45, 0.05]),
        }
    )
    rows["w"] = rng.uniform(0.2, 3.0, size)
    return rows


def score(inputs):
    return np.where(np.asarray(inputs["debt"], float) > 0, 0.8, 0.2)


def audited(rows, **more):
    return fl.audit(
        rows[["income", "debt", "job"]], y_true=rows["y"], model=score, threshold=0.5, favorable=1, sensitive_features=rows[["race", "sex"]],
        words={"person": "applicant"}, **more,
    )  # fmt: skip


def test_counts_shares_and_base_rates_are_those_of_pandas():
    rows = people()
    frame = fl.describe(audited(rows), by="race").to_frame().set_index("race")
    for race, part in rows.groupby("race"):
        n, labelled = len(part), part["y"].notna()
        row = frame.loc[race]
        assert (row["n"], row["labelled"], row["missing_income"], row["missing_job"], row["missing_sex"]) == (
            n, labelled.sum(), part["income"].isna().sum(), part["job"].isna().sum(), part["sex"].isna().sum(),
        )  # fmt: skip
        assert row["missing_share_income"] == pytest.approx(part["income"].isna().mean(), abs=1e-15)
        assert row["labelled_share"] == pytest.approx(labelled.mean(), abs=1e-15)
        for value, x, size in (("share", n, len(rows)), ("base_rate", part["y"].sum(), labelled.sum())):
            ends = ("lower", "upper") if value == "share" else ("base_rate_lower", "base_rate_upper")
            np.testing.assert_allclose(
                row[[value, *ends]].astype(float), [x / size, *proportion_confint(x, size, method="wilson")], rtol=0, atol=1e-12
            )
    assert "missing_debt" not in frame


def test_one_attribute_after_the_other_and_crossed():
    rows = people()
    audit = audited(rows)
    frame = fl.describe(audit).to_frame()
    assert frame[["race", "sex"]].values.tolist() == [
        *([race, fl.ALL] for race in ("Asian", "Black", "white")), *([fl.ALL, sex] for sex in ("f", "m", fl.MISSING)),
    ]  # fmt: skip
    assert frame["missing_sex"].isna().tolist() == [False] * 3 + [True] * 3
    crossed = fl.describe(audit, by=["sex", "race"]).to_frame().set_index(["sex", "race"])["n"]
    wanted = rows.fillna({"sex": fl.MISSING}).groupby(["sex", "race"]).size()
    assert crossed.to_dict() == wanted.to_dict()


def test_a_selection_is_described_and_a_threshold_is_not_asked():
    rows = people()
    audit = audited(rows)
    frame = fl.describe(audit.where(sex="f"), by="race").to_frame().set_index("race")
    part = rows[rows["sex"] == "f"]
    assert frame["n"].to_dict() == part.groupby("race").size().to_dict()
    assert frame["missing_income"].to_dict() == part["income"].isna().groupby(part["race"]).sum().to_dict()
    assert "missing_sex" not in frame
    assert fl.describe(audit.where(sex="f"), by="race").sentence.startswith("Among sex = f: ")
    assert fl.describe(audit.at({"Black": 0.5}, by="race"), by="race").sentence == fl.describe(audit, by="race").sentence


def test_a_slice_stands_beside_everybody_else():
    rows = people()
    part = rows[(rows["race"] == "Black") & (rows["sex"] == "f")]
    found = fl.describe(audited(rows), by=fl.Slice("Black women", {"race": "Black", "sex": "f"})).to_frame()
    assert found["slice"].tolist() == ["Black women", "others"]
    assert found["n"].tolist() == [len(part), len(rows) - len(part)]
    missing = rows["income"].isna().sum()
    assert found["missing_income"].tolist() == [part["income"].isna().sum(), missing - part["income"].isna().sum()]
    over_race = fl.describe(audited(rows), by=fl.Slice("Black", {"race": "Black"})).to_frame()
    assert over_race["missing_sex"].sum() == rows["sex"].isna().sum()


def test_weights_enter_shares_and_rates_and_not_counts():
    rows = people()
    audit = audited(rows, sample_weight=rows["w"])
    row = fl.describe(audit, by="race").to_frame().set_index("race").loc["Black"]
    part, kish = rows[rows["race"] == "Black"], rows["w"].sum() ** 2 / (rows["w"] ** 2).sum()
    share = part["w"].sum() / rows["w"].sum()
    assert row["share"] == pytest.approx(share, abs=1e-12)
    np.testing.assert_allclose(row[["lower", "upper"]].astype(float), proportion_confint(share * kish, kish, method="wilson"), atol=1e-9)
    labelled = part[part["y"].notna()]
    assert row["base_rate"] == pytest.approx(np.average(labelled["y"], weights=labelled["w"]), abs=1e-12)
    assert row["labelled_share"] == pytest.approx(labelled["w"].sum() / part["w"].sum(), abs=1e-12)
    assert (row["n"], row["missing_income"]) == (len(part), part["income"].isna().sum())


def test_the_same_person_ten_times_is_one_person():
    rows = people(90)
    many = pd.concat([rows] * 10, ignore_index=True)
    who = np.tile(np.arange(len(rows)), 10)
    by_row, by_person, once = (
        fl.describe(audit, by="race", population={"race": {"Black": 0.3, "white": 0.5, "Asian": 0.15, "Other": 0.05}}).to_frame()
        for audit in (audited(many), audited(many, cluster=who), audited(rows))
    )
    width = [(frame["upper"] - frame["lower"]).to_numpy() for frame in (by_row, by_person, once)]
    assert (by_person["n"] == by_row["n"]).all()
    assert (width[1] > 2 * width[0]).all()
    np.testing.assert_allclose(width[1], width[2], rtol=0.05)
    with pytest.raises(RowsNotHeld, match="cluster"):
        fl.describe(fl.audit(audited(many, cluster=who).cube))


def test_groups_known_as_probabilities_are_expected_numbers():
    rng = np.random.default_rng(1)
    black = rng.uniform(0, 1, 400)
    inputs = pd.DataFrame({"income": np.where(rng.random(400) < 0.2, np.nan, 1.0)})
    audit = fl.audit(
        inputs, model=lambda X: np.full(len(X), 0.7), threshold=0.5, favorable=1,
        sensitive_features=fl.membership({"Black": black, "white": 1 - black}, name="race"),
    )  # fmt: skip
    found = fl.describe(audit, population={"race": {"Black": 0.25, "white": 0.75}})
    frame = found.to_frame()
    assert frame["n"].tolist() == [round(black.sum()), round((1 - black).sum())]
    assert frame["share"].tolist() == pytest.approx([black.mean(), 1 - black.mean()], abs=1e-9)
    lost = inputs["income"].isna()
    assert frame["missing_income"].tolist() == [round(black[lost].sum()), round((1 - black)[lost].sum())]
    assert frame["missing_share_income"][0] == pytest.approx(black[lost].sum() / black.sum(), abs=1e-9)
    assert "expected number" in found.html()
    assert "expected" in found.plot().alt


def test_inputs_without_rows_are_not_described():
    rows = people()
    audit = audited(rows)
    for other in (fl.audit(audit.cube), pickle.loads(pickle.dumps(audit)), audit + audit):
        assert {name for name in fl.describe(other).to_frame() if name.startswith("missing_") and not name.startswith("missing_share_")} <= {"missing_sex"}
    assert fl.describe(pickle.loads(pickle.dumps(audit.protect()))).columns == ("sex",)


@pytest.mark.parametrize("kind", ["polars", "pyarrow", "array", "sparse", "object"])
def test_missing_inputs_are_read_from_any_table(kind):
    import polars as pl
    import pyarrow as pa
    from scipy import sparse

    values = np.array([[1.0, np.nan], [np.nan, 2.0], [3.0, np.nan], [4.0, 5.0]] * 10)
    made = {
        "polars": lambda: pl.DataFrame({"0": values[:, 0], "1": pl.Series(values[:, 1], nan_to_null=True)}),
        "pyarrow": lambda: pa.table({"0": pa.array(values[:, 0], from_pandas=True), "1": pa.array(values[:, 1])}),
        "array": lambda: values,
        "sparse": lambda: sparse.csr_matrix(values),
        "object": lambda: np.where(np.isnan(values), None, values),
    }[kind]()
    audit = fl.audit(made, model=lambda X: np.full(40, 0.7), threshold=0.5, favorable=1, sensitive_features={"g": ["a", "b"] * 20})
    frame = fl.describe(audit).to_frame()
    assert (frame["missing_0"].tolist(), frame["missing_1"].tolist()) == ([0, 10], [20, 0])


POPULATION = {"race": {"Black": 0.13, "white": 0.8, "Asian": 0.06, "Other": 0.01}}


def test_representation_is_the_share_divided_by_that_of_the_population():
    rows = people()
    frame = fl.describe(audited(rows), by="race", population=POPULATION).to_frame().set_index("race")
    for race, share in POPULATION["race"].items():
        x = int((rows["race"] == race).sum())
        low, high = proportion_confint(x, len(rows), method="wilson")
        found = frame.loc[race, ["population", "representation", "representation_lower", "representation_upper"]].astype(float)
        np.testing.assert_allclose(found, [share, x / len(rows) / share, low / share, high / share], rtol=0, atol=1e-12)
    assert frame.loc["Other", "n"] == 0
    counts = {race: round(1000 * share) for race, share in POPULATION["race"].items()}
    pd.testing.assert_frame_equal(
        frame.reset_index(), fl.describe(audited(rows), by="race", population={"race": counts}).to_frame(), rtol=0, atol=1e-15
    )


def test_people_of_unknown_group_are_left_out_of_representation():
    rows = people()
    found = fl.describe(audited(rows), by="sex", population={"sex": {"f": 1, "m": 1}})
    frame, known = found.to_frame().set_index("sex"), rows["sex"].dropna()
    assert frame.loc["f", "representation"] == pytest.approx((known == "f").mean() / 0.5, abs=1e-12)
    assert frame.loc["f", "share"] == pytest.approx((rows["sex"] == "f").mean(), abs=1e-12)
    assert np.isnan(frame.loc[fl.MISSING, "representation"])
    assert frame.loc[fl.MISSING, "reason"] == "group not known"
    assert "whose group is known" in found.sentence
    assert "whose group is known" in found.html()


def test_a_crossing_has_a_population_of_its_own_in_any_order():
    rows = people()
    levels = list(itertools.product(["f", "m"], ["Black", "white", "Asian"]))
    crossed = {("sex", "race"): {level: 1 / 6 for level in levels}}
    one = fl.describe(audited(rows), by=["race", "sex"], population=crossed).to_frame()
    other = {("race", "sex"): {(race, sex): 1 for sex, race in levels}}
    pd.testing.assert_frame_equal(one, fl.describe(audited(rows), by=["race", "sex"], population=other).to_frame())
    known = rows.dropna(subset=["sex"])
    black = ((known["race"] == "Black") & (known["sex"] == "f")).mean() * 6
    assert one.set_index(["race", "sex"]).loc[("Black", "f"), "representation"] == pytest.approx(black, abs=1e-12)


def test_missing_values_and_labels_have_wilsons_interval():
    rows = people()
    group = rows[rows["race"] == "Black"]
    found = next(row for row in fl.describe(audited(rows), by="race").rows if row.group == ("Black",))
    for part, lacks in ((found.lacking["income"], group["income"].isna()), (found.unlabelled, group["y"].isna())):
        n, size = int(lacks.sum()), len(group)
        assert n > 0
        assert part.n == n
        assert part.share == n / size
        np.testing.assert_allclose((part.lower, part.upper), proportion_confint(n, size, method="wilson"), rtol=1e-9)


def test_the_sentence_says_what_the_data_support():
    def sentence(black, population, **more):
        race = ["Black"] * black + ["white"] * (1000 - black)
        audit = fl.audit(y_pred=[1, 0] * 500, sensitive_features={"race": race}, words={"person": "applicant"}, **more)
        return fl.describe(audit, population={"race": {"Black": population, "white": 1 - population}}).sentence

    low, high = (end / 0.13 for end in proportion_confint(90, 1000, method="wilson"))
    assert sentence(90, 0.13) == f"Of 100 applicants 9 are Black; of 100 in the population 13: 0.69 times as many ({low:.2f} to {high:.2f}, n=1,000)."
    assert re.match(r"Cannot tell: .* 0\.9\d times as many \(0\.\d\d to 1\.\d\d, n=1,000\), allowing for 2 groups compared\.", sentence(125, 0.13))
    assert sentence(90, 0.094).startswith("Cannot tell: of 100 applicants 9.0 are Black, of 100 in the population 9.4; ")


def test_a_difference_that_one_interval_supports_and_all_together_do_not_is_none():
    """Of ten groups each 95 % interval by itself excludes 1 for one of them; that many comparisons allow that by chance."""
    groups = [f"g{i}" for i in range(10)]
    sizes = [124, *[876 // 9] * 8]
    sizes.append(1000 - sum(sizes))
    audit = fl.audit(y_pred=[1, 0] * 500, sensitive_features={"g": np.repeat(groups, sizes)})
    found = fl.describe(audit, population={"g": dict.fromkeys(groups, 0.1)})
    assert found.to_frame()["representation_lower"][0] > 1
    assert found.sentence.startswith("Cannot tell: of 100 people 12 are g0")
    assert found.sentence.endswith(", allowing for 10 groups compared.")


@pytest.mark.parametrize(
    ("population", "kind", "said"),
    [
        ({"race": {"Black": 0.2, "white": 0.8}}, LevelNotFound, "says nothing about Asian"),
        ({"race": {"Black": 0.2, "white": 0.7, "Asian": 0.05}}, BadValue, "add up to 0.95"),
        ({"race": {"Black": 0, "white": 0}}, BadValue, "add up to 0"),
        ({"race": {"Black": -1, "white": 2}}, OutOfRange, "-1"),
        ({"race": {"Black": "many"}}, OutOfRange, "many"),
        ({"race": {"Black": float("nan")}}, OutOfRange, "nan"),
        ({"race": [0.2, 0.8]}, WrongKind, "share"),
        ({"race": {}}, WrongKind, "share"),
        ({"age": {"young": 1.0}}, LevelNotFound, "names 'age'"),
        ({("race", "sex"): {"Black": 1.0}}, BadValue, "'Black'"),
        ({"race": {fl.MISSING: 1.0}}, BadValue, "missing"),
        ({"race": {"Black": 0.5, ("Black",): 0.5}}, BadValue, "twice"),
        ({"sex": {"f": 0.5, "m": 0.5}}, BadValue, "speaks of 'sex'"),
        ([0.2], WrongKind, "population"),
    ],
)
def test_a_population_that_cannot_be_read_is_refused(population, kind, said):
    with pytest.raises(kind, match=re.escape(said)) as error:
        fl.describe(audited(people()), by="race", population=population)
    assert "Hint:" in str(error.value)


def test_a_population_is_about_everybody():
    audit = audited(people())
    with pytest.raises(BadValue, match="kept to some"):
        fl.describe(audit.where(race=["Black", "white"]), by="race", population=POPULATION)
    with pytest.raises(OutOfRange, match="confidence"):
        fl.describe(audit, confidence=1)


def test_nobody_in_the_population_is_no_ratio():
    found = fl.describe(audited(people()), by="race", population={"race": {"Black": 0.5, "white": 0.5, "Asian": 0}})
    row = found.to_frame().set_index("race").loc["Asian"]
    assert np.isnan(row["representation"])
    assert row["reason"] == "nobody in the population"
    assert "nobody in the population" in found.html()


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "y", None]), st.sampled_from([0, 1, None])), min_size=1, max_size=60), st.randoms())
def test_shares_add_up_and_the_order_of_rows_does_not_matter(rows, random):
    def frame(rows, by):
        first, second, labels = zip(*rows, strict=True)
        y = None if not any(label is not None for label in labels) else list(labels)
        audit = fl.audit(y_true=y, y_pred=[1] * len(rows), sensitive_features={"g": list(first), "h": list(second)})
        return fl.describe(audit, by=by).to_frame()

    mixed = random.sample(rows, len(rows))
    for by in ("g", "h", ["g", "h"]):
        found = frame(rows, by)
        assert found["share"].sum() == pytest.approx(1, abs=1e-12)
        assert found["n"].sum() == len(rows)
        pd.testing.assert_frame_equal(found, frame(mixed, by))


def small(seed):
    """Few people, many small crossings, and inputs that few, or nearly all, or only one group lack."""
    rng = np.random.default_rng(seed)
    size = int(rng.choice([40, 80, 150, 400]))
    groups = {f"a{j}": rng.choice([f"l{i}" for i in range(rng.integers(2, 5))], size) for j in range(1 + seed % 3)}
    groups["a0"] = np.where(rng.random(size) < 0.7, "most", groups["a0"])
    rates = rng.choice([0.02, 0.2, 0.9])
    inputs = pd.DataFrame(
        {
            "some": np.where(rng.random(size) < rates, np.nan, 1.0),
            "one": np.where((groups["a0"] == "most") & (rng.random(size) < 0.3), np.nan, 1.0),
            "few": np.where((groups["a0"] != "most"), np.nan, 1.0),
            "all": np.full(size, np.nan),
        }
    )
    return fl.audit(inputs, model=lambda X: np.full(len(X), 0.7), threshold=0.5, favorable=1, sensitive_features=pd.DataFrame(groups))


def solutions(people, hidden, counts, blank, lines):
    """Everything that a reader knows: numbers of people where shown, counts where shown, and what adds up to what."""
    size = len(people)
    rows, sums = [], []
    for margin, cells in lines:
        for offset in (0, size):
            row = np.zeros(2 * size)
            row[offset + np.asarray(cells)] = 1
            row[offset + margin] = -1
            rows.append(row)
            sums.append(0)
    for i in range(size):
        for offset, seen, values in ((0, ~hidden[i], people), (size, ~blank[i], counts)):
            if seen:
                rows.append(np.eye(1, 2 * size, offset + i)[0])
                sums.append(values[i])
    fewer = np.hstack([-np.eye(size), np.eye(size)])
    return {"A_eq": np.array(rows), "b_eq": sums, "A_ub": fewer, "b_ub": np.zeros(size), "bounds": [(1, None)] * size + [(0, None)] * size}


def lines_of(tables):
    start, lines, size = {}, [], 0
    for key in subsets(tables.axes):
        start[key] = size
        size += len(tables.table(key).codes)
    for key in subsets(tables.axes)[1:]:
        codes = tables.table(key).codes.tolist()
        for j in range(len(key)):
            rest = key[:j] + key[j + 1 :]
            for i, margin in enumerate(tables.table(rest).codes.tolist()):
                lines.append((start[rest] + i, [start[key] + k for k, code in enumerate(codes) if code[:j] + code[j + 1 :] == margin]))
    return lines


def given_away(people, hidden, counts, blank, lines):
    """Hidden cells of which the people, or the count, have one solution only; and how many were looked at."""
    system = solutions(people, hidden, counts, blank, lines)
    found = []
    for cell in np.flatnonzero(hidden):
        for offset in (0, len(people)):
            goal = np.eye(1, 2 * len(people), offset + cell)[0]
            ends = [linprog(sign * goal, **system) for sign in (1, -1)]
            assert all(end.status in (0, 3) for end in ends)
            if all(end.status == 0 for end in ends) and -ends[1].fun - ends[0].fun < 1e-6:
                found.append(int(cell))
    return found


@pytest.mark.parametrize("seed", range(24))
def test_nothing_about_hidden_people_can_be_worked_out(seed):
    audit = small(seed)
    tables = audit.protect().tables
    keys = subsets(tables.axes)
    hidden = np.concatenate([tables.table(key).blank for key in keys])
    people = np.concatenate([tables.table(key).people for key in keys])
    columns = {column.name: column for column in missing_columns(tables)}
    assert {"all", "some"} - set(columns) <= {"some"}
    for key in keys:
        for column in columns.values():
            assert column.tables.table(key).codes.tolist() == tables.table(key).codes.tolist()
    for name in sorted(set(columns) - {"all"}):
        cells = [columns[name].cells(key) for key in keys]
        counts, blank = (np.concatenate(part) for part in zip(*cells, strict=True))
        assert blank[hidden].all()
        if counts[0] < people[0]:
            assert given_away(people, hidden, counts, blank, lines_of(tables)) == []


def test_the_check_sees_what_is_given_away():
    """Where counts are blank only where people are, a reader sees that nobody of the hidden groups lacks a value."""
    groups = ["x"] * 60 + ["y"] * 40 + ["z"] * 6 + ["v"] * 5
    lacks = [1] * 20 + [0] * 91
    audit = fl.audit(
        pd.DataFrame({"income": np.where(lacks, np.nan, 1.0)}), model=lambda X: np.full(len(X), 0.7), threshold=0.5, favorable=1,
        sensitive_features={"g": groups},
    )  # fmt: skip
    tables = audit.protect().tables
    hidden = np.concatenate([tables.table(key).blank for key in ((), ("g",))])
    (column,) = missing_columns(tables)
    counts = np.concatenate([column.cells(key)[0] for key in ((), ("g",))])
    people = np.concatenate([tables.table(key).people for key in ((), ("g",))])
    assert given_away(people, hidden, counts, hidden, lines_of(tables)) == [1, 4]
    assert column.cells(("g",))[1].tolist() == [True, True, False, True]
    frame = fl.describe(audit).published().to_frame()
    assert frame["missing_income"].isna().tolist() == [True, True, False, True]


def test_all_missing_is_said_of_everybody_and_the_internal_profile_hides_nothing():
    audit = small(4)
    column = {one.name: one for one in missing_columns(audit.protect().tables)}["all"]
    key = (audit.groups[0],)
    assert (column.cells(key)[1] == audit.protect().tables.table(key).blank).all()
    assert not any(one.cells(key)[1].any() for one in missing_columns(audit.protect("internal").tables))


def test_a_large_system_keeps_the_whole_only(monkeypatch):
    from fairlens import _blanking

    audit = small(2)
    monkeypatch.setattr(_blanking, "_MAX_UNKNOWNS", 0)
    cube = audit.cube
    hidden = np.concatenate([np.zeros(1, bool), *(publish(cube).table(key).blank for key in subsets(cube.groups)[1:])])
    assert hidden.any()
    counted = Tables(cube)
    counts = np.concatenate([counted.table(key).people // 2 for key in subsets(cube.groups)])
    (blank,) = missing_blanks(counted, hidden, [counts])
    assert not blank[0]
    assert blank[1:].all()


def test_readers_see_protected_numbers_only():
    rows = pd.concat([people(), people().head(4).assign(race="Inuit")], ignore_index=True)
    found = fl.describe(audited(rows), by="race")
    assert 4 in found.to_frame()["n"].tolist()
    shown = found.published().to_frame().set_index("race")
    assert shown.loc["Inuit", "status"] == "suppressed"
    assert shown.loc["Inuit", ["n", "labelled", "missing_income"]].isna().all()
    for text in (repr(found), found.html(), found.plot().alt):
        assert "suppressed" in text
        assert not re.search(r"\d", re.findall(r"Inuit.*?(?:fewer than|\n|</tr>|$)", text)[0])
    assert found.to_dict()["columns"][:3] == ["race", "n", "share"]


def test_the_picture_tells_the_table():
    found = fl.describe(audited(people()), by="race", population=POPULATION)
    picture = found.plot()
    assert picture.alt.startswith(found.sentence)
    assert "Black: " in picture.alt
    diamonds = [line for line in picture.ax_.lines if line.get_gid() == "population"]
    np.testing.assert_allclose(sorted(diamonds[0].get_xdata()), sorted(POPULATION["race"].values()))
    assert fl.describe(audited(people())).plot().alt.count("Share of all by") == 2


def test_the_share_without_a_label_is_of_rows_whatever_they_weigh():
    """The share stands beside a number of rows; it read 1 less the weighted share of labels before."""
    label = [1.0, 0.0, np.nan, np.nan] * 25
    weight = [1.0, 1.0, 0.01, 0.01] * 25
    frame = pd.DataFrame({"sex": ["f"] * 100 + ["m"] * 100, "y": label * 2, "p": [0, 1] * 100, "w": weight * 2})
    audit = fl.audit(frame, y_true="y", y_pred="p", sample_weight="w", sensitive_features="sex", favorable=1)
    for row in fl.describe(audit, by="sex").rows:
        assert (row.unlabelled.n, row.unlabelled.share) == (50, 0.5)
