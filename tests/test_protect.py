"""Nothing that is blanked can be worked out: checked with linear programmes over everything that is published."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import coo_array, csr_array

import fairlens as fl
from fairlens import MISSING, Spec, _blanking, _protect, tally
from fairlens._blanking import subsets
from fairlens._protect import publish
from fairlens._tables import Tables
from fairlens.exceptions import BadValue, ThresholdNotHeld, TooManyCells

FLOOR = 10


def people_of(seed):
    """Random people of two to four attributes with many small crossings, decided at a rare, an even or a usual rate."""
    rng = np.random.default_rng(seed)
    axes, size = 2 + seed % 3, int(rng.choice([40, 80, 150, 400, 1500]))
    columns = {}
    for axis in range(axes):
        levels = int(rng.integers(2, 5))
        columns[f"a{axis}"] = rng.choice([f"l{i}" for i in range(levels)], size, p=rng.dirichlet(np.ones(levels) * rng.choice([0.5, 1, 3])))
    columns["p"] = (rng.random(size) < rng.choice([0.05, 0.5, 0.9])).astype(int)
    return pd.DataFrame(columns)


class Reader:
    """What a reader knows: every number that is shown, which cells are blank, and what adds up to what."""

    def __init__(self, tables):
        self.people, self.decided, self.blank, start = [], [], [], {}
        for key in subsets(tables.axes):
            table = tables.table(key)
            start[key] = len(self.people)
            self.people += table.people.tolist()
            self.decided += tables.decide(table.counts, None)[:, 1::2].sum(axis=1).tolist()
            self.blank += table.blank.tolist()
        self.people, self.decided, self.blank = np.array(self.people), np.array(self.decided), np.array(self.blank)
        self.lines = []
        for key in subsets(tables.axes)[1:]:
            codes = [tuple(code) for code in tables.table(key).codes.tolist()]
            for j in range(len(key)):
                rest = key[:j] + key[j + 1 :]
                for i, margin in enumerate(tables.table(rest).codes.tolist()):
                    cells = [start[key] + k for k, code in enumerate(codes) if code[:j] + code[j + 1 :] == tuple(margin)]
                    self.lines.append((start[rest] + i, cells))
        self.unknown = np.flatnonzero(self.blank)

    def solutions(self):
        """Everything that the numbers of people, and of positive decisions, may be, as a linear system."""
        place, size = {cell: i for i, cell in enumerate(self.unknown)}, len(self.unknown)
        rows, columns, values, sums = [], [], [], []
        for margin, cells in self.lines:
            hidden = [cell for cell in cells if self.blank[cell]]
            if not hidden and not self.blank[margin]:
                continue
            for offset, counts in ((0, self.people), (size, self.decided)):
                signs = [(cell, 1) for cell in hidden] + ([(margin, -1)] if self.blank[margin] else [])
                rows += [len(sums)] * len(signs)
                columns += [offset + place[cell] for cell, _ in signs]
                values += [sign for _, sign in signs]
                sums.append((0 if self.blank[margin] else counts[margin]) - sum(counts[cell] for cell in cells if not self.blank[cell]))
        equal = coo_array((values, (rows, columns)), shape=(len(sums), 2 * size)).tocsr()
        each = np.arange(size)
        fewer = csr_array((np.repeat([1.0, -1.0], size), (np.tile(each, 2), np.r_[each + size, each])), shape=(size, 2 * size))
        bounds = [(1, None)] * size + [(0, None)] * size  # somebody is in a blank group, as its row says "suppressed"
        return {"A_eq": equal, "b_eq": sums, "A_ub": fewer, "b_ub": np.zeros(size), "bounds": bounds, "method": "highs"}

    def given_away(self, seed):
        """The unknowns with one solution only: solutions in a few random directions, then both ends of what did not move."""
        system, rng = self.solutions(), np.random.default_rng(seed)
        truth = np.r_[self.people[self.unknown], self.decided[self.unknown]].astype(float)
        np.testing.assert_array_equal(system["A_eq"] @ truth, system["b_eq"])
        low, high = truth.copy(), truth.copy()

        def go(direction):
            found = linprog(direction, **system)
            assert found.status in (0, 3), found.message
            if found.status == 0:
                np.minimum(low, found.x, out=low)
                np.maximum(high, found.x, out=high)
            return found.status == 3

        for _ in range(5):
            go(rng.normal(size=len(truth)))
        for i in np.flatnonzero(high - low < 1e-6):
            for sign in (1, -1):
                if high[i] - low[i] < 1e-6 and go(sign * np.eye(1, len(truth), i)[0]):
                    high[i] = np.inf
        fixed = high - low < 1e-6
        return self.unknown[fixed[: len(self.unknown)]], self.unknown[fixed[len(self.unknown) :]]

    def given_away_whole(self):
        """The unknowns with one solution only among whole numbers: of each, the least and the most that it can be."""
        system = self.solutions()
        truth = np.r_[self.people[self.unknown], self.decided[self.unknown]]
        told = [LinearConstraint(system["A_eq"], system["b_eq"], system["b_eq"]), LinearConstraint(system["A_ub"], -np.inf, 0)]
        least, size = [low for low, _ in system["bounds"]], len(truth)
        fixed = np.zeros(size, bool)
        for i in range(size):
            ends = []
            for sign in (1, -1):
                found = milp(sign * np.eye(1, size, i)[0], constraints=told, bounds=Bounds(least, truth.sum()), integrality=np.ones(size))
                assert found.status == 0, found.message
                ends.append(round(found.x[i]))
                if ends[-1] != truth[i]:
                    break
            fixed[i] = set(ends) == {truth[i]}
        return self.unknown[fixed[: len(self.unknown)]], self.unknown[fixed[len(self.unknown) :]]

    def partners(self, cell):
        """Cells that are shown on a line with `cell`, and hold the decision that nobody in `cell` got."""
        near = {other for margin, cells in self.lines if cell == margin or cell in cells for other in (margin, *cells)} - {0}
        split = np.stack([self.people - self.decided, self.decided], axis=1)
        return [other for other in near if not self.blank[other] and (split[other] > 0)[split[cell] == 0].all()]


def cube_of(rows, **more):
    axes = tuple(column for column in rows if column.startswith("a"))
    return tally(rows, Spec(axes, y_pred="p", suppress_below=FLOOR, **more))


@pytest.mark.parametrize("seed", range(45))
def test_nothing_blanked_can_be_solved_for(seed):
    reader = Reader(publish(cube_of(people_of(seed))))
    shown = reader.people[~reader.blank]
    assert not ((shown > 0) & (shown < FLOOR)).any()
    if len(reader.unknown) == 0:
        return
    people, decided = reader.given_away(seed)
    assert len(people) == 0
    for cell in decided:
        assert reader.people[cell] >= FLOOR or reader.partners(cell) == []


HALVES = {
    ("l1", "l1", "l1"): 46, ("l0", "l1", "l1"): 39, ("l2", "l1", "l1"): 6, ("l0", "l0", "l1"): 4,
    ("l2", "l0", "l1"): 2, ("l0", "l1", "l0"): 1, ("l1", "l0", "l1"): 1, ("l1", "l1", "l0"): 1,
}  # fmt: skip


def halves():
    """A hundred people of whom equations with halves in their solutions told more than equations without: they come whole."""
    rows = pd.DataFrame([code for code, n in HALVES.items() for _ in range(n)], columns=["a0", "a1", "a2"])
    return rows.assign(p=[0, 1] * 50)


@pytest.mark.parametrize("rows", [halves(), *(people_of(seed) for seed in (38, 74, 83, 9, 12))], ids=["halves", "38", "74", "83", "9", "12"])
def test_nothing_blanked_can_be_solved_for_in_whole_numbers(rows):
    reader = Reader(publish(cube_of(rows)))
    people, decided = reader.given_away_whole()
    assert len(people) == 0
    for cell in decided:
        assert reader.people[cell] >= FLOOR or reader.partners(cell) == []


def test_whole_numbers_tell_more(monkeypatch):
    """Without the question of whole numbers the reader of this test finds people in what was published."""
    monkeypatch.setattr(_blanking, "whole_number_fixed", lambda known, truth, slack, least, wanted: np.zeros_like(wanted))
    reader = Reader(publish(cube_of(halves())))
    assert len(reader.given_away(0)[0]) == 0
    assert len(reader.given_away_whole()[0]) > 0


def test_the_check_sees_what_is_given_away():
    """One blank group beside a shown whole, and a pair of which nobody was selected: the reader of this test finds both."""
    rows = pd.DataFrame({"a0": ["x"] * 5 + ["y"] * 30 + ["z"] * 40, "p": [0] * 35 + [1, 0] * 20})
    for blank, people, decided in (([True, False, False], [5], [5]), ([True, True, False], [], [5, 30])):
        tables = _protect.PublishedTables(cube_of(rows), {(): np.array([False]), ("a0",): np.array(blank)})
        reader = Reader(tables)
        found = reader.given_away(0)
        assert reader.people[found[0]].tolist() == people
        assert reader.people[found[1]].tolist() == decided
    assert Reader(tables).partners(1) == [3]
    assert Reader(publish(cube_of(rows))).blank.tolist() == [False, True, True, True]


def test_cells_without_shown_neighbours_are_freed_from_afar():
    """Every line of the single person is blank already, and the equations together still told of them."""
    counts = {(0, 0): 103, (0, 1): 790, (0, 2): 42, (1, 0): 1, (1, 1): 16, (2, 1): 2, (3, 0): 53, (3, 1): 467, (3, 2): 26}
    rows = pd.DataFrame([{"a0": i, "a1": j, "p": k % 2} for (i, j), n in counts.items() for k in range(n)])
    assert len(Reader(publish(cube_of(rows))).given_away(0)[0]) == 0


def test_nothing_is_blanked_without_small_groups(people):
    tables = publish(fl.audit(people, y_pred="p", sensitive_features=["sex"]).cube)
    assert not any(tables.table(key).blank.any() for key in subsets(tables.axes))


def test_too_many_unknowns_hide_every_finer_table(monkeypatch):
    monkeypatch.setattr(_blanking, "_MAX_UNKNOWNS", 5)
    tables = publish(cube_of(people_of(5)))
    assert all(tables.table(key).blank.all() for key in subsets(tables.axes) if len(key) > 1)
    assert not tables.table(()).blank.any()
    monkeypatch.setattr(_protect, "MAX_PUBLISHED_CELLS", 5)
    with pytest.raises(TooManyCells, match="widest axis is 'a"):
        publish(cube_of(people_of(5)))


@pytest.mark.parametrize("seed", range(0, 30, 3))
@pytest.mark.parametrize("floor", [0, 1, 3, 25])
def test_the_floor_is_the_one_that_was_set(seed, floor):
    rows = people_of(seed)
    reader = Reader(publish(tally(rows, Spec(("a0", "a1"), y_pred="p", suppress_below=floor))))
    shown = reader.people[~reader.blank]
    assert not ((shown > 0) & (shown < floor)).any()
    assert floor > 1 or not reader.blank.any()


def test_few_people_without_a_value_leave():
    rows = pd.DataFrame({"race": ["a"] * 50 + ["b"] * 40 + [None] * 7, "sex": ["f", "m"] * 48 + ["f"], "p": [0, 1, 1] * 32 + [1]})
    audit = fl.audit(rows, y_pred="p", sensitive_features=["race", "sex"], favorable=1, words={"persons": "applicants"})
    shown = audit.protect()
    assert shown.published.left_out == (("race", 7),)
    assert shown.overall("selection_rate").to_frame()["n"].tolist() == [90]
    assert MISSING not in shown.by_group("selection_rate").to_frame()["race"].tolist()
    assert "7 applicants without a value of race are not in these numbers: too few to show." in str(audit)
    assert audit.by_group("selection_rate", by="race").to_frame()["n"].tolist() == [50, 40, 7]
    many = pd.concat([rows, rows[rows["race"].isna()]], ignore_index=True)
    kept = fl.audit(many, y_pred="p", sensitive_features=["race", "sex"]).protect()
    assert kept.published.left_out == ()
    assert kept.by_group("selection_rate", by="race").to_frame()["n"].tolist() == [50, 40, 14]


def test_scores_get_coarse_steps_and_keep_declared_thresholds(people):
    audit = fl.audit(people, y_true="y", y_score="s", threshold=[0.45, 0.333], sensitive_features="race")
    shown = audit.protect()
    assert shown.tables.published_edges == tuple(sorted({0.333, *(k / 20 for k in range(21))}))
    for threshold in (0.333, 0.45, 0.5, 0, 1):
        one, two = (each.at(threshold).overall().to_frame() for each in (audit, shown))
        assert one.equals(two)
    assert set(shown.tables.steps) <= set(shown.tables.published_edges)
    for threshold in (0.46, 0.33, 0.01):
        audit.at(threshold)
        with pytest.raises(ThresholdNotHeld, match="nearest edges"):
            shown.at(threshold)


def test_many_integer_scores_get_coarse_steps():
    rng = np.random.default_rng(1)
    rows = pd.DataFrame({"g": rng.choice(["a", "b"], 2000), "s": rng.integers(300, 851, 2000)})
    audit = fl.audit(rows, y_score="s", threshold=[620, 700], sensitive_features="g")
    shown = audit.protect()
    assert len(shown.tables.steps) <= 23
    for threshold in (620, 700):
        assert shown.at(threshold).overall().to_frame().equals(audit.at(threshold).overall().to_frame())
    deciles = fl.audit(rows.assign(s=rows["s"] % 10 + 1), y_score="s", threshold=5, sensitive_features="g")
    assert deciles.protect().tables.steps == tuple(range(1, 11))


@pytest.fixture(scope="module")
def secret():
    """A group of 7 people, 3 of them selected, among larger ones whose counts hold neither number."""
    sizes = {"big": (1000, 400), "mid": (551, 268), "low": (68, 24), "odd": (7, 3)}
    rows = pd.DataFrame([{"race": race, "p": int(i < got), "y": int(i % 2)} for race, (n, got) in sizes.items() for i in range(n)])
    rows["sex"] = np.where(np.arange(len(rows)) % 2, "f", "m")
    return rows


TOLD = r"n=(7|68)\b|>(7|68)<| (7|68) (?!%|to|groups)|0\.428571|42\.9 %|0\.352941|35\.3 %"
"""The sizes and the rates of the two groups that are hidden."""


def test_what_is_printed_never_holds_a_suppressed_count(secret):
    audit = fl.audit(secret, y_true="y", y_pred="p", sensitive_features=["race", "sex"], favorable=1)
    assert audit.by_group("selection_rate", by="race").to_frame()["n"].tolist() == [1000, 68, 551, 7]
    results = [
        audit.by_group("selection_rate"), audit.by_group("selection_rate", by=["race", "sex"]), audit.difference("selection_rate", by="race"),
        audit.ratio("selection_rate", by="race"), audit.difference("selection_rate", by="race", reference="overall"),
        audit.difference("selection_rate", by="race", reference="odd"),
    ]  # fmt: skip
    for result in results:
        frame = result.published().to_frame()
        hidden = frame[frame["race"].isin(["odd", "low"])]
        assert set(hidden["status"]) == {"suppressed"}
        numbers = [column for column in hidden if column in ("value", "lower", "upper", "n", "difference", "ratio", "numerator", "denominator")]
        assert hidden[numbers].isna().all(axis=None)
        page = result._repr_html_()
        for line in page.split("<tr>"):
            if '<th scope="row">odd</th>' in line or '<th scope="row">low</th>' in line:
                assert "suppressed" in line
        for text in (repr(result), page, result.sentence):
            assert not re.search(TOLD, text)
    for text in (repr(audit), str(audit), audit._repr_html_(), audit.sentence):
        assert not re.search(TOLD, text)
    assert re.search(TOLD, repr(audit.protect("internal").by_group("selection_rate", by="race")))
    assert "odd (suppressed)" in str(audit)


def test_where_looks_up_the_tables_of_everybody(secret):
    """A selection is looked up, never counted anew: its blanks are those of the whole audit."""
    audit = fl.audit(secret, y_pred="p", sensitive_features=["race", "sex"])
    shown = audit.protect()
    for race in ("odd", "low"):
        for kept in (audit.where(race=race).protect(), shown.where(race=race), audit.where(race=[race, "big"]).protect()):
            found = kept.overall("selection_rate").to_frame()
            assert found["status"].tolist() == ["suppressed"]
            assert np.isnan(found["value"][0])
            assert set(kept.by_group("selection_rate", by="sex").to_frame()["status"]) <= {"suppressed"}
    big = audit.where(race="big")
    assert big.protect().overall("selection_rate").to_frame().equals(big.overall("selection_rate").to_frame())
    assert big.protect().tables is shown.tables


@pytest.mark.parametrize("seed", range(0, 12, 3))
def test_published_numbers_are_the_raw_ones(seed):
    rows = people_of(seed)
    axes = [column for column in rows if column.startswith("a")]
    audit = fl.audit(rows, y_pred="p", sensitive_features=axes)
    for by in (axes[0], axes[:2]):
        raw, shown = (each.by_group("selection_rate", by=by).to_frame() for each in (audit, audit.protect()))
        seen = shown["status"] != "suppressed"
        assert shown[seen].astype(raw.dtypes.to_dict()).equals(raw[seen])


def test_internal_hides_nothing_and_says_so(secret):
    audit = fl.audit(secret, y_pred="p", sensitive_features="race")
    internal = audit.protect("internal")
    assert internal.by_group("selection_rate").to_frame().equals(audit.by_group("selection_rate").to_frame())
    assert str(internal).splitlines()[0] == "Internal: nothing is suppressed in this document; small groups of people can be recognised."
    assert internal.protect() is internal


@pytest.mark.parametrize("profile", ["public", None, [], "Restricted"], ids=repr)
def test_a_profile_is_known(secret, profile):
    with pytest.raises(BadValue, match="restricted, internal"):
        fl.audit(secret, y_pred="p", sensitive_features="race").protect(profile)


def test_protection_does_not_change_the_audit(secret):
    audit = fl.audit(secret, y_pred="p", sensitive_features=["race", "sex"])
    before = audit.to_dict()
    audit.protect()
    assert audit.to_dict() == before
    assert Tables(audit.cube).table(("race",)).people.tolist() == [1000, 68, 551, 7]


def test_whole_number_scores_that_were_rounded_are_never_decided_between_their_steps():
    """Readers see fewer steps of scores with many values; a threshold between two of them must not be answered from the lower one."""
    rng = np.random.default_rng(4)
    rows = pd.DataFrame({"g": rng.choice(["a", "b"], 900), "s": rng.integers(300, 851, 900)})
    audit = fl.audit(rows, y_score="s", threshold=[600, 700], sensitive_features="g", favorable=1)
    published = audit.protect()
    for threshold in (600, 700):
        raw, shown = (one.at(threshold).by_group("selection_rate").to_frame()["value"].tolist() for one in (audit, published))
        assert raw == shown
    between = next(t for t in range(601, 700) if t not in published.tables.published_edges)
    assert audit.at(between).by_group("selection_rate").to_frame()["value"].notna().all()
    with pytest.raises(fl.exceptions.ThresholdNotHeld, match="declare it"):
        published.at(between)
    assert "declare it" in repr(audit.at(between))


def test_a_long_search_tells_how_far_it_is(monkeypatch):
    from scipy import sparse

    from fairlens import _whole_numbers

    told = []
    monkeypatch.setattr(_whole_numbers, "_PATIENCE", -1.0)
    monkeypatch.setattr(_whole_numbers.Progress, "__call__", lambda self, done, total: told.append((self.what, done, total)))
    one = sparse.csr_array(np.ones((1, 3)))
    _whole_numbers.whole_number_fixed(one, np.array([1.0, 2.0, 3.0]), sparse.eye_array(3, format="csr"), np.zeros(3), np.ones(3, bool))
    assert told == [("Asking which hidden numbers could be worked out", done, 3) for done in range(3)]
