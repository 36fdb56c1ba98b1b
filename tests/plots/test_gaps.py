"""Gaps of several groups in one picture: every number is said, nothing hidden is drawn."""

import numpy as np
import pandas as pd
import pytest

import fairlens as fl


@pytest.fixture
def table_of():
    """Make the table of the gaps of some groups to the largest."""

    def make(levels, inputs=4, small=0, **options):
        rng = np.random.default_rng(5)
        n = 60 * len(levels)
        race = np.repeat(levels, 60).astype(object)
        race[:small] = "tiny"
        X = pd.DataFrame({f"input {j}": rng.normal(size=n) - 0.5 * (j == 0) * (race == levels[0]) for j in range(inputs)})
        weights = 1 / np.arange(1, inputs + 1)
        score = lambda rows: 1 / (1 + np.exp(-(rows.to_numpy(float) @ weights)))  # noqa: E731
        audit = fl.audit(X, model=score, threshold=0.5, sensitive_features={"race": race})
        return fl.decompose_gap(audit, reference=levels[-1], n_rounds=1, progress=False, **options)

    return make


@pytest.mark.parametrize("options", [{}, {"output": "score"}])
def test_each_input_of_each_group_is_drawn_and_said(table_of, found, overlaps, options):
    table = table_of(["a", "b", "c"], **options)
    picture = table.plot()
    assert overlaps(picture.figure_) == []
    assert picture.alt.startswith(table.sentence)
    headings = [text.get_text() for ax in picture.figure_.axes for text in found(ax, "heading")]
    assert len(headings) == 2
    assert all(heading.startswith("race: ") for heading in headings)
    (lines,) = found(picture.ax_, "intervals")
    drawn = sorted(tuple(segment[:, 0]) for segment in lines.get_segments())
    wanted = sorted((part.lower, part.upper) for gap in table for part in gap.parts)
    assert np.allclose(drawn, wanted)
    assert "intervals, each by itself" in picture.alt
    assert "clear of 0 where one allows for all inputs and 2 gaps" in picture.alt
    assert ("pts" in picture.alt) == (not options)


def test_many_groups_and_inputs_are_cut_and_the_rest_is_counted(table_of):
    picture = table_of([f"g{k:02}" for k in range(12)], inputs=10).plot()
    assert "and 3 more inputs" in picture.alt
    assert "and 3 more groups" in picture.alt


def test_a_suppressed_group_is_words(table_of):
    table = table_of(["a", "b", "c"], small=4)
    picture = table.plot()
    assert "race: tiny less c" in picture.alt
    assert "suppressed" in picture.alt
    assert len(table.of("tiny").parts) == 4
    for part in table.of("tiny").parts:
        assert f"{100 * part.contribution:+.1f} (" not in picture.alt


@pytest.fixture
def steep():
    """Three groups, of which a differs clearly in the first input."""
    rng = np.random.default_rng(1)
    race = np.repeat(["a", "b", "c"], 200)
    X = pd.DataFrame(rng.normal(size=(600, 3)), columns=["input 0", "input 1", "input 2"])
    X.loc[race == "a", "input 0"] -= 1.5
    audit = fl.audit(X, model=lambda rows: (rows["input 0"] + 0.3 * rows["input 1"] + 0.3 * rows["input 2"] > 0).astype(int), sensitive_features={"race": race})
    return fl.decompose_gap(audit, reference="c", n_rounds=2, progress=False)


def test_a_number_of_the_title_has_the_same_limits_in_its_row(steep):
    picture = steep.plot()
    title = picture.alt.splitlines()[0]
    low, high = title.split("carries ")[1].split("(")[1].split(")")[0].split(" to ")
    assert f"(-{high} to -{low})" in next(line for line in picture.alt.splitlines() if line.startswith("input 0: "))


def test_rows_in_doubt_say_what_is_allowed_for(steep, found):
    table, picture = steep, steep.plot()
    told = [line for line in picture.alt.splitlines() if line.startswith("input ")]
    wanted = [part.is_clear for gap in table for part in gap.parts]
    assert ["cannot tell, allowing for all, n=" not in line for line in told] == wanted
    assert 0 < sum(wanted) < len(wanted)
    assert len(found(picture.ax_, "dots-ok")[0].get_xdata()) == sum(wanted)


def small(**options):
    rng = np.random.default_rng(0)
    race = np.array(["a"] * 14 + ["b"] * 300 + ["c"] * 200)
    X = pd.DataFrame(rng.normal(size=(514, 3)), columns=["u", "v", "w"])
    X.loc[race == "a", "u"] -= 3
    audit = fl.audit(X, model=lambda rows: 1 / (1 + np.exp(-rows["u"] - rows["v"])), threshold=0.5, sensitive_features={"race": race}, min_denominator=30)
    return fl.decompose_gap(audit, n_rounds=1, progress=False, **options)


def test_a_small_group_shows_its_n_and_is_never_certain(found):
    table = small()
    assert any(part.is_clear for part in table.of("a").parts)
    picture = table.plot()
    head = next(line for line in picture.alt.splitlines() if line.startswith("race: a less"))
    assert head.endswith(", n=14 against 500, few people:")
    (hollow,) = found(picture.ax_, "dots-small")
    used = sorted(part.contribution for part in table.of("a").parts if part.contribution)
    assert sorted(hollow.get_xdata()) == pytest.approx(used)


def test_an_input_that_is_ignored_is_not_in_doubt():
    told = [line for line in small().plot().alt.splitlines() if line.startswith("w: ")]
    assert told == ["w: not used for these people, n=514."] * 3


def test_the_group_of_the_title_is_drawn_even_where_it_is_the_smallest():
    sizes = [300, 290, 280, 270, 260, 250, 240, 230, 60]
    rng = np.random.default_rng(0)
    level = np.repeat([f"g{k}" for k in range(9)], sizes)
    X = pd.DataFrame({"first": rng.normal(size=len(level)) - 2.0 * (level == "g8"), "other": rng.normal(size=len(level))})
    audit = fl.audit(X, model=lambda rows: (rows["first"] > 0).astype(int), sensitive_features={"g": level})
    picture = fl.decompose_gap(audit, n_rounds=1, progress=False).plot()
    lines = picture.alt.splitlines()
    assert lines[0].startswith("g8 people")
    assert any(line.startswith("g: g8 less others") for line in lines)
    assert "and 1 more group: in the table." in lines
    assert ":" not in lines


def test_columns_are_about_as_high_as_each_other(table_of, overlaps):
    picture = table_of([f"g{k}" for k in range(10)], inputs=9).plot()
    assert overlaps(picture.figure_) == []
    heights = [ax.get_position().height for ax in picture.figure_.axes]
    assert len(heights) == 3
    assert min(heights) > 0.6 * max(heights)


def test_only_gaps_that_are_shown_are_counted(table_of):
    table = table_of(["a", "b", "c", "d"], small=4)
    assert len(table.gaps) == 4
    assert "all inputs and 2 gaps" in table.plot().alt
    assert "gaps" not in table_of(["a", "b"]).plot().alt.splitlines()[1]


def test_several_thresholds_are_said_not_to_be_allowed_for(table_of):
    table = table_of(["a", "b", "c"], thresholds=[0.4, 0.5])
    assert "at this threshold alone: the 2 thresholds are not allowed for" in table.at(0.4).plot().alt
    assert "threshold alone" not in table_of(["a", "b", "c"]).plot().alt
