"""The headline picture: its steps lead from one rate to the other, and every number is said."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import fairlens as fl

LONG = [f"an input with quite a long name that says a lot, number {j}" for j in range(12)]


def labels(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def bars(found, ax):
    made = sorted(found(ax, "part"), key=lambda bar: bar.get_y())
    return [(bar.get_x(), bar.get_width()) for bar in made]


def test_the_bars_walk_from_the_group_to_the_reference(gap_of, found):
    gap = gap_of(4)
    picture, frame = gap.plot(), gap.to_frame()
    drawn = bars(found, picture.ax_)
    order = frame.reindex(frame["contribution"].abs().sort_values(ascending=False).index)
    assert [width for _, width in drawn] == pytest.approx((-order["contribution"]).tolist())
    starts = [start for start, _ in drawn]
    assert starts[0] == gap.group_rate.value
    for (start, width), after in zip(drawn, [*starts[1:], gap.reference_rate.value], strict=True):
        assert start + width == pytest.approx(after, abs=1e-9)
    (circle, diamond) = found(picture.ax_, "dots")
    assert (circle.get_xdata()[0], diamond.get_xdata()[0]) == (gap.group_rate.value, gap.reference_rate.value)
    assert circle.get_marker() != diamond.get_marker()
    names = labels(picture.ax_)
    assert names[0] == f"f\nn={gap.group_rate.n}"
    assert names[1:-1] == order["feature"].tolist()
    assert names[-1] == f"others\nn={gap.reference_rate.n}"


def test_whiskers_are_the_intervals_of_the_contributions(gap_of):
    gap = gap_of(3)
    picture = gap.plot()
    segments = [line.get_segments() for line in picture.ax_.collections if not line.get_gid()]
    whiskers = [segment[:, 0].tolist() for segment in segments[-1]]
    at = gap.group_rate.value
    wanted = []
    for part in gap.parts:
        wanted.append([at - part.upper, at - part.lower])
        at -= part.contribution
    assert [end for whisker in whiskers for end in whisker] == pytest.approx(
        [end for pair in wanted for end in pair]
    )


def test_the_left_panel_has_both_rates_and_the_gap(gap_of, found):
    gap = gap_of(3, reference="m")
    left, right = gap.plot().figure_.axes
    rates = [line.get_xdata()[0] for line in found(left, "dots")]
    assert rates == [gap.group_rate.value, gap.reference_rate.value]
    assert labels(left) == [labels(right)[0], labels(right)[-1]]
    assert any(f"gap {100 * gap.gap:+.1f} points" in text.get_text() for text in found(left, "value"))


@pytest.mark.parametrize("group", ["f", "m"])
def test_the_kind_of_a_bar_is_told_by_pattern_and_word(gap_of, found, group):
    gap = gap_of(6, group=group, reference="f" if group == "m" else "m")
    picture = gap.plot()
    by_name = dict(
        zip(
            labels(picture.ax_)[1:-1],
            sorted(found(picture.ax_, "part"), key=lambda bar: bar.get_y()),
            strict=True,
        )
    )
    for part in gap.parts:
        hatch = by_name[part.feature].get_hatch()
        line = next(line for line in picture.alt.splitlines() if line.startswith(f"{part.feature}: "))
        assert f": {100 * part.contribution:+.1f} pts ({100 * part.lower:.1f} to {100 * part.upper:.1f})" in line
        if part not in gap.supported:
            assert hatch == "////"
            assert line.endswith(", cannot tell, allowing for all inputs.")
        elif part.contribution * gap.gap > 0:
            assert hatch is None
            assert line.endswith(", widens the gap.")
        else:
            assert hatch == "...."
            assert line.endswith(", narrows the gap.")
    legend = [text.get_text() for text in picture.ax_.get_legend().get_texts()]
    assert "widens the gap" in legend
    assert "cannot tell, allowing for all inputs" in legend


def test_the_legend_says_what_the_limits_allow_for(gap_of):
    def unsure(gap):
        return [text.get_text() for text in gap.plot().ax_.get_legend().get_texts() if text.get_text().startswith("cannot tell")]

    assert unsure(gap_of(6)) == ["cannot tell, allowing for all inputs"]
    several = gap_of(6, group=["f", "m"], reference="rest")
    assert len(several) == 2
    assert {text for gap in several for text in unsure(gap)} == {"cannot tell, allowing for all inputs and gaps"}


@pytest.mark.parametrize(("inputs", "shown"), [(8, 8), (9, 8), (12, 8)])
def test_small_inputs_are_pooled_and_named_in_the_text(gap_of, inputs, shown):
    gap = gap_of(inputs)
    picture = gap.plot()
    names = labels(picture.ax_)[1:-1]
    assert len(names) == shown
    if inputs == shown:
        assert "other input" not in picture.alt
        return
    rest = sorted(gap.parts, key=lambda part: -abs(part.contribution))[7:]
    assert names[-1] == f"{len(rest)} other inputs"
    low, high = (math.fsum(getattr(part, end) for part in rest) for end in ("lower", "upper"))
    line = next(line for line in picture.alt.splitlines() if line.startswith(names[-1]))
    assert f"(at most {100 * low:.1f} to {100 * high:.1f})" in line
    assert all(f"\n{part.feature}: " in picture.alt for part in gap.parts)


def test_permuted_groups_get_no_claim(gap_of):
    picture = gap_of(4, permuted=True, tilt=0.0).plot()
    assert picture.alt.startswith("Cannot tell whether ")
    assert "carries" not in picture.alt.splitlines()[0]
    assert "the gap." not in picture.alt


def test_the_title_names_one_input_and_the_caution_stands_under_it(gap_of):
    gap = gap_of(4, tilt=1.5)
    picture = gap.plot()
    title = picture.alt.splitlines()[0]
    assert title.count("carries") == 1
    assert gap.supported[0].feature in title
    assert gap.sentence.startswith(title.rstrip("."))
    texts = [text.get_text() for text in picture.figure_.texts]
    assert texts[0].replace("\n", " ") == title
    assert gap.caution in texts[1].replace("\n", " ")


def test_every_number_that_is_drawn_is_in_the_text_alternative(gap_of, found):
    gap = gap_of(12)
    picture = gap.plot()
    for ax in picture.figure_.axes:
        for text in found(ax, "value"):
            told = text.get_text().removeprefix("gap ")
            assert told.replace("\n(", " (").replace("\n", ", ") in picture.alt
        for label in labels(ax):
            assert label.splitlines()[-1] in picture.alt
    assert gap.method in picture.alt


@pytest.mark.parametrize("inputs", [2, 5, 12])
@pytest.mark.parametrize("group", ["f", "m"])
def test_no_text_covers_another(gap_of, overlaps, inputs, group):
    assert overlaps(gap_of(inputs, group=group).plot().figure_) == []


def test_no_text_covers_another_with_odd_names(gap_of, overlaps):
    odd = (
        "$a_1$ <b> and a name that is really much longer than it needs to be",
        "日本語のとても長い名前がここにあります",
    )
    gap = gap_of(12, names=LONG, levels=odd)
    picture = gap.plot()
    assert overlaps(picture.figure_) == []
    assert not any(text.get_parse_math() for ax in picture.figure_.axes for text in ax.get_yticklabels())
    assert odd[0] in picture.alt
    assert all(name in picture.alt for name in LONG)


def test_a_bar_and_its_whisker_end_left_of_the_number(gap_of, found):
    picture = gap_of(6).plot()
    renderer = FigureCanvasAgg(picture.figure_).get_renderer()
    texts = {round(text.xy[1], 6): text for text in found(picture.ax_, "value")}
    for bar in found(picture.ax_, "part"):
        text = texts[round(bar.get_y() + bar.get_height() / 2, 6)]
        assert bar.get_window_extent(renderer).x1 < text.get_window_extent(renderer).x0


def test_a_suppressed_gap_is_words(gap_of):
    X = pd.DataFrame({"a": [0.0, 1.0] * 60})
    audit = fl.audit(
        X,
        model=lambda rows: (rows["a"] > 0.5).astype(int),
        sensitive_features={"race": ["tiny"] * 4 + ["b", "w"] * 58},
    )
    picture = fl.decompose_gap(audit, "tiny", n_rounds=1, progress=False).plot()
    assert "suppressed" in picture.alt.splitlines()[0].lower()
    assert "tiny: suppressed" in picture.alt
    assert "Contributions are not shown" in picture.alt
    assert "pts" not in picture.alt


def test_given_axes_get_the_bridge_alone(gap_of, found):
    figure = Figure(figsize=(14, 5))
    left, right = figure.subplots(1, 2)
    gap = gap_of(3)
    picture = gap.plot(ax=right)
    assert picture.ax_ is right
    assert figure.axes == [left, right]
    assert len(found(right, "part")) == 3
    assert not left.has_data()
    assert gap.caution.split()[-1] in right.get_xlabel()


def test_the_picture_has_the_signs_of_the_table_and_says_which_limits_are_which(gap_of, found):
    gap = gap_of(4)
    picture = gap.plot()
    printed = [float(text.get_text().split(" pts")[0]) for text in found(picture.ax_, "value") if " pts" in text.get_text()]
    assert printed == pytest.approx([100 * part.contribution for part in gap.parts], abs=0.051)
    (heading,) = [text.get_text() for text in found(picture.ax_, "heading")]
    assert heading.replace("\n", " ").endswith("each bar takes off what one input carries")
    assert "whiskers are 95 % intervals, each by itself" in picture.ax_.get_xlabel().replace("\n", " ")


def test_bars_raise_or_lower_where_the_sign_of_the_gap_is_not_known():
    rng = np.random.default_rng(3)
    sex = np.repeat(["f", "m"], 200)
    X = pd.DataFrame({"up": rng.normal(size=400) + 1.0 * (sex == "f"), "down": rng.normal(size=400) - 1.0 * (sex == "f")})
    model = lambda rows: (rows["up"] + rows["down"] > 0).astype(int)  # noqa: E731
    gap = fl.decompose_gap(fl.audit(X, model=model, sensitive_features={"sex": sex}), "f", reference="m", n_rounds=2, progress=False)
    assert gap.gap_lower < 0 < gap.gap_upper
    assert all(part.is_clear for part in gap.parts)
    picture = gap.plot()
    lines = {line.split(":")[0]: line for line in picture.alt.splitlines()}
    assert lines["up"].endswith(", raises the selection rate of the group.")
    assert lines["down"].endswith(", lowers the selection rate of the group.")
    assert "widens" not in picture.alt
    assert "narrows" not in picture.alt
    assert [text.get_text() for text in picture.ax_.get_legend().get_texts()] == ["raises the selection rate of the group", "lowers the selection rate of the group"]


def test_an_input_that_is_ignored_has_no_bar_and_is_not_in_doubt(found, overlaps):
    rng = np.random.default_rng(3)
    sex = np.repeat(["f", "m"], 100)
    X = pd.DataFrame({"used": rng.normal(size=200) + (sex == "m"), "ignored": rng.normal(size=200)})
    audit = fl.audit(X, model=lambda rows: (rows["used"] > 0.5).astype(int), sensitive_features={"sex": sex})
    picture = fl.decompose_gap(audit, "f", n_rounds=1, progress=False).plot()
    assert "ignored: +0.0 pts (0.0 to 0.0), not used for these people." in picture.alt
    assert "cannot tell" not in picture.alt
    assert len(found(picture.ax_, "part")) == 1
    assert len(picture.ax_.get_legend().get_texts()) == 1
    assert overlaps(picture.figure_) == []


def test_few_people_make_no_bar_certain(found):
    rng = np.random.default_rng(0)
    race = np.array(["a"] * 14 + ["b"] * 300)
    X = pd.DataFrame({"u": rng.normal(size=314) - 3.0 * (race == "a"), "v": rng.normal(size=314)})
    audit = fl.audit(X, model=lambda rows: (rows["u"] + rows["v"] > 0).astype(int), sensitive_features={"race": race}, min_denominator=30)
    gap = fl.decompose_gap(audit, "a", n_rounds=2, progress=False)
    assert gap.status == "small"
    assert any(part.is_clear for part in gap.parts)
    picture = gap.plot()
    assert {bar.get_hatch() for bar in found(picture.ax_, "part")} == {"////"}
    assert "cannot tell, few people" in picture.alt


@pytest.mark.parametrize("inputs", [2, 12])
def test_no_text_covers_another_where_the_heading_is_long(gap_of, overlaps, inputs):
    levels = ("a group with a name that goes on and on and on", "another group whose name is not short either")
    assert overlaps(gap_of(inputs, levels=levels, reference=levels[1]).plot().figure_) == []
