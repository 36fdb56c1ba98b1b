"""Pictures of many groups: the funnel, raw beside pooled rates, and gaps beside what chance makes."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.figure import Figure

import fairlens as fl
from fairlens.plots._funnel import spread_out
from fairlens.stats import normal_quantile

WIDE = {"a": (400, 200), "b": (300, 150), "c": (200, 30), "d": (100, 52), "e": (50, 24), "f": (12, 9)}
HIDDEN = {**WIDE, "tiny": (4, 2), "small": (14, 7)}
QUICK = {"draws": 999}


def marks(ax, gid, found):
    return sorted(place for line in found(ax, gid) for place in zip(*line.get_data(), strict=True))


def lines(ax, gid, found):
    return [np.array(line.get_data()) for line in found(ax, gid)]


def test_dots_sit_at_people_and_rate_and_their_marks_tell_which_differ(audit_of, found):
    result = fl.screen(audit_of(WIDE, min_denominator=20), "selection_rate", **QUICK)
    picture, frame = result.plot(), result.to_frame()
    places = {state: marks(picture.ax_, f"dots-{state}", found) for state in ("differs", "unsure", "small")}
    differs = frame["p_adjusted"] < 0.05
    assert places["differs"] == sorted(zip(frame["n"][differs], frame["value"][differs], strict=True))
    assert places["small"] == [(12, 0.75)]
    assert len(places["unsure"]) == (~differs).sum() - 1
    (hollow,) = found(picture.ax_, "dots-small")
    (filled,) = found(picture.ax_, "dots-differs")
    assert hollow.get_markerfacecolor() == "#FFFFFF"
    assert filled.get_marker() != hollow.get_marker()
    assert picture.ax_.get_xscale() == "log"


def test_a_group_is_outside_of_the_limits_if_its_statistic_is(audit_of, found):
    result = fl.screen(audit_of(WIDE), "selection_rate", **QUICK)
    picture, family = result.plot(), result.families[0]
    for gid, critical in (("limits-one", normal_quantile(0.95)), ("limits-all", family.critical)):
        lower, upper = lines(picture.ax_, gid, found)
        for one in family.rows:
            low, high = (np.interp(np.log(one.row.n), np.log(line[0]), line[1]) for line in (lower, upper))
            inside = not (one.row.value < low or one.row.value > high)
            assert inside == (abs(one.z) <= critical)
    one, together = found(picture.ax_, "limits-one")[0], found(picture.ax_, "limits-all")[0]
    assert one.get_linestyle() != together.get_linestyle()


def test_every_number_is_in_the_words(audit_of):
    result = fl.screen(audit_of(HIDDEN), "selection_rate", **QUICK)
    alt, shown = result.plot().alt, result.published().to_frame()
    for row in shown.itertuples():
        if row.status == "suppressed":
            assert f"{row.race}: suppressed" in alt
        else:
            assert f"{row.race}: {100 * row.value:.1f} %" in alt
            assert f"n={row.n}" in alt
    assert not re.search(r"n=4\D", alt)
    assert set(shown.loc[shown["status"] == "suppressed", "race"]) >= {"tiny"}


def test_the_title_names_groups_only_where_the_data_support_it(audit_of):
    title = fl.screen(audit_of(WIDE), "selection_rate", **QUICK).plot().figure_.texts[0].get_text().replace("\n", " ")
    assert "groups differ from the others" in title or "differs from the others" in title
    level = np.random.default_rng(1).permutation(["a"] * 100 + ["b"] * 80 + ["c"] * 60)
    audit = fl.audit(y_pred=[1] * 140 + [0] * 100, sensitive_features={"race": level})
    title = fl.screen(audit, "selection_rate", **QUICK).plot().figure_.texts[0].get_text().replace("\n", " ")
    assert title == "Selection rate by race: cannot tell of any group whether it differs from the others."


@pytest.mark.parametrize("count", [2, 6, 10, 40])
def test_no_text_covers_another(audit_of, overlaps, count):
    groups = {f"group {i:02d}": (12 + 7 * i, (5 * i) % 12) for i in range(count)}
    audit = audit_of(groups, min_denominator=15)
    assert overlaps(fl.screen(audit, "selection_rate", **QUICK).plot().figure_) == []
    assert overlaps(fl.pool(audit, "selection_rate").plot().figure_) == []
    assert overlaps(fl.summarize(audit).plot().figure_) == []


def test_no_text_covers_another_with_long_names_equal_rates_and_a_reference(audit_of, overlaps):
    names = {f"a very long name that goes on and on and says more than it has to, {i}": (60 + i, 30) for i in range(9)}
    audit = audit_of({**names, "日本語のとても長い名前がここにあります": (500, 250), "$x$": (12, 1)})
    alike = audit_of({name: (60, 30) for name in names})
    assert overlaps(fl.screen(alike, "selection_rate", **QUICK).plot().figure_) == []
    for reference in ("rest", "largest"):
        assert overlaps(fl.screen(audit, "selection_rate", reference=reference, **QUICK).plot().figure_) == []
    assert overlaps(fl.pool(audit, "selection_rate").plot().figure_) == []


def test_several_families_are_under_each_other(overlaps, people):
    audit = fl.audit(people, y_true="y", y_pred="p", sensitive_features=["race", "sex"])
    picture = fl.screen(audit, ["selection_rate", "accuracy"], **QUICK).plot()
    assert len(picture.figure_.axes) == 4
    assert overlaps(picture.figure_) == []
    assert overlaps(fl.pool(audit, ["selection_rate", "accuracy"]).plot().figure_) == []
    assert overlaps(fl.summarize(audit).plot().figure_) == []


def test_given_axes_are_drawn_into(audit_of, found):
    audit = audit_of(WIDE)
    for result in (fl.screen(audit, "selection_rate", **QUICK), fl.pool(audit, "selection_rate"), fl.summarize(audit)):
        figure = Figure(figsize=(12, 5))
        left, right = figure.subplots(1, 2)
        picture = result.plot(ax=right)
        assert picture.ax_ is right
        assert not picture.owned
        assert not left.has_data()
        assert right.get_title(loc="left")
        assert right.get_xlabel()


def test_only_the_first_family_fits_given_axes_and_the_words_say_so(people):
    audit = fl.audit(people, y_pred="p", sensitive_features=["race", "sex"])
    picture = fl.screen(audit, "selection_rate", **QUICK).plot(ax=Figure(figsize=(9, 5)).subplots())
    assert picture.alt.endswith("1 more in the table.")
    assert "1 more in the table" in picture.ax_.get_xlabel().replace("\n", " ")


def test_a_family_without_tests_has_no_limits(audit_of, found, overlaps):
    picture = fl.screen(audit_of({"a": (40, 20), "b": (12, 6)}, min_denominator=30), "selection_rate", **QUICK).plot()
    assert found(picture.ax_, "limits") == []
    assert "cannot tell" in picture.alt
    assert overlaps(picture.figure_) == []


@pytest.mark.parametrize(("values", "room"), [([0.9, 0.89, 0.88, 0.1], 0.1), ([0.5] * 5, 0.15), ([0.02, 0.01, 0.0], 0.2), ([0.5], 0.3)])
def test_names_are_spread_out_in_order_and_inside(values, room):
    places = spread_out(values, 0.0, 1.0, room)
    assert all(one - other >= room - 1e-12 for one, other in pairwise(places))
    assert min(places) >= room / 2 - 1e-12
    assert max(places) <= 1 - room / 2 + 1e-12


def test_raw_is_hollow_and_pooled_is_filled_and_joined(audit_of, found):
    result = fl.pool(audit_of(WIDE), "selection_rate")
    picture, frame = result.plot(), result.to_frame()
    assert [x for x, _ in marks(picture.ax_, "dots-small", found)] == sorted(frame["value"])
    assert [line.get_xdata()[0] for line in found(picture.ax_, "pooled")] == frame["pooled"].tolist()
    assert [tuple(line.get_segments()[0][:, 0]) for line in found(picture.ax_, "posterior")] == [
        (row.pooled_lower, row.pooled_upper) for row in frame.itertuples()
    ]
    ways = [list(line.get_xdata()) for line in found(picture.ax_, "way")]
    assert ways == frame[["value", "pooled"]].to_numpy().tolist()
    for row in frame.itertuples():
        assert f"pooled {100 * row.pooled:.1f} %" in picture.alt


def test_a_picture_holds_sixty_pooled_groups(audit_of, found):
    picture = fl.pool(audit_of({f"g{i:03}": (20 + i, (i * 7) % 20) for i in range(70)}), "selection_rate").plot()
    assert "and 10 more groups: in the table." in picture.alt
    assert len(found(picture.ax_, "pooled")) == 60


def test_gaps_stand_beside_what_chance_makes(audit_of, found):
    result = fl.summarize(audit_of(WIDE))
    picture, frame = result.plot(), result.to_frame().set_index("statistic")
    (tick,) = found(picture.ax_, "chance")
    assert list(tick.get_xdata()) == [frame.loc["max_min_difference", "expected_by_chance"]]
    assert tick.get_markerfacecolor() == "#FFFFFF"
    gap = frame.loc["max_min_difference"]
    assert f"{100 * gap['value']:.1f} points" in picture.alt
    assert f"by chance {100 * gap['expected_by_chance']:.1f}" in picture.alt


def test_a_gap_that_cannot_be_told_among_several_says_why(people, found, overlaps):
    """One interval by itself may exclude 0 where all rates together do not."""
    audit = fl.audit(people, y_true="y", y_pred="p", sensitive_features=["race", "sex"], favorable=1)
    result = fl.summarize(audit, ["selection_rate", "accuracy"])
    picture = result.plot()
    words = [text.get_text() for text in picture.ax_.texts]
    assert any("cannot tell, allowing for all rates" in text for text in words)
    assert '"cannot tell" allows for all rates compared' in picture.alt
    row = result.to_frame().iloc[0]
    seen = f"could see {100 * row['smallest_detectable']:.1f} to {100 * row['smallest_detectable_any_two']:.1f}"
    assert seen in picture.alt
    assert any(seen in text for text in words)
    assert overlaps(picture.figure_) == []
    alone = fl.summarize(audit, "selection_rate", by="sex").plot()
    assert "allow" not in alone.alt
