"""The picture of strata and of bounds: what is drawn is in the table, nothing collides, nothing hidden is drawn."""

import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import fairlens as fl

WORDS = {"decision": "admitted", "person": "applicant"}


@pytest.fixture(scope="module")
def table():
    audit = fl.audit(fl.datasets.load_berkeley(), y_pred="admitted", sensitive_features="gender", control_features="dept", favorable=1, words=WORDS)
    return fl.adjust(audit, "selection_rate")


@pytest.fixture(scope="module")
def bounds():
    rng = np.random.default_rng(0)
    sex, y = rng.choice(["f", "m", None], 600, p=[0.4, 0.5, 0.1]), rng.choice([0, 1, None], 600, p=[0.5, 0.4, 0.1])
    audit = fl.audit(y_true=y, y_pred=rng.integers(0, 2, 600), sensitive_features={"sex": sex})
    return fl.bound(audit, ["true_positive_rate", "selection_rate"])


def adjusted_of(cells, **options):
    """An adjusted table from (stratum, group, people, selected)."""
    rows = [(d, g, int(i < x)) for d, g, n, x in cells for i in range(n)]
    audit = fl.audit(pd.DataFrame(rows, columns=["d", "g", "p"]), y_pred="p", sensitive_features="g", control_features="d", **options)
    return fl.adjust(audit, "selection_rate")


def at(found, ax, gid):
    return [line.get_xdata()[0] for line in found(ax, gid)]


def test_both_rates_of_every_stratum_and_of_both_summaries(table, found):
    picture, frame, strata = table.plot(), table.to_frame().set_index("method"), table.strata
    for gid, group, column in (("group", "Female", "value"), ("reference", "Male", "value_reference")):
        inner = strata[strata["gender"] == group]["value"].tolist()
        assert at(found, picture.ax_, gid) == [frame.loc["crude", column], *inner, frame.loc["standardized", column]]
    labels = [label.get_text() for label in picture.ax_.get_yticklabels()]
    assert labels[0] == "everybody together\nn=1,835 and 2,691"
    assert labels[1] == "dept A\nn=108 and 825"
    assert labels[-1] == "same mix of dept\nn=1,835 and 2,691"


def test_lines_lean_to_the_higher_rate_and_are_dashed_where_they_turn(table, found):
    lines = found(table.plot().ax_, "slope")
    leans = [np.diff(line.get_xdata())[0] for line in lines]
    assert [math.copysign(1, lean) for lean in leans] == [1, -1, -1, 1, -1, 1, -1, -1]
    assert [line.get_linestyle() != "-" for line in lines] == [lean < 0 for lean in leans]


def test_more_people_are_a_larger_mark(table, found):
    ax = table.plot().ax_
    sizes = [line.get_markersize() for line in found(ax, "group")][1:-1]
    people = table.strata[table.strata["gender"] == "Female"]["n"].tolist()
    assert np.argsort(sizes).tolist() == np.argsort(people).tolist()


def test_the_text_alternative_says_every_number_and_the_caution(table, found):
    picture = table.plot()
    assert picture.alt.startswith("Of 100 Female applicants 30.4 are admitted")
    assert "dept A: +20.3 points (+11.5 to +27.3), 82.4 % (74.2 to 88.4) and 62.1 % (58.7 to 65.3), n=108 and 825." in picture.alt
    assert "cannot tell" in picture.alt
    assert "Neither number is the right one by itself" in picture.alt
    for text in found(picture.ax_, "value"):
        assert ", ".join(text.get_text().splitlines()) in picture.alt


def test_nothing_covers_another(table, bounds, overlaps):
    assert overlaps(table.plot().figure_) == []
    assert overlaps(bounds.plot().figure_) == []
    long = adjusted_of([(f"a very long name of a stratum, number {k}", g, 20 + k, 5 + k) for k in range(8) for g in ("one group with a long name", "b", "c")])
    assert overlaps(long.plot().figure_) == []


def test_a_hidden_stratum_is_a_word(found):
    cells = [("A", "f", 60, 20), ("A", "m", 50, 30), ("B", "f", 4, 3), ("B", "m", 70, 20), ("C", "f", 41, 17), ("C", "m", 53, 23)]
    table = adjusted_of(cells)
    picture, shown = table.plot(), table.published().strata
    words = [text.get_text() for text in found(picture.ax_, "missing")]
    assert len(words) == shown[shown["status"] == "suppressed"]["d"].nunique() + 1
    assert words[-1] == "suppressed: it needs a suppressed stratum"
    hidden = shown[shown["status"] == "suppressed"][["d", "g"]].to_numpy().tolist()
    assert ["B", "f"] in hidden
    raw = table.strata.set_index(["d", "g"])
    for d, g in hidden:
        assert raw.loc[(d, g), "value"] not in at(found, picture.ax_, "group" if g == "f" else "reference")
        assert f"{g}: suppressed" in picture.alt


def test_a_stratum_without_one_group_says_so():
    picture = adjusted_of([("A", "f", 40, 20), ("A", "m", 50, 30), ("B", "f", 30, 10)]).plot()
    assert "dept" not in picture.alt
    assert "nobody" in picture.alt
    assert "30 people are in strata without the other group" in picture.alt


def test_few_people_are_hollow(found):
    picture = adjusted_of([("A", "f", 12, 6), ("A", "m", 50, 30), ("B", "f", 30, 10), ("B", "m", 30, 10)], min_denominator=20).plot()
    faces = [line.get_markerfacecolor() == line.get_color() for line in found(picture.ax_, "group")]
    assert faces == [True, False, True, True]
    assert "few people" in picture.alt


def test_many_strata_and_groups_are_cut_and_counted():
    many = adjusted_of([(f"s{k:02}", g, 11 + k, 5) for k in range(80) for g in "ab"])
    assert "and 22 more strata: in the table." in many.plot().alt
    groups = adjusted_of([(d, f"g{k:02}", 12 + k, 5) for d in "AB" for k in range(20)])
    assert "and 7 more comparisons: in the table." in groups.plot().alt


def test_given_axes_are_used(table, bounds):
    for result in (table, bounds):
        ax = Figure(figsize=(9, 6)).subplots()
        picture = result.plot(ax=ax)
        assert picture.ax_ is ax
        assert not picture.owned
        assert len(ax.lines) > 5


def test_bounds_are_bars_inside_of_intervals(bounds, found):
    picture, frame = bounds.plot(), bounds.to_frame()
    for gid, columns in (("bounds", ["bound_lower", "bound_upper"]), ("intervals", ["lower", "upper"])):
        drawn = [[x for x, _ in segment] for line in found(picture.ax_, gid) for segment in line.get_segments()]
        assert sorted(drawn) == sorted(frame[columns].to_numpy().tolist())
    assert sorted(at(found, picture.ax_, "dots")) == sorted(frame["value"])
    assert "True positive rate by sex, missing labels:" in picture.alt
    assert "nothing unknown" in picture.alt
    for row in frame.itertuples():
        assert f"could be {100 * row.bound_lower:.1f} to {100 * row.bound_upper:.1f} %" in picture.alt or row.n_unknown == 0
        assert f"n={row.n}, {row.n_unknown} unknown" in picture.alt


def test_bounds_without_a_rate_have_no_dot(found):
    rows = pd.DataFrame({"g": ["a"] * 19 + ["b"] * 30, "y": [0] * 15 + [None] * 4 + [1] * 20 + [0] * 10, "p": [0] * 15 + [1] * 24 + [0] * 10})
    picture = fl.bound(fl.audit(rows, y_true="y", y_pred="p", sensitive_features="g"), "true_positive_rate").plot()
    assert len(found(picture.ax_, "dots")) == 1
    assert "no rate measured" in picture.alt
