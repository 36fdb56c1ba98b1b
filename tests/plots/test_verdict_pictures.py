"""Pictures of verdicts: margins where they were set, a shape and a word for each state, texts that do not touch."""

from __future__ import annotations

import math

import numpy as np
import pytest
from matplotlib.figure import Figure

import fairlens as fl
from fairlens.plots._verdict import MARKERS

FOUR = {"white": (2000, 1600), "Black": (800, 400), "Hispanic": (1600, 1275), "Asian": (60, 46)}
HIDDEN = {**FOUR, "tiny": (5, 2), "Other": (40, 20)}


def rule(margin=0.05, **options):
    return fl.Criterion("selection_rate", margin=margin, **options)


def placed(found, ax):
    return {line.get_gid().removeprefix("dots-"): float(line.get_xdata()[0]) for line in found(ax, "dots-")}


def spans(found, ax, gid):
    return sorted((float(a[0]), float(b[0])) for lines in found(ax, gid) for a, b in lines.get_segments())


def test_dots_lines_and_margins_sit_at_the_numbers(audit_of, found):
    verdict = fl.check(audit_of(FOUR), rule())
    picture, frame = verdict.plot(), verdict.to_frame()
    by_state = dict(zip(frame["state"], frame["change"], strict=True))
    assert placed(found, picture.ax_) == by_state
    assert spans(found, picture.ax_, "intervals") == sorted(zip(frame["lower"], frame["upper"], strict=True))
    assert spans(found, picture.ax_, "inner") == sorted(zip(frame["lower_within"], frame["upper_within"], strict=True))
    (margin,) = found(picture.ax_, "margin")
    assert [segment[0][0] for segment in margin.get_segments()] == [-0.05, 0.05]
    (band,) = found(picture.ax_, "band")
    assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx((-0.05, 0.05))


def test_each_state_has_a_shape_and_a_word_of_its_own(audit_of, found):
    picture = fl.check(audit_of(FOUR), rule()).plot()
    shapes = {line.get_gid().removeprefix("dots-"): line.get_marker() for line in found(picture.ax_, "dots-")}
    assert shapes == {"exceeds": "s", "within": "o", "inconclusive": "D"} == {state: look[0] for state, look in MARKERS.items()}
    words = [text.get_text() for text in found(picture.ax_, "value")]
    assert sum(word.endswith("\nexceeds") for word in words) == 1
    assert sum(word.endswith("\nwithin") for word in words) == 1
    assert sum("\ninconclusive, " in word and word.endswith(" more needed") for word in words) == 1
    assert MARKERS["inconclusive"][2] != MARKERS["inconclusive"][1]


def test_what_is_undefined_has_words_and_no_number(audit_of, found):
    picture = fl.check(audit_of(HIDDEN), rule()).plot()
    words = [text.get_text() for text in found(picture.ax_, "missing")]
    assert len(words) >= 2
    assert all(word.startswith("× undefined (suppressed: ") for word in words)
    assert "tiny: × undefined (suppressed" in picture.alt
    assert "tiny\nn not shown" in [label.get_text() for label in picture.ax_.get_yticklabels()]


def test_a_margin_on_one_side_leaves_the_other_open(audit_of, found):
    picture = fl.check(audit_of(FOUR), rule(0.8, comparison="ratio", direction="lower")).plot()
    (margin,) = found(picture.ax_, "margin")
    assert [segment[0][0] for segment in margin.get_segments()] == [0.8]
    assert picture.ax_.get_xscale() == "log"
    low, high = picture.ax_.get_xlim()
    assert low < 0.8 < high


def test_different_margins_share_an_axis_in_margins(audit_of, found):
    both = [rule(0.8, comparison="ratio"), rule(0.05, name="five points")]
    verdict = fl.check(audit_of(FOUR), both)
    picture = verdict.plot()
    black = [row for row in verdict.rows if row.group == ("Black",)]
    dots = sorted(float(line.get_xdata()[0]) for line in found(picture.ax_, "dots-exceeds"))
    assert dots == pytest.approx(sorted([math.log(black[0].change) / -math.log(0.8), black[1].change / 0.05]))
    assert {segment[0][0] for lines in found(picture.ax_, "margin") for segment in lines.get_segments()} == {-1.0, 1.0}
    assert "Change in margins of its criterion" in picture.alt
    assert [text.get_text() for text in found(picture.ax_, "heading")] == [f"{both[0].label} (race)", "five points (race)"]


@pytest.mark.parametrize("given", [False, True])
def test_texts_do_not_touch_and_stay_on_the_page(audit_of, overlaps, given):
    verdict = fl.check(audit_of(HIDDEN), [rule(on_inconclusive="collect"), rule(0.8, comparison="ratio", name="four fifths")])
    if given:
        figure = Figure(figsize=(13, 11))
        picture = verdict.plot(ax=figure.add_axes((0.2, 0.2, 0.4, 0.65)))
        assert not picture.owned
    else:
        picture = verdict.plot()
    assert overlaps(picture.figure_) == []


def test_a_ratio_of_nothing_can_be_drawn(audit_of, found):
    verdict = fl.check(audit_of({"a": (400, 200), "b": (90, 0)}), rule(0.8, comparison="ratio"))
    picture = verdict.plot()
    assert placed(found, picture.ax_) == {"exceeds": 0.0}
    assert picture.ax_.get_xscale() == "linear"
    both = fl.check(audit_of({"a": (400, 200), "b": (90, 0)}), [rule(0.8, comparison="ratio"), rule()]).plot()
    assert all(np.isfinite(both.ax_.get_xlim()))


def test_a_picture_holds_sixty_rows_the_worst_first(audit_of):
    groups = {"base": (4000, 2000), **{f"g{i:02}": (300, 150) for i in range(64)}, "far": (300, 20)}
    verdict = fl.check(audit_of(groups), rule())
    picture = verdict.plot()
    assert "\nand 5 more: in the table." in picture.alt
    assert "\nfar: " in picture.alt


def test_a_formula_is_drawn_as_numbers(people):
    audit = fl.audit(people, y_true="y", y_pred="p", sensitive_features="sex")
    picture = fl.check(audit, fl.Criterion("f1_score", margin=0.05)).plot()
    assert "Difference (0: no difference)" in picture.alt
    assert "points" not in picture.alt
