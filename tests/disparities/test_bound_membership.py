"""Bounds where groups are known as probabilities: a known truth, linear programmes, certain groups, and what is hidden or not held."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import fairlens as fl
from fairlens.exceptions import BadValue, RowsNotHeld
from fairlens.metrics import RATES

ENDS = ["bound_lower", "bound_upper"]
LIMITS = ["lower", "upper"]
NUMBERS = [*ENDS, *LIMITS, "value", "n", "n_unknown"]
APART = ["difference_bound_lower", "difference_bound_upper"]


def audited(rows, shares, **options):
    options = {"y_true": "y", "y_pred": "p", **options}
    others = {name: rows[name] for name in options.pop("others", ())}
    return fl.audit(rows, sensitive_features={"race": fl.membership(shares), **others}, **options)


def of_membership(table):
    frame = table.to_frame()
    return frame[frame["source"] == "membership"].drop(columns="source").reset_index(drop=True)


def bounded(audit, metric, index=("race",), **options):
    return of_membership(fl.bound(audit, metric, **{"by": list(index), **options})).set_index(list(index) if len(index) > 1 else index[0])


def drawn(size, seed=0, groups=("a", "b", "c"), steps=10):
    """People with scores, labels, decisions, weights and another attribute, all going together with the group."""
    rng = np.random.default_rng(seed)
    shares = np.round(rng.dirichlet(np.full(len(groups), 0.6), size) * steps) / steps
    shares[:, -1] += 1 - shares.sum(axis=1)
    shares = np.abs(shares) / np.abs(shares).sum(axis=1, keepdims=True)
    score = np.clip(0.4 * shares[:, 0] + rng.random(size) * 0.6, 0, 1)
    rows = pd.DataFrame(
        {
            "y": (rng.random(size) < 0.3 + 0.4 * shares[:, 0]).astype(int), "p": (score > 0.45).astype(int), "score": score,
            "w": rng.choice([0.5, 1.0, 3.0], size), "s": rng.choice(["f", "m"], size), "region": rng.choice(["north", "south"], size),
        }
    )  # fmt: skip
    return rows, pd.DataFrame(shares, columns=list(groups))


few = st.integers(0, 3)
one_class = st.tuples(*[few] * 8)
METRICS = ["selection_rate", "true_positive_rate", "precision", "accuracy"]


@settings(deadline=None, max_examples=60)
@given(st.lists(one_class, min_size=1, max_size=4))
def test_the_truth_is_inside_whatever_goes_together_within_a_class(classes):
    """The people of each class are of each group exactly as often as the probabilities say, and of which outcome is anybody's choice."""
    people = []
    for counts in classes:
        kept = [(i // 4, i // 2 % 2, i % 2) for i, n in enumerate(counts) for _ in range(n)]
        share = np.mean([group for group, _, _ in kept]) if kept else 0
        people += [(*one, share) for one in kept]
    assume(len({group for group, *_ in people}) == 2)
    rows = pd.DataFrame(people, columns=["group", "y", "p", "share"])
    audit = audited(rows, {"a": rows["share"], "b": 1 - rows["share"]})
    truth = fl.audit(rows.assign(race=np.where(rows["group"], "a", "b")), y_true="y", y_pred="p", sensitive_features="race")
    for metric in METRICS:
        found, real = bounded(audit, metric, reference="b"), truth.by_group(metric).to_frame().set_index("race")["value"]
        for level in "ab":
            low, high = found.loc[level, ENDS]
            assert np.isnan(real[level]) or low - 1e-9 <= real[level] <= high + 1e-9
        apart = real["a"] - real["b"]
        assert np.isnan(apart) or found.loc["a", APART[0]] - 1e-9 <= apart <= found.loc["a", APART[1]] + 1e-9


def programme(rows, shares, metric, weight):
    """Bounds of each group's rate by linear-fractional programmes (Charnes and Cooper): how much of each class, group and outcome.

    Without A. Charnes and W. W. Cooper's change of variables (Naval Research Logistics Quarterly 9 (1962) 181-186) it were no linear one.
    """
    cell = 2 * rows["y"].to_numpy() + rows["p"].to_numpy()
    place = np.unique(shares.to_numpy().round(2), axis=0, return_inverse=True)[1].reshape(-1)
    classes, groups = place.max() + 1, shares.shape[1]
    total, mass = np.zeros((classes, 4)), np.zeros((classes, groups))
    np.add.at(total, (place, cell), weight)
    np.add.at(mass, place, shares.to_numpy() * weight[:, None])
    top, below = np.array(metric.numerator[:4], float), np.array(metric.denominator[:4], float)
    by_cell = [np.append(np.kron(np.eye(classes * 4)[z * 4 + c].reshape(classes, 1, 4), np.ones((1, groups, 1))).reshape(-1), -total[z, c]) for z in range(classes) for c in range(4)]
    by_group = [np.append(np.kron(np.eye(classes * groups)[z * groups + k].reshape(classes, groups, 1), np.ones(4)).reshape(-1), -mass[z, k]) for z in range(classes) for k in range(groups)]
    found = []
    for k in range(groups):
        own = np.zeros(groups)
        own[k] = 1
        goal, size = (np.append(np.tile(np.kron(own, vector), classes), 0) for vector in (top, below))
        equal = np.vstack([*by_cell, *by_group, size])
        right = np.append(np.zeros(len(equal) - 1), 1)
        found.append([sign * linprog(sign * goal, A_eq=equal, b_eq=right).fun for sign in (1, -1)])
    return found


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("metric", METRICS)
def test_bounds_are_those_of_a_programme(metric, weighted):
    rows, shares = (table.loc[table.index.repeat(30)].reset_index(drop=True) for table in drawn(40, seed=3, steps=4))
    weight = rows["w"].to_numpy() if weighted else np.ones(len(rows))
    audit = audited(rows, shares, sample_weight="w" if weighted else None)
    found = bounded(audit, metric)
    assert found[ENDS].to_numpy() == pytest.approx(np.array(programme(rows, shares, RATES[metric], weight)), abs=1e-8)


def test_few_people_of_a_class_leave_as_much_open_as_many():
    """One person alone would be of each group in her shares, with her outcome: nothing would be left open."""
    rng = np.random.default_rng(4)
    shares = pd.DataFrame(rng.dirichlet([0.5] * 4, 1_000), columns=list("abcd"))
    rows = pd.DataFrame({"y": 1, "p": (rng.random(1_000) < 0.35).astype(int)})
    open_to = np.minimum(shares["a"], 0.35).sum() / shares["a"].sum(), np.maximum(shares["a"] - 0.65, 0).sum() / shares["a"].sum()
    found = bounded(audited(rows, shares), "selection_rate").loc["a"]
    assert (found["bound_upper"], found["bound_lower"]) == pytest.approx(open_to, abs=0.03)
    (pool,) = audited(rows, shares).tables.classes.pools(("race",), (("a",),), {}, None)
    sizes = pool.weights.sum(axis=1)
    assert (sizes < 30).sum() <= 1  # whoever is left over
    assert sizes.sum() == 1_000
    assert pool.mass.sum() == pytest.approx(shares["a"].sum())


def test_few_people_whose_group_is_certain_stay_exact():
    share = np.array([1.0] * 7 + [0.0] * 5 + [0.5] * 40)
    rows = pd.DataFrame({"y": 1, "p": [1] * 7 + [0] * 5 + [1, 0] * 20})
    found = bounded(audited(rows, {"a": share, "b": 1 - share}), "selection_rate")
    assert found[ENDS].to_numpy() == pytest.approx(np.array([[7 / 27, 1], [0, 20 / 25]]))


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("weight", [None, "w"])
def test_the_fractional_rate_is_inside(metric, weight):
    rows, _ = drawn(400, seed=5)
    shares = pd.DataFrame(np.random.default_rng(1).dirichlet([0.5, 0.5, 0.5], 400), columns=list("abc"))
    found = bounded(audited(rows, shares, others=["s"], sample_weight=weight), metric, ("race", "s"))
    assert (found["bound_lower"] < found["value"]).all()
    assert (found["value"] < found["bound_upper"]).all()
    rates = audited(rows, shares, others=["s"], sample_weight=weight).by_group(metric, by=["race", "s"]).to_frame().set_index(["race", "s"])
    assert found["value"].tolist() == rates["value"].tolist()
    assert (found["lower"] <= rates["lower"]).all()
    assert (rates["upper"] <= found["upper"]).all()
    pairs = found.dropna(subset="difference")
    assert (pairs["difference_lower"] <= pairs[APART[0]]).all()
    assert (pairs[APART[1]] <= pairs["difference_upper"]).all()


@pytest.mark.parametrize("weight", [None, "w"])
def test_certain_groups_are_the_ordinary_audit(weight):
    rows, shares = drawn(200)
    level = shares.idxmax(axis=1)
    certain = pd.get_dummies(level).astype(float)
    audit = audited(rows, certain, sample_weight=weight)
    plain = fl.audit(rows.assign(race=level), y_true="y", y_pred="p", sensitive_features="race", sample_weight=weight)
    for metric in METRICS:
        found = bounded(audit, metric, reference="a")
        rates = plain.by_group(metric).to_frame().set_index("race")
        assert found[ENDS].to_numpy() == pytest.approx(rates[["value", "value"]].to_numpy())
        assert found[LIMITS].to_numpy() == pytest.approx(rates[LIMITS].to_numpy())
        assert found[["n", "n_unknown"]].to_numpy().tolist() == [[n, 0] for n in rates["n"]]
        assert found["conclusion"].tolist() == ["", "nothing unknown", "nothing unknown"]
        pairs = plain.difference(metric, reference="a").to_frame().set_index("race")
        assert found.loc[pairs.index, APART].to_numpy() == pytest.approx(pairs[["difference", "difference"]].to_numpy())
        assert found.loc[pairs.index, ["difference_lower", "difference_upper"]].to_numpy() == pytest.approx(pairs[LIMITS].to_numpy())
    table = fl.bound(audit, "selection_rate")
    assert table.sentence == "Nothing is unknown that could move selection rate: everybody who counts for it has a label and a group."


def test_nearly_certain_is_not_certain():
    rows = pd.DataFrame({"y": [1, 0] * 20, "p": [1, 1, 0, 0] * 10})
    sure, nearly = np.array([1.0] * 30 + [0.0] * 10), np.array([1.0] * 30 + [0.001] * 10)
    assert bounded(audited(rows, {"a": sure, "b": 1 - sure}), "selection_rate")["n_unknown"].tolist() == [0, 0]
    found = bounded(audited(rows, {"a": nearly, "b": 1 - nearly}), "selection_rate")
    assert found["n_unknown"].tolist() == [1, 10]
    assert (found["bound_lower"] < found["bound_upper"]).all()


def test_the_number_of_uncertain_people_is_of_the_denominator():
    rows = pd.DataFrame({"y": [1] * 20 + [0] * 20, "p": [1, 0] * 20})
    share = np.array([0.5] * 10 + [1.0] * 10 + [0.25] * 20)
    audit = audited(rows, {"a": share, "b": 1 - share})
    assert bounded(audit, "true_positive_rate")[["n", "n_unknown"]].to_numpy().tolist() == [[15, 5], [5, 5]]
    assert bounded(audit, "selection_rate")[["n", "n_unknown"]].to_numpy().tolist() == [[20, 10], [20, 20]]


def test_thresholds():
    rows, shares = drawn(300, seed=2)
    scored = fl.audit(
        rows, y_true="y", y_score="score", threshold=[0.5, 0.3, 0.7], sensitive_features={"race": fl.membership(shares), "s": rows["s"]}
    )

    def decided(cut):
        return audited(rows.assign(p=(rows["score"] >= cut).astype(int)), shares, others=["s"])

    for cut in (0.3, 0.5, 0.7):
        for metric in METRICS:
            assert bounded(scored.at(cut), metric)[NUMBERS].to_numpy() == pytest.approx(bounded(decided(cut), metric)[NUMBERS].to_numpy())
    by_sex = bounded(scored.at({"f": 0.3, "m": 0.7}, by="s"), "selection_rate")
    assert by_sex[NUMBERS].to_numpy() == pytest.approx(bounded(decided(np.where(rows["s"] == "f", 0.3, 0.7)), "selection_rate")[NUMBERS].to_numpy())
    own = scored.at({"a": 0.3, "b": 0.7}, by="race")
    found = bounded(own, "precision", reference="b")
    for level, cut in (("a", 0.3), ("b", 0.7), ("c", 0.5)):
        assert found.loc[level, NUMBERS].tolist() == pytest.approx(bounded(decided(cut), "precision").loc[level, NUMBERS].tolist())
    kept, crossed = bounded(own.where(race="a"), "precision", ("s",)), bounded(decided(0.3), "precision", ("race", "s"))
    assert kept.loc["f", NUMBERS].tolist() == pytest.approx(crossed.loc[("a", "f"), NUMBERS].tolist())
    with pytest.raises(BadValue, match="'a', 'b' together(.|\n)*Hint: fl.bound"):
        fl.bound(own.where(race=["a", "b"]), "precision", by="s")


def test_equal_weights_change_nothing():
    rows, shares = drawn(200)
    plain, doubled = bounded(audited(rows, shares), "precision"), bounded(audited(rows.assign(w=2.0), shares, sample_weight="w"), "precision")
    for name in (*ENDS, *LIMITS, *APART, "difference_lower", "difference_upper", "n", "n_unknown"):
        assert doubled[name].tolist() == pytest.approx(plain[name].tolist(), nan_ok=True)


def test_weights_move_chance_and_not_the_number_of_people():
    rows, shares = drawn(300)
    found = bounded(audited(rows, shares, sample_weight="w"), "selection_rate")
    plain = bounded(audited(rows, shares), "selection_rate")
    assert found[["n", "n_unknown"]].equals(plain[["n", "n_unknown"]])
    wider = (found["upper"] - found["bound_upper"]) - (plain["upper"] - plain["bound_upper"])
    assert found.loc["a", "bound_upper"] == 1
    assert (wider[["b", "c"]] > 0).all()


def test_parts_and_crossings_are_bounded_among_their_own_people():
    rows, shares = drawn(400, seed=7)
    audit = audited(rows, shares, others=["s"], control_features="region")
    crossed = bounded(audit, "true_positive_rate", ("race", "s"), reference=("a", "f"))
    for sex in "fm":
        part = (rows["s"] == sex).to_numpy()
        alone = bounded(audited(rows[part], shares[part]), "true_positive_rate")
        kept = bounded(audit.where(s=sex), "true_positive_rate")
        assert kept[NUMBERS].to_numpy() == pytest.approx(alone[NUMBERS].to_numpy())
        assert crossed.xs(sex, level="s")[NUMBERS].to_numpy() == pytest.approx(alone[NUMBERS].to_numpy())
    low, high = crossed.loc[("b", "m"), ENDS] - crossed.loc[("a", "f"), ENDS].to_numpy()[::-1]
    assert crossed.loc[("b", "m"), APART].tolist() == pytest.approx([low, high])
    two = bounded(audit.where(s="f", region="north"), "true_positive_rate")
    part = ((rows["s"] == "f") & (rows["region"] == "north")).to_numpy()
    assert two[NUMBERS].to_numpy() == pytest.approx(bounded(audited(rows[part], shares[part]), "true_positive_rate")[NUMBERS].to_numpy())


def test_a_selection_of_uncertain_people_is_uncertain():
    rows, shares = drawn(400, seed=7)
    audit = audited(rows, shares, others=["s"])
    crossed = bounded(audit, "selection_rate", ("race", "s"))
    table = fl.bound(audit.where(race="a"), "selection_rate", by="s")
    assert of_membership(table)[NUMBERS].equals(crossed.xs("a", level="race")[NUMBERS].reset_index(drop=True))
    assert table.sentence.startswith("Among race = a: Which group people are of is known as probabilities only: it is not certain for an expected ")
    both = bounded(audit.where(race=["a", "b"]), "selection_rate", ("s",))
    of_c = bounded(audit, "selection_rate", ("race", "s")).xs("c", level="race")
    assert both["n"].tolist() == pytest.approx((rows["s"].value_counts() - of_c["n"]).tolist(), abs=1)
    chosen = rows.groupby("s")["p"].sum()
    lowest = (chosen - of_c["bound_upper"] * shares["c"].groupby(rows["s"]).sum()) / (1 - shares["c"]).groupby(rows["s"]).sum()
    assert both["bound_lower"].tolist() == pytest.approx(lowest.tolist())
    assert of_membership(fl.bound(audit, "selection_rate", by="s")).empty


def test_a_spec_gives_the_same():
    rows, shares = drawn(100)
    audit = audited(rows, shares)
    again = fl.audit(rows.join(shares.add_prefix("race: ")), spec=audit.spec)
    assert of_membership(fl.bound(again, "precision")).equals(of_membership(fl.bound(audit, "precision")))


def test_suppressed_groups_have_no_numbers():
    rows, _ = drawn(300)
    rare = np.full(300, 0.02)
    shares = pd.DataFrame({"a": 0.6 - rare, "b": np.full(300, 0.4), "c": rare})
    table = fl.bound(audited(rows, shares), "selection_rate")
    shown = of_membership(table.published()).set_index("race")
    assert shown.loc["c", "status"] == "suppressed"
    assert shown["status"].tolist().count("suppressed") == 2
    hidden = shown[shown["status"] == "suppressed"]
    assert hidden[[*NUMBERS, *APART, "difference"]].isna().all(axis=None)
    assert of_membership(table)[NUMBERS].notna().all(axis=None)
    kept = shown[shown["status"] != "suppressed"]
    assert kept[NUMBERS].notna().all(axis=None)
    for text in (repr(table), table._repr_html_(), table.plot().alt):
        assert "suppressed" in text


def test_published_bounds_leave_out_who_is_left_out():
    rows, shares = drawn(400, seed=9)
    rows.loc[:4, "s"] = None
    table = fl.bound(audited(rows, shares, others=["s"]), "precision", by="race")
    there = rows["s"].notna()
    expected = of_membership(fl.bound(audited(rows[there], shares[there], others=["s"]), "precision", by="race"))
    assert of_membership(table.published())[NUMBERS].to_numpy() == pytest.approx(expected[NUMBERS].to_numpy())
    assert not of_membership(table)[ENDS].equals(expected[ENDS])


def test_probabilities_are_neither_saved_nor_added_up():
    rows, shares = drawn(200)
    audit = audited(rows, shares, others=["s"])
    copies = [pickle.loads(pickle.dumps(audit)), audit + audit, fl.audit(audit.cube), pickle.loads(pickle.dumps(audit.protect()))]
    for copy in copies:
        assert copy.tables.classes is None
        for one in (copy, copy.protect()):
            with pytest.raises(RowsNotHeld, match="'race' is known as probabilities(.|\n)*Hint: fl.bound") as caught:
                fl.bound(one, "selection_rate", by="race")
            assert caught.value.role == "sensitive_features"
        assert set(fl.bound(copy, "selection_rate", by="s").to_frame()["source"]) == {"label"}
        with pytest.raises(RowsNotHeld):
            fl.bound(copy.where(race="a"), "selection_rate", by="s")
    assert audit.where(s="f").at(None).tables.classes is audit.tables.classes
    assert audit.protect().tables.classes is audit.tables.classes
    assert audit.tables.classes is not None


def test_words():
    rows, shares = drawn(400)
    audit = audited(rows, shares, words={"person": "applicant", "decision": "hired"})
    table = fl.bound(audit, "selection_rate", reference="b")
    found = bounded(audit, "selection_rate", reference="b")
    first, base = found.loc["a"], found.loc["b"]
    for text in (table.sentence, table.headline):
        assert f"known as probabilities only{'' if text == table.headline else ':'}" in text
        assert f"an expected {first['n_unknown']} a and {base['n_unknown']} b applicants" in text
        assert "its sign could be either" in text or "the sign could be either" in text
    assert f"(n={first['n']} and {base['n']})." in table.sentence
    page = table.html()
    assert "group, known as probabilities" in page
    assert "n is an expected number" in page
    assert f"<td>{first['n']}</td><td>{first['n_unknown']}</td>" in page
    alt = table.plot().alt
    assert "Selection rate by race, groups known as probabilities" in alt
    assert f"n={first['n']}, {first['n_unknown']} not certain" in alt
    assert "an expected one where groups are known as probabilities" in alt
    assert "probabilities" not in fl.bound(audited(rows, shares, others=["s"]), "selection_rate", by="s").plot().alt


def test_what_is_the_same_in_any_case_is_said():
    share = np.array([0.95] * 200 + [0.05] * 200)
    rows = pd.DataFrame({"y": 1, "p": [1] * 180 + [0] * 20 + [0] * 180 + [1] * 20})
    table = fl.bound(audited(rows, {"a": share, "b": 1 - share}), "selection_rate", reference="b")
    assert of_membership(table)["conclusion"].tolist() == ["higher in any case", ""]
    assert "so its sign is the same in any case" in table.sentence
    alone = fl.bound(audited(rows, {"a": share, "b": 1 - share}).where(race="a"), "selection_rate", by="race")
    assert alone.sentence.startswith("Among race = a: Which group people are of is known as probabilities only: it is not certain for an expected 200 a people. Whoever they are, of 100 a people between ")
