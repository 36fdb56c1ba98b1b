"""Pictures of scores: what is drawn is what the table says, in every form and without colliding text."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import fairlens as fl

KINDS = ["roc", "det", "calibration", "threshold"]
LONG = "a very long name of a group that goes on and on and says more than it has to $x_1$"


@pytest.fixture(scope="module")
def audit():
    rng = np.random.default_rng(21)
    size = 1500
    group = rng.choice(["a", "b", "c", LONG], size, p=[0.4, 0.3, 0.2, 0.1])
    truth = rng.beta(2, 2, size)
    frame = pd.DataFrame(
        {
            "group": group,
            "sex": rng.choice(["f", "m"], size),
            "y": (rng.random(size) < truth).astype(int),
            "s": np.clip(truth + rng.normal(0, 0.15, size), 0, 1).round(2),
        }
    )
    frame.loc[:5, "group"] = "tiny"
    return fl.audit(frame, y_true="y", y_score="s", threshold=[0.5, 0.7], sensitive_features=["group", "sex"], favorable=1)


def asked(audit, what):
    if what in KINDS:
        return audit.curve(what)
    return {"scores": fl.measure_scores, "cross": fl.rank_across, "choice": fl.choose_thresholds}[what](audit)


EVERY = [*KINDS, "scores", "cross", "choice"]


@pytest.fixture(scope="module")
def drawn(audit):
    """Each picture, drawn once."""
    return {what: (result := asked(audit, what), result.plot()) for what in EVERY}


@pytest.mark.parametrize("what", EVERY)
def test_no_texts_collide_or_leave_the_page(drawn, overlaps, what):
    picture = drawn[what][1]
    assert overlaps(picture.figure_) == []
    assert picture.owned


@pytest.mark.parametrize("what", EVERY)
def test_pictures_go_into_axes_of_the_users(audit, what):
    figure = Figure(figsize=(7, 6))
    ax = figure.subplots()
    picture = asked(audit, what).plot(ax)
    assert picture.ax_ is ax
    assert not picture.owned
    assert ax.get_title(loc="left")
    assert ax.get_xlabel()


@pytest.mark.parametrize("what", EVERY)
def test_words_tell_the_answer_and_hidden_groups(drawn, what):
    result, picture = drawn[what]
    alt = picture.alt
    first = alt.splitlines()[0]
    assert result.sentence.startswith(first[:40])
    assert "tiny" in alt
    assert "suppressed" in alt
    assert "n=" in alt
    assert "nan" not in alt


def test_roc_draws_each_point_of_the_table(audit, found):
    result = audit.curve("roc", by="sex")
    ax = result.plot().ax_
    shown = result.published().to_frame()
    drawn = [[np.asarray(values).tolist() for values in line.get_data()] for line in found(ax, "line")]
    assert drawn == [
        [points["false_positive_rate"].tolist(), points["true_positive_rate"].tolist()] for _, points in shown.groupby("sex")
    ]
    (diagonal,) = found(ax, "diagonal")
    assert list(diagonal.get_xdata()) == list(diagonal.get_ydata())
    assert len(found(ax, "mark")) == 2 + 1  # a marker for each group, and one text
    (text,) = found(ax, "mark-text")
    assert text.get_text() == "from 0.5 on"


def test_lines_differ_without_colour(audit, found):
    ax = audit.curve("roc", by="group").plot().ax_
    dashes = {str(line._unscaled_dash_pattern) for line in found(ax, "line")}
    assert len(dashes) == len(found(ax, "line"))


def test_the_key_has_areas_with_intervals_and_n(audit):
    picture = audit.curve("roc", by="sex").plot()
    texts = [text.get_text() for axes in picture.figure_.axes for text in axes.texts if text.get_gid() == "key"]
    row = fl.measure_scores(audit, by="sex", metrics="roc_auc").published().rows[0]
    told = "\n".join(texts)
    assert f"AUC {row.metric.write(row.value, row.lower, row.upper)}" in told
    assert f"n={row.n:,}" in told
    assert "bins ±" in told


def test_calibration_has_bands_and_the_error_with_its_chance(audit, found):
    result = audit.curve("calibration", by="sex")
    picture = result.plot()
    assert len(found(picture.ax_, "band")) == 2
    assert len(found(picture.ax_, "points")) == 2
    row = result.published().curves[0].summary
    assert f"by chance {row.beside:.3f}" in picture.alt
    points = result.published().to_frame()
    drawn = np.concatenate([np.asarray(dots.get_offsets()) for dots in found(picture.ax_, "points")])
    assert drawn.tolist() == points[["mean_score", "observed_rate"]].to_numpy().tolist()


def test_more_than_two_bands_have_panels_of_their_own(audit):
    figure = audit.curve("calibration", by="group").plot().figure_
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert {"a", "b", "c"} <= set(titles)


def test_thresholds_have_a_panel_for_each_rate_and_the_current_one_marked(audit, found):
    picture = audit.curve("threshold", by="sex").plot()
    panels = [axes for axes in picture.figure_.axes if axes.get_title(loc="left")]
    assert [axes.get_title(loc="left") for axes in panels] == [
        "Selection rate by sex", "True positive rate by sex", "False positive rate by sex", "Precision by sex",
    ]  # fmt: skip
    for axes in panels:
        (line,) = found(axes, "upright")[:1]
        assert list(line.get_xdata()) == [0.5, 0.5]
    assert "now 0.5" in [text.get_text() for text in panels[0].texts]


def test_at_most_six_groups_are_drawn_and_the_rest_told(found):
    rng = np.random.default_rng(2)
    names = [f"g{i}" for i in range(9)]
    group = rng.choice(names, 3000)
    s = rng.random(3000).round(2)
    audit = fl.audit(y_true=(rng.random(3000) < s).astype(int), y_score=s, threshold=0.5, sensitive_features={"g": group}, favorable=1)
    picture = audit.curve("roc").plot()
    assert len(found(picture.ax_, "line")) == 6
    assert "and 3 more groups in the table" in picture.alt
    assert "and 4 more groups in the table" in fl.choose_thresholds(audit).plot().alt  # everybody takes one line
    assert len(found(fl.rank_across(audit).plot().ax_, "within")) == 6


def test_the_matrix_prints_each_number_with_interval_and_people(audit, found):
    result = fl.rank_across(audit, by="sex")
    picture = result.plot()
    cells = [text.get_text() for text in found(picture.ax_, "value")]
    rows = result.published().rows
    assert len(cells) == len(rows) == 8
    for row in rows:
        assert any(cell.startswith(f"{row.number.value:.3f}\n{row.number.lower:.3f} to {row.number.upper:.3f}\n") for cell in cells)
    assert len(found(picture.ax_, "within")) == 2
    greys = [float(patch.get_facecolor()[0]) for patch in found(picture.ax_, "cell")]
    assert min(greys) > 0.7


def test_costs_mark_the_lowest(audit, found):
    result = fl.choose_thresholds(audit, by="sex")
    picture = result.plot()
    panels = [axes for axes in picture.figure_.axes if axes.get_title(loc="left")]
    assert [axes.get_title(loc="left") for axes in panels] == ["everybody", "f", "m"]
    best = [result.published().common, *result.published().own]
    for axes, row in zip(panels, best, strict=True):
        (mark,) = found(axes, "mark")
        assert (mark.get_xdata()[0], mark.get_ydata()[0]) == (row.threshold, row.cost)
        (line,) = found(axes, "upright")[:1]
        assert line.get_xdata()[0] == best[0].threshold
    assert "may be unlawful" in picture.alt


def test_nothing_to_draw_is_said():
    audit = fl.audit(y_true=[1] * 30, y_score=np.arange(30) / 30, threshold=0.5, sensitive_features={"g": ["a"] * 15 + ["b"] * 15})
    for what in ("roc", "det", "choice", "cross"):
        picture = asked(audit, what).plot()
        assert "undefined" in picture.alt
        figure = Figure()
        asked(audit, what).plot(figure.subplots())


def test_pictures_can_be_saved(drawn, tmp_path):
    drawn["cross"][1].save(tmp_path / "picture.svg")
    assert "<svg" in (tmp_path / "picture.svg").read_text("utf-8")


def test_bands_of_many_groups_are_upright_lines_that_stand_apart(audit, found):
    table = audit.curve("threshold", by="group")
    axes = next(axes for axes in table.plot().figure_.axes if axes.get_title(loc="left").startswith("Selection rate"))
    assert found(axes, "band") == []
    segments = [segment for lines in found(axes, "uprights") for segment in lines.get_segments()]
    places = [float(segment[0][0]) for segment in segments]
    assert len(places) == len(set(places)) >= 8
    frame = table.published().to_frame()
    limits = set(frame.loc[frame["metric"] == "selection_rate", ["lower", "upper"]].itertuples(index=False, name=None))
    assert {(float(low), float(high)) for (_, low), (_, high) in segments} <= limits
    two = audit.curve("threshold", by="sex").plot()
    assert found(two.ax_, "uprights") == []
    assert len(found(two.ax_, "band")) == 2
