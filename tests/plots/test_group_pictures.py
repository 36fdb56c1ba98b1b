"""Pictures of rates, differences and ratios: what is drawn is what the table says."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

import fairlens as fl
from fairlens import plots

PLAIN = {"white": (200, 160), "Black": (80, 40), "Hispanic": (60, 42)}
HIDDEN = {**PLAIN, "tiny": (4, 2), "Asian": (30, 20)}
NAMES = {
    "$x_1$ & <b>bold</b>": (60, 30),
    "under_score ^ \\alpha": (60, 30),
    "a very long name that goes on and on and says more than it has to, the first": (60, 30),
    "a very long name that goes on and on and says more than it has to, the second": (60, 30),
    "日本語のとても長い名前がここにありますとても長い名前です": (60, 30),
    "عربى طويل جدا": (60, 30),
    "हिन्दी नाम": (60, 30),
    "new\nline": (60, 30),
}


def labels(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def dots(found, ax):
    places = [place for line in found(ax, "dots") for place in zip(*line.get_data(), strict=True)]
    return [x for x, _ in sorted(places, key=lambda place: place[1])]


def ends(found, ax):
    (lines,) = found(ax, "intervals")
    return [[x for x, _ in segment] for segment in lines.get_segments()]


def test_dots_and_intervals_sit_at_the_numbers_of_the_table(audit_of, found):
    table = audit_of(PLAIN).by_group("selection_rate")
    picture, frame = table.plot(), table.to_frame()
    assert dots(found, picture.ax_) == frame["value"].tolist()
    assert ends(found, picture.ax_) == frame[["lower", "upper"]].to_numpy().tolist()
    assert labels(picture.ax_) == [f"{row.race}\nn={row.n}" for row in frame.itertuples()]


@pytest.mark.parametrize("verb", ["difference", "ratio"])
def test_a_forest_shows_each_comparison_and_the_line_of_no_difference(audit_of, found, verb):
    table = getattr(audit_of(PLAIN), verb)("selection_rate")
    picture, frame = table.plot(), table.to_frame()
    assert dots(found, picture.ax_) == frame[verb].tolist()
    assert ends(found, picture.ax_) == frame[["lower", "upper"]].to_numpy().tolist()
    assert labels(picture.ax_) == ["Black\nn=80 against 200", "Hispanic\nn=60 against 200"]
    neutral = 0.0 if verb == "difference" else 1.0
    assert any(list(line.get_xdata()) == [neutral, neutral] for line in picture.ax_.lines)
    assert "against white: 80.0 % (73.9 to 85.0), n=200" in picture.alt


@pytest.mark.parametrize("verb", ["by_group", "difference"])
def test_a_picture_holds_sixty_groups_and_says_how_many_more_there_are(audit_of, found, verb):
    sizes = {f"g{i:03}": (20 + i * 37 % 100, 10) for i in range(100)}
    table = getattr(audit_of(sizes), verb)("selection_rate")
    picture, rows = table.plot(), table.to_frame()
    most = set(rows.nlargest(60, "n")["race"])
    drawn = [text.splitlines()[0] for text in labels(picture.ax_)]
    assert drawn == [*(name for name in rows["race"] if name in most), f"and {len(rows) - 60} more groups"]
    assert [text.get_text() for text in found(picture.ax_, "missing")] == ["in the table"]
    assert f"\nand {len(rows) - 60} more groups: in the table." in picture.alt
    assert sum(f"\n{name}: " in picture.alt for name in rows["race"]) == 60


def test_a_picture_of_several_metrics_holds_sixty_rows(audit_of):
    sizes = {f"g{i:02}": (20 + i, 10) for i in range(31)}
    assert "in the table" not in audit_of(sizes).by_group("selection_rate").plot().alt
    audit = fl.audit(
        y_true=[i % 2 for i in range(620)], y_pred=[i % 3 == 0 for i in range(620)], sensitive_features={"g": [f"g{i % 31:02}" for i in range(620)]}
    )
    picture = audit.by_group(["selection_rate", "accuracy"]).plot()
    assert picture.alt.splitlines()[-1] == "and 2 more rows: in the table."


def test_a_ratio_of_nothing_is_drawn_at_nothing(audit_of, found):
    picture = audit_of({"a": (50, 25), "b": (40, 0)}).ratio("selection_rate").plot()
    assert dots(found, picture.ax_) == [0.0]
    assert picture.ax_.get_xscale() == "linear"


def test_suppressed_groups_have_a_word_and_no_number(audit_of, found):
    table = audit_of(HIDDEN).by_group("selection_rate")
    picture = table.plot()
    shown = table.published().to_frame()
    hidden = shown[shown["status"] == "suppressed"]["race"].tolist()
    assert "tiny" in hidden
    assert len(hidden) >= 2
    words = [text.get_text() for text in found(picture.ax_, "missing")]
    assert len(words) == len(hidden)
    assert all(word.startswith("suppressed: ") for word in words)
    assert dots(found, picture.ax_) == shown["value"].dropna().tolist()
    assert "tiny\nn not shown" in labels(picture.ax_)
    assert "tiny: suppressed" in picture.alt


def test_a_raw_result_is_published_before_it_is_drawn(audit_of):
    raw = audit_of(HIDDEN).by_group("selection_rate")
    assert raw.to_frame()["status"].tolist().count("suppressed") == 0
    assert "tiny: suppressed" in plots.draw(raw).alt


def test_few_people_are_a_hollow_dot_with_words(audit_of, found):
    picture = audit_of(PLAIN, min_denominator=70).by_group("selection_rate").plot()
    (hollow,) = found(picture.ax_, "dots-small")
    assert hollow.get_markerfacecolor() != hollow.get_color()
    assert list(hollow.get_xdata()) == [42 / 60]
    assert any("few people" in text.get_text() for text in found(picture.ax_, "value"))
    assert "few people, n=60" in picture.alt


def test_an_undefined_rate_says_why(found):
    audit = fl.audit(
        y_true=[1] * 20 + [0] * 20, y_pred=[1, 0] * 20, sensitive_features={"sex": ["f"] * 20 + ["m"] * 20}
    )
    picture = audit.by_group("true_positive_rate").plot()
    assert [text.get_text() for text in found(picture.ax_, "missing")] == [
        "undefined: nobody in the denominator"
    ]
    assert labels(picture.ax_) == ["f\nn=20", "m\nn=0"]


def test_several_metrics_and_attributes_are_blocks_with_headings(found):
    rng = np.random.default_rng(0)
    audit = fl.audit(
        y_true=rng.integers(0, 2, 200),
        y_pred=rng.integers(0, 2, 200),
        sensitive_features={"race": ["b", "w"] * 100, "sex": ["f"] * 100 + ["m"] * 100},
    )
    picture = audit.by_group(["selection_rate", "accuracy"]).plot()
    headings = [text.get_text() for text in found(picture.ax_, "heading")]
    assert headings == [
        "Selection rate by race",
        "Accuracy by race",
        "Selection rate by sex",
        "Accuracy by sex",
    ]
    assert len(audit.by_group().plot().figure_.axes) == 3
    crossed = audit.by_group("selection_rate", by=["race", "sex"]).plot()
    assert labels(crossed.ax_)[0] == "b, f\nn=50"
    assert "everybody: " in audit.overall("accuracy").plot().alt
    assert "Precision: " in audit.overall().plot().alt


def test_the_title_claims_a_difference_only_where_the_data_support_one(audit_of):
    assert (
        audit_of(PLAIN)
        .by_group("selection_rate")
        .plot()
        .alt.startswith("Of 100 Black applicants 50 are approved")
    )
    level = np.random.default_rng(1).permutation(["Black"] * 80 + ["white"] * 200)
    permuted = fl.audit(y_pred=[1] * 180 + [0] * 100, sensitive_features={"race": level}, favorable=1)
    for result in (
        permuted.by_group("selection_rate"),
        permuted.difference("selection_rate"),
        permuted.ratio("selection_rate"),
    ):
        assert result.plot().alt.startswith("Cannot tell: ")
    assert "cannot tell, n=80 against 200" in permuted.difference("selection_rate").plot().alt
    one = audit_of({"f": (40, 20)}).by_group("selection_rate").plot()
    assert one.alt.startswith("Selection rate by race\n")


def test_the_reference_of_the_title_is_in_the_reference_of_the_row(audit_of):
    audit = audit_of(PLAIN)
    assert "against others" in audit.difference("selection_rate", reference="rest").plot().alt
    assert "against people overall" in audit.difference("selection_rate", reference="overall").plot().alt
    assert "chosen after looking" in audit.difference("selection_rate", reference="best").plot().alt
    hidden = audit_of(HIDDEN).difference("selection_rate", reference="tiny").plot()
    assert "against tiny (suppressed)" in hidden.alt


def test_every_number_that_is_drawn_is_in_the_text_alternative(audit_of, found):
    audit = audit_of(HIDDEN, min_denominator=70)
    for result in (
        audit.by_group("selection_rate"),
        audit.difference("selection_rate"),
        audit.ratio("selection_rate"),
    ):
        picture = result.plot()
        for text in [*found(picture.ax_, "value"), *found(picture.ax_, "missing")]:
            assert ", ".join(text.get_text().splitlines()) in picture.alt
        for label in labels(picture.ax_):
            assert label.splitlines()[-1] in picture.alt


@pytest.mark.parametrize("count", [2, 5, 12, 40])
def test_no_text_covers_another(audit_of, overlaps, count):
    audit = audit_of({f"group {i:02d}": (12 + i, (7 * i) % 12) for i in range(count)}, min_denominator=15)
    for result in (
        audit.by_group("selection_rate"),
        audit.difference("selection_rate"),
        audit.ratio("selection_rate"),
    ):
        assert overlaps(result.plot().figure_) == []


def test_no_text_covers_another_with_odd_names_blocks_and_words(audit_of, overlaps):
    for groups in (NAMES, HIDDEN):
        audit = audit_of(groups, min_denominator=70)
        assert overlaps(audit.by_group("selection_rate").plot().figure_) == []
        assert overlaps(audit.difference("selection_rate").plot().figure_) == []
    two = fl.audit(
        y_true=[1, 0, 1, 1] * 30,
        y_pred=[1, 0, 0, 1] * 30,
        sensitive_features={"race": ["b", "w", "w"] * 40, "sex": ["f", "m"] * 60},
    )
    assert overlaps(two.by_group().plot().figure_) == []
    assert overlaps(two.overall().plot().figure_) == []
    assert overlaps(two.ratio(["selection_rate", "precision"]).plot().figure_) == []


def test_names_are_drawn_literally_cut_to_two_lines_and_told_in_full(audit_of):
    picture = audit_of(NAMES).by_group("selection_rate").plot()
    drawn = labels(picture.ax_)
    assert "$x_1$ & <b>bold</b>\nn=60" in drawn
    assert not any(label.get_parse_math() for label in picture.ax_.get_yticklabels())
    assert all(len(line) <= 28 for label in drawn for line in label.splitlines())
    assert max(label.count("\n") for label in drawn) == 2
    long = [label for label in drawn if label.startswith("a very long")]
    assert len(set(long)) == 2
    for name in NAMES:
        assert f"{name.replace(chr(10), ' ')}: 50.0 %" in picture.alt
    assert picture.png().startswith(b"\x89PNG")


def test_an_unbroken_name_is_cut_too(audit_of, overlaps):
    picture = audit_of({"x" * 90: (40, 20), "y": (40, 30)}).by_group("selection_rate").plot()
    assert max(len(line) for label in labels(picture.ax_) for line in label.splitlines()) <= 28
    assert overlaps(picture.figure_) == []


def test_an_audit_of_nobody_draws_an_empty_picture(overlaps):
    audit = fl.audit(y_pred=[1, 0] * 20, sensitive_features={"race": ["b", "w"] * 20, "sex": ["f", "m"] * 20})
    nobody = audit.where(race="b", sex="m")
    picture = nobody.by_group("selection_rate", by="race").plot()
    assert "undefined" in picture.alt
    picture = nobody.by_group("selection_rate", by=["race", "sex"]).plot()
    assert picture.alt.startswith("There is no group to show.")
    assert labels(picture.ax_) == []
    assert overlaps(picture.figure_) == []


def test_given_axes_are_drawn_into_and_given_back(audit_of, found):
    figure = Figure(figsize=(9, 4))
    left, right = figure.subplots(1, 2)
    table = audit_of(PLAIN).by_group("selection_rate")
    picture = table.plot(ax=right)
    assert picture.ax_ is right
    assert picture.figure_ is figure
    assert dots(found, right) == table.to_frame()["value"].tolist()
    assert not left.has_data()
    assert right.get_title(loc="left").startswith("Of 100 Black")
    assert "Selection rate by race" in right.get_xlabel().replace("\n", " ")


def test_under_each_ratio_is_that_of_the_opposite_rates(audit_of, found, overlaps):
    table = audit_of(PLAIN).ratio("selection_rate")
    picture, frame = table.plot(), table.to_frame()
    (squares,), (lines,) = found(picture.ax_, "opposites"), found(picture.ax_, "opposite-intervals")
    assert list(squares.get_xdata()) == frame["opposite_ratio"].tolist()
    assert squares.get_markerfacecolor() == "#FFFFFF"
    assert [[x for x, _ in segment] for segment in lines.get_segments()] == frame[["opposite_lower", "opposite_upper"]].to_numpy().tolist()
    heights = sorted(y for line in found(picture.ax_, "dots") for y in line.get_ydata())
    assert all(under > dot for dot, under in zip(heights, squares.get_ydata(), strict=True))
    for row in frame.itertuples():
        told = f"opposite rate: {row.opposite_ratio:.2f} ({row.opposite_lower:.2f} to {row.opposite_upper:.2f})"
        assert told in picture.alt
        assert any(told in text.get_text() for text in picture.ax_.texts)
    assert table.sentence in picture.alt
    assert overlaps(picture.figure_) == []
    low, high = picture.ax_.get_xlim()
    assert low < frame["opposite_lower"].min() < frame["opposite_upper"].max() < high


def test_a_ratio_without_an_opposite_says_so(audit_of, found):
    picture = audit_of({"white": (50, 50), "Black": (40, 30)}).ratio("selection_rate").plot()
    assert "opposite rate: none" in picture.alt
    assert [x for line in found(picture.ax_, "opposites") for x in line.get_xdata()] == []
