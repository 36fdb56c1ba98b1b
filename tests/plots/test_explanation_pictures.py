"""Pictures of explanations: every cell and every line is the number of the table, and is said in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

import fairlens as fl

N = 600


class Linear:
    name = "linear"
    method = "A straight line."

    def attribute(self, f, Z, background, *, categorical, seed, progress):
        return (Z - background.mean(axis=0)) * np.array([0.1, -0.05, *[0.01] * (Z.shape[1] - 2)])


def audit_of(inputs=3, tiny=0, levels=("Black", "white"), **more):
    rng = np.random.default_rng(2)
    race = np.resize(np.array(levels, dtype=object), N)
    race[:tiny] = "tiny"
    X = pd.DataFrame({f"input {j}": rng.normal(size=N) for j in range(inputs)})
    X["input 0"] -= 1.0 * (race == "Black")
    X["input 1"] += 1.0 * (race == "Black")
    return fl.audit(X, model=lambda rows: 1 / (1 + np.exp(-rows["input 0"])), sensitive_features={"race": race}, **more)


@pytest.fixture
def explained():
    def make(inputs=3, rows=N, **more):
        return fl.explain(audit_of(inputs, **more), Linear(), rows=rows, background=50, progress=False)

    return make


def darkness(patch):
    return 1 - np.dot(to_rgb(patch.get_facecolor()[:3]), (0.299, 0.587, 0.114))


def test_cells_print_the_signed_means_with_limits_for_all_cells(explained, found):
    result = explained()
    picture = result.plot()
    texts = [text.get_text() for text in found(picture.ax_, "value")]
    rows = result.by_feature()
    for group in (("Black",), ("white",)):
        row = rows[group]["input 0"]
        assert any(text.startswith(f"{100 * row.mean:+.1f}") for text in texts)
        assert f"n={row.n}" in picture.alt
    low, high = (100 * end for end in (rows["Black",]["input 0"].lower, rows["Black",]["input 0"].upper))
    line = next(line for line in picture.alt.splitlines() if line.startswith("  input 0"))
    drawn = [float(end) for end in line.split("(")[1].split(")")[0].split(" to ")]
    assert drawn[0] < low < high < drawn[1]
    assert "hold together for 6 cells" in picture.alt
    assert picture.alt.splitlines()[-1] == result.caution


def test_cells_whose_interval_includes_0_are_marked_and_white(explained, found):
    picture = explained().plot()
    supported = {(row.group, row.feature) for row in explained().supported}
    dotted = [text.get_text().endswith("·") for text in found(picture.ax_, "value")]
    assert dotted.count(False) == len(supported)
    assert 0 < len(supported) < len(dotted)
    shades = [darkness(tile) for tile in found(picture.ax_, "tile")]
    assert [shade < 1e-9 for shade in shades] == dotted


def test_darker_is_larger_in_grey_too(explained, found):
    picture = explained().plot()
    cells = zip(found(picture.ax_, "value"), found(picture.ax_, "tile"), strict=True)
    clear = [(float(text.get_text()), darkness(tile)) for text, tile in cells if not text.get_text().endswith("·")]
    for sign in (1, -1):
        same = sorted((abs(mean), shade) for mean, shade in clear if mean * sign > 0)
        assert len(same) > 1
        assert [shade for _, shade in same] == sorted(shade for _, shade in same)


def test_the_rates_stand_beside(explained, found):
    result = explained()
    picture = result.plot()
    beside = next(ax for ax in picture.figure_.axes if ax is not picture.ax_)
    rates = audit_of().protect().by_group("selection_rate")
    assert [dot.get_xdata()[0] for dot in found(beside, "dots")] == [row.value for row in rates.rows]
    assert all(f"n={row.n}" in picture.alt for row in rates.rows)
    assert "selection rate" in picture.alt


def test_many_inputs_share_a_column_whose_sum_is_theirs(explained, found):
    result = explained(14)
    picture = result.plot()
    names = [label.get_text().replace("\n", " ") for label in picture.ax_.get_xticklabels()]
    assert len(names) == 11
    assert names[-1] == "other (4 inputs)"
    rows = result.by_feature()["Black",]
    other = sum(row.mean for name, row in rows.items() if name not in names)
    assert found(picture.ax_, "value")[10].get_text().startswith(f"{100 * other:+.1f}")


def test_many_groups_are_cut_with_a_word(explained):
    picture = explained(levels=tuple(f"g{k}" for k in range(15))).plot()
    labels = picture.figure_.axes[0].get_yticklabels()
    assert len(labels) == 13
    assert "and 3 more groups: in the table." in picture.alt


def test_small_groups_are_hidden(explained):
    picture = explained(tiny=4).plot()
    assert "tiny: suppressed: " in picture.alt
    assert "n=4" not in picture.alt


@pytest.mark.parametrize("inputs", [1, 3, 13])
def test_no_text_of_the_matrix_covers_another(explained, overlaps, inputs):
    assert overlaps(explained(max(inputs, 2), tiny=4).plot().figure_) == []


def test_given_axes_get_the_matrix_alone(explained, found):
    figure = Figure(figsize=(14, 5))
    left, right = figure.subplots(1, 2)
    picture = explained().plot(ax=right)
    assert picture.ax_ is right
    assert figure.axes == [left, right]
    assert len(found(right, "tile")) == 6
    assert "%" in right.get_yticklabels()[0].get_text()


def test_lines_of_dependence_are_the_points_of_the_table(found):
    result = fl.dependence(audit_of(), "input 0", progress=False)
    picture = result.plot()
    lines = found(picture.ax_, "line")
    assert [list(line.get_ydata()) for line in lines] == [[point.mean for point in result.of(group)] for group in result.groups]
    assert lines[0].get_linestyle() != lines[1].get_linestyle()
    assert sorted(text.get_text() for text in found(picture.ax_, "name")) == ["Black\nn=300", "white\nn=300"]
    assert all(result.write(point.mean, point.lower, point.upper) in picture.alt for point in result.rows)


def test_lines_are_thick_and_the_rug_is_drawn_where_people_are(found):
    result = fl.dependence(audit_of(), "input 0", grid=[-2, -1, 0, 1, 2, 6, 7], progress=False)
    picture = result.plot()
    thick = found(picture.ax_, "held")[0].get_ydata()
    assert [bool(np.isfinite(y)) for y in thick] == [point.held for point in result.of(("Black",))]
    assert not np.isfinite(thick[-1])
    ends = [segment[:, 0].max() for segment in found(picture.ax_, "rug")[0].get_segments()]
    assert max(ends) < 6
    assert "(few such people)" in picture.alt


def test_levels_are_dots(found):
    rng = np.random.default_rng(1)
    X = pd.DataFrame({"zip": rng.choice(["e", "n"], N), "debt": rng.normal(size=N)})
    audit = fl.audit(X, model=lambda rows: 0.3 + 0.2 * (rows["zip"] == "n"), sensitive_features={"race": np.resize(["a", "b"], N)})
    result = fl.dependence(audit, "zip", progress=False)
    picture = result.plot()
    (dots,) = found(picture.ax_, "dots-ok")
    rates = [row.value for row in audit.protect().by_group("selection_rate").rows]
    assert list(dots.get_xdata()) == pytest.approx([*rates, 0.3, 0.3, 0.5, 0.5])
    assert "zip: n:" in picture.alt
    assert result.caution.rstrip(".") in picture.alt


@pytest.mark.parametrize("levels", [("Black", "white"), tuple(f"a group with quite a long name {k}" for k in range(8))])
def test_no_text_of_dependence_covers_another(overlaps, levels):
    picture = fl.dependence(audit_of(levels=levels, tiny=4), "input 0", progress=False).plot()
    assert overlaps(picture.figure_) == []


def test_given_axes_get_the_first_attribute():
    figure = Figure(figsize=(14, 5))
    left, right = figure.subplots(1, 2)
    result = fl.dependence(audit_of(), "input 0", progress=False)
    assert result.plot(ax=right).ax_ is right
    assert not left.has_data()
    assert "justified" in right.get_xlabel()


class Other(Linear):
    name = "other"

    def attribute(self, f, Z, background, *, categorical, seed, progress):
        return super().attribute(f, Z, background, categorical=categorical, seed=seed, progress=progress) * np.array([2.0, -1.0, 1.0])


def test_compared_methods_have_a_dot_per_pair_on_equal_scales(found, overlaps):
    audit = audit_of(tiny=4)
    both = fl.compare_explanations(*(fl.explain(audit, method, rows=N, background=50, progress=False) for method in (Linear(), Other())))
    picture = both.plot()
    known = both.published().known
    dots = {(dot.get_xdata()[0], dot.get_ydata()[0]) for dot in found(picture.ax_, "dots")}
    assert dots == {(row.one.mean, row.two.mean) for row in known}
    assert picture.ax_.get_xlim() == picture.ax_.get_ylim()
    assert all(both.write(side) in picture.alt for row in known for side in (row.one, row.two))
    assert [text for text, why in overlaps(picture.figure_) if why == "leaves the page"] == []
    figure = Figure(figsize=(7, 7))
    ax = figure.subplots()
    assert both.plot(ax=ax).ax_ is ax


def test_the_rate_beside_is_said_to_be_another_quantity_than_the_score(explained):
    audit = audit_of(threshold=0.5)
    score, decision = (fl.explain(audit, Linear(), rows=N, background=50, output=output, progress=False).plot().alt for output in ("score", "decision"))
    assert "The selection rate beside it is of the decisions, another quantity than the score that is explained." in score
    assert "another quantity" not in decision
    assert "another quantity than the log-odds" in fl.explain(audit, Linear(), rows=N, background=50, output="log_odds", progress=False).plot().alt


def test_cells_of_small_groups_have_their_interval_too(found, overlaps):
    picture = fl.explain(audit_of(tiny=14, min_denominator=30), Linear(), rows=N, background=50, progress=False).plot()
    assert all(text.get_text().startswith("(") and " to " in text.get_text() for text in found(picture.ax_, "limits"))
    assert "tiny\nn=14 explained,\nfew people" in [label.get_text() for label in picture.figure_.axes[0].get_yticklabels()]
    assert "tiny, n=14 explained, few people; selection rate" in picture.alt
    assert overlaps(picture.figure_) == []


class Slight:
    name = "slight"
    method = "One value for nearly all."

    def attribute(self, f, Z, background, *, categorical, seed, progress):
        values = np.zeros(Z.shape)
        values[:, 0] = 0.0004 + 0.0001 * np.sign(Z[:, 0])
        values[:, 1] = 0.01 * np.sign(Z[:, 1])
        return values


def test_no_limit_of_a_clear_cell_is_rounded_to_0(found):
    picture = fl.explain(audit_of(), Slight(), rows=N, background=50, progress=False).plot()
    texts = [text.get_text() for text in found(picture.ax_, "value")]
    clear = [limits.get_text() for limits, value in zip(found(picture.ax_, "limits"), texts, strict=True) if value.startswith("+0.0")]
    assert len(clear) == 2
    for limits in clear:
        low, high = limits.strip("()").split(" to ")
        assert 0 < float(low) <= float(high)


def test_an_input_that_is_ignored_is_not_in_doubt(found):
    result = fl.explain(audit_of(), Slight(), rows=N, background=50, progress=False)
    picture = result.plot()
    texts = [text.get_text() for text in found(picture.ax_, "value")]
    assert texts.count("not used") == 2
    assert picture.alt.count("input 2: not used for these people.") == 2
    assert picture.alt.count(", cannot tell, allowing for all.") == 6 - 2 - len(result.supported) > 0


@pytest.fixture
def compared():
    def make(inputs=3, one=None, two=None, **more):
        audit = audit_of(inputs, **more)
        return fl.compare_explanations(*(fl.explain(audit, method, rows=N, background=50, progress=False) for method in (one or Linear(), two or Noisy(0.001))))

    return make


class Noisy(Linear):
    name = "noisy"

    def __init__(self, size):
        self.size = size

    def attribute(self, f, Z, background, *, categorical, seed, progress):
        values = super().attribute(f, Z, background, categorical=categorical, seed=seed, progress=progress)
        return values + self.size * np.random.default_rng(1).normal(size=Z.shape[1])


@pytest.mark.parametrize("inputs", [3, 12, 40])
@pytest.mark.parametrize("size", [0.0, 0.002])
def test_no_number_covers_another_or_a_dot(compared, found, overlaps, inputs, size):
    levels = tuple(f"a group with quite a long name {k}" for k in range(6))
    picture = compared(inputs, two=Noisy(size), levels=levels).plot()
    assert overlaps(picture.figure_) == []
    numbers = found(picture.ax_, "number")
    assert len(numbers) == 6
    renderer = picture.figure_.canvas.get_renderer()
    at = [picture.ax_.transData.transform((dot.get_xdata()[0], dot.get_ydata()[0])) for dot in found(picture.ax_, "dots")]
    for number in numbers:
        box = Text.get_window_extent(number, renderer)
        assert not any(box.x0 < x < box.x1 and box.y0 < y < box.y1 for x, y in at)
        assert number.arrow_patch is not None


def test_methods_that_agree_are_not_called_furthest_apart(compared):
    same, other = compared(two=Noisy(0.0)), compared(two=Noisy(0.1))
    assert "Every mean is within the other's interval. All of them:" in same.plot().alt
    assert "Furthest apart" not in same.plot().alt
    assert "Furthest apart: a mean is outside the other's interval" in other.plot().alt


def test_compared_methods_have_the_rates_of_the_groups_beside(compared, found, overlaps):
    both = compared(tiny=4)
    picture = both.plot()
    rates = [row for row in both.one.published().rates.rows if not np.isnan(row.value)]
    beside = next(ax for ax in picture.figure_.axes if ax is not picture.ax_)
    assert [dot.get_xdata()[0] for dot in found(beside, "dots")] == [row.value for row in rates]
    assert all(f"n={row.n}" in picture.alt for row in rates)
    assert "Selection rate, 95 % intervals" in picture.alt
    assert overlaps(picture.figure_) == []
    alone = both.plot(ax=Figure(figsize=(7, 7)).subplots())
    assert "Selection rate, 95 % intervals" in alone.ax_.get_xlabel().replace("\n", " ")


@pytest.mark.parametrize("feature", ["input 0", "level"])
def test_dependence_has_the_rates_of_the_groups_with_it(found, overlaps, feature):
    rng = np.random.default_rng(1)
    race = np.resize(["a", "b"], N)
    X = pd.DataFrame({"input 0": rng.normal(size=N) + (race == "b"), "level": rng.choice(["e", "n"], N)})
    audit = fl.audit(X, model=lambda rows: 1 / (1 + np.exp(-rows["input 0"])), threshold=0.5, sensitive_features={"race": race})
    picture = fl.dependence(audit, feature, progress=False).plot()
    rates = audit.protect().by_group("selection_rate").rows
    drawn = [x for ax in picture.figure_.axes for dot in found(ax, "dots") for x in dot.get_xdata()]
    assert all(row.value in drawn for row in rates)
    assert "Selection rate of these people as they are, 95 % intervals" in picture.alt
    assert "another quantity than the score" in picture.alt
    assert all(f"{row.group[0]}: {100 * row.value:.1f} %" in picture.alt for row in rates)
    assert overlaps(picture.figure_) == []


def test_attributes_that_are_not_drawn_are_named_and_not_described():
    rng = np.random.default_rng(1)
    names = ("a", "b", "c", "d", "e")
    groups = {name: rng.choice([f"{name}1", f"{name}2"], N) for name in names}
    X = pd.DataFrame({"x": rng.normal(size=N)})
    result = fl.dependence(fl.audit(X, model=lambda rows: 1 / (1 + np.exp(-rows["x"])), sensitive_features=groups), "x", progress=False)
    picture = result.plot()
    foot = " ".join(text.get_text() for text in picture.figure_.texts)
    for text in (picture.alt, foot):
        assert "By d: in the table" in text
        assert "By e: in the table" in text
    lines = picture.alt.splitlines()
    assert [line for line in lines if line.endswith(":") and line.startswith("By ")] == ["By a:", "By b:", "By c:"]
    assert not any(line.startswith("d1, n=") for line in lines)
    figure = Figure(figsize=(9, 6))
    one = result.plot(ax=figure.subplots())
    assert "By b: in the table" in one.ax_.get_xlabel().replace("\n", " ")
    assert "By b:" not in one.alt.splitlines()


def test_the_rug_is_solid_and_named(found):
    picture = fl.dependence(audit_of(), "input 0", progress=False).plot()
    rugs = found(picture.ax_, "rug")
    bars = [rug for rug in rugs if rug.get_gid() == "rug"]
    assert [style for bar in bars for style in bar.get_linestyle()] == [(0, None)] * 2
    names = {text.get_text(): text.xy[1] for text in found(picture.ax_, "rug-name")}
    assert list(names) == ["Black", "white"]
    assert list(names.values()) == [bar.get_segments()[0][0, 1] for bar in bars]
