"""Pictures of plans: dots on their curves, labels that say the numbers and do not touch."""

from __future__ import annotations

import math

import numpy as np
import pytest
from matplotlib.figure import Figure

import fairlens as fl


def drawn(found, ax):
    (line,) = found(ax, "dots")
    return list(zip(*(np.asarray(part).tolist() for part in line.get_data()), strict=True))


def near_curve(found, ax, dots):
    """Whether each dot lies on one of the curves."""
    for x, y in dots:
        heights = [np.exp(np.interp(x, line.get_xdata(), np.log(line.get_ydata()))) for line in found(ax, "curve")]
        if min(abs(height / y - 1) for height in heights) > 0.02:
            return False
    return True


@pytest.mark.parametrize(
    ("plan", "xs"),
    [
        (fl.sample_size(0.3, [0.2, 0.24, 0.27]), [0.1, 0.06, 0.03]),
        (fl.sample_size(0.3, ratio=[0.8, 0.9]), [0.8, 0.9]),
        (fl.sample_size([0.1, 0.3, 0.5], margin=0.05), [0.05] * 3),
        (fl.sample_size(0.3, margin=[0.8, 0.9], comparison="ratio"), [0.8, 0.9]),
        (fl.sample_size(0.3, difference=[0.05, 0.1], reference_size=5), [0.05, 0.1]),
    ],
)
def test_plans_are_dots_on_the_curve_of_their_rate(plan, xs, found, overlaps):
    picture = plan.plot()
    dots = drawn(found, picture.ax_)
    assert [x for x, _ in dots] == pytest.approx(xs)
    assert [n for _, n in dots] == [row.n for row in plan.rows]
    assert near_curve(found, picture.ax_, dots)
    assert picture.ax_.get_yscale() == "log"
    assert all(f"{row.n:,} people" in picture.alt for row in plan.rows)
    assert overlaps(picture.figure_) == []


def test_what_can_be_told_falls_with_the_people(found, overlaps):
    found_out = fl.minimum_detectable(0.3, [50, 200, 1000], 2000, names=["Asian", "Black", "Hispanic"])
    picture = found_out.plot()
    dots = drawn(found, picture.ax_)
    assert dots == [(row.n, row.detectable) for row in found_out.rows]
    assert near_curve(found, picture.ax_, dots)
    assert picture.ax_.get_xscale() == "log"
    (curve,) = found(picture.ax_, "curve")
    assert (np.diff(curve.get_ydata()) < 0).all()
    assert "Asian, n=50 against 2,000: 18.9 points." in picture.alt
    labels = [text.get_text().replace("\n", " ") for text in found(picture.ax_, "value")]
    assert labels == ["Asian, n=50 against 2,000: 18.9 points", "Black, n=200 against 2,000: 9.8 points", "Hispanic, n=1,000 against 2,000: 5.1 points"]
    assert overlaps(picture.figure_) == []


def test_curves_of_several_references_differ_in_line_and_not_only_in_colour(found):
    picture = fl.minimum_detectable([0.1, 0.3, 0.5], 200, 2000).plot()
    styles = {str(line.get_linestyle()) + str(line._dash_pattern) for line in found(picture.ax_, "curve")}
    assert len(styles) == 3


def test_close_labels_are_moved_apart(overlaps):
    picture = fl.minimum_detectable(0.3, [200, 201, 202, 203, 204], 2000, names=list("abcde")).plot()
    assert overlaps(picture.figure_) == []
    many = fl.sample_size(0.5, np.linspace(0.3, 0.4, 25)).plot()
    assert overlaps(many.figure_) == []
    assert sum(" people." in line for line in many.alt.splitlines()) >= 25


def test_what_is_impossible_is_said(found):
    picture = fl.minimum_detectable(0.3, [100, 1], [1000, 3]).plot()
    assert "n=1 against 3: none that is possible." in picture.alt
    assert len(drawn(found, picture.ax_)) == 1
    assert "no number of people is known" in fl.sample_size(0.3, [0.3, 0.2]).plot().alt
    nothing = fl.minimum_detectable(0.3, 1, 3).plot()
    assert drawn(found, nothing.ax_) == []


def test_plans_can_be_drawn_into_given_axes(overlaps):
    for plan in (fl.sample_size(0.3, [0.2, 0.25]), fl.minimum_detectable(0.3, [50, 500], 2000)):
        figure = Figure(figsize=(9, 7))
        picture = plan.plot(ax=figure.add_axes((0.15, 0.25, 0.75, 0.5)))
        assert not picture.owned
        assert overlaps(figure) == []


def test_people_to_collect_lead_from_now_to_planned(audit_of, found, overlaps):
    audit = audit_of({"white": (2000, 1600), "Black": (800, 400), "Asian": (60, 46), "tiny": (5, 2), "Other": (40, 20)})
    plan = fl.plan_collection(audit, fl.Criterion("selection_rate", margin=0.05))
    picture, shown = plan.plot(), plan.published()
    asian = next(row for row in shown.rows if row.group == ("Asian",))
    assert [(float(a[0]), float(b[0])) for lines in found(picture.ax_, "more") for a, b in lines.get_segments() if a[0] != b[0]] == [(60.0, float(asian.n_planned))]
    assert f"60 → {asian.n_planned:,}: {asian.more:,} more" in picture.alt
    assert "800, settled: exceeds" in picture.alt
    assert len(found(picture.ax_, "missing")) == sum(row.more is None for row in shown.rows) >= 2
    assert overlaps(picture.figure_) == []
    assert math.isfinite(picture.ax_.get_xlim()[1])
