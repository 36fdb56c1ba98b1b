"""Beeswarms: dots that stand for people, and never for one unless somebody asked for the internal profile."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

import fairlens as fl
from fairlens.exceptions import BadValue, RowsNotHeld, WrongKind
from fairlens.explanations import Swarm
from fairlens.plots import Picture
from fairlens.plots._beeswarm import dodge
from fairlens.plots._swarms import shade

N = 600
ZIPS = ["east", "north", "south"]


class Linear:
    name = "linear"
    method = "A straight line."

    def attribute(self, f, Z, background, *, categorical, seed, progress):
        return (Z - np.nanmean(background, axis=0)) * np.array([0.1, -0.05, *[0.01] * (Z.shape[1] - 2)])


def people(tiny=0, inputs=2, levels=("Asian", "Black", "white")):
    rng = np.random.default_rng(2)
    race = np.resize(np.array(levels, dtype=object), N)
    race[:tiny] = "tiny"
    X = pd.DataFrame({"income": rng.normal(size=N) - (race == "Black"), "zip": rng.choice(ZIPS, N, p=[0.2, 0.5, 0.3])})
    for j in range(inputs - 2):
        X[f"input {j}"] = rng.normal(size=N) / (j + 1)
    return X, pd.DataFrame({"race": race, "sex": rng.choice(["f", "m"], N)})


def score(rows):
    return (1 / (1 + np.exp(-rows["income"]))).to_numpy()


def explained(tiny=0, inputs=2, by="race", levels=("Asian", "Black", "white"), data=None, **more):
    X, groups = people(tiny, inputs, levels) if data is None else data
    audit_more = {key: more.pop(key) for key in ("suppress_below", "sample_weight", "words") if key in more}
    audit = fl.audit(X, model=score, sensitive_features=groups, threshold=0.5, **audit_more)
    at = more.pop("at", None)
    asked = {"rows": N, "background": people()[0][:60] if inputs == 2 else 60, "keep_values": True, "progress": False, **more}
    return fl.explain(audit if at is None else audit.at(at), Linear(), by=by, **asked)


def by_hand(contributions, least):
    """Means of neighbours, at least so many together, in blocks whose sizes differ by one at most."""
    ordered, count = sorted(contributions), len(contributions) // least
    sizes = [len(ordered) // count + (k < len(ordered) % count) for k in range(count)]
    starts = np.cumsum([0, *sizes])
    return [float(np.mean(ordered[start : start + size])) for start, size in zip(starts, sizes, strict=False)], sizes


def drawn(picture):
    """Every dot: place in pixels, the radius that it covers, its number."""
    FigureCanvasAgg(picture.figure_)
    found = []
    for dots in (one for one in picture.ax_.collections if one.get_gid() == "dots"):
        reach = np.hypot(*dots.get_paths()[0].vertices.T).max()
        for (x, y), size in zip(dots.get_offsets(), np.resize(dots.get_sizes(), len(dots.get_offsets())), strict=True):
            found.append((*picture.ax_.transData.transform((x, y)), reach * np.sqrt(size) * picture.figure_.dpi / 72, x))
    return np.array(found)


def covered(picture):
    places = drawn(picture)
    away = np.hypot(*(places[:, None, :2] - places[None, :, :2]).transpose(2, 0, 1))
    need = places[:, None, 2] + places[None, :, 2]
    return int(((away < need - 1e-6) & ~np.eye(len(places), dtype=bool)).sum())


@pytest.mark.parametrize("rows", [35, 109, N])
def test_dots_are_means_of_neighbours_by_hand(rows):
    values = explained(rows=rows).values
    frame = values.swarm().to_frame()
    for group in values.members:
        for j, name in enumerate(("income", "zip")):
            some = frame[(frame["race"] == group[0]) & (frame["feature"] == name)]
            means, sizes = by_hand(values.of(group)[:, j].astype(float), 10)
            assert some["contribution"].to_numpy() == pytest.approx(means, abs=1e-12)
            assert some["people"].tolist() == sizes
    in_picture = drawn(values.plot())[:, 3]
    assert sorted(in_picture) == pytest.approx(sorted(frame["contribution"]))


@pytest.mark.parametrize("floor", [0, 1, 5, 17, 60])
def test_no_dot_is_of_fewer_people_than_the_floor(floor):
    values = explained(suppress_below=floor).values
    frame = values.swarm().to_frame()
    assert frame["people"].min() >= max(floor, 2)
    total = frame.groupby(["race", "feature"])["people"].agg(["sum", "min", "max", "size"])
    assert (total["sum"] == 200).all()
    assert (total["max"] - total["min"] <= 1).all()
    assert (total["size"] <= 40).all()
    single = values.contributions.astype(float)
    assert not np.isclose(frame.loc[frame["feature"] == "income", "contribution"].to_numpy()[:, None], single[:, 0], atol=1e-12).any()


def test_a_short_rest_joins_the_others():
    found = explained(levels=["Black"] * 22 + ["white"] * 278 + ["Asian"] * 300, rows=29).values.swarm()
    assert {group[0]: one["income"].people.tolist() for group, one in found.dots.items()} == {"Asian": [10] * 3, "Black": [11] * 2, "white": [10] * 3}


def test_suppressed_groups_are_named_and_nothing_else():
    """Whatever the people of a suppressed group are like, the picture and everything behind it stay the same."""
    X, groups = people(tiny=4)
    other = X.copy()
    hidden = groups["race"].isin(["tiny", "Asian"])
    other.loc[hidden, "income"] = np.where(X.loc[hidden, "income"] > 0, 50.0, -50.0)
    shown = [explained(data=data) for data in ((X, groups), (other, groups))]
    assert {row.group for row in shown[0].published().rows if row.status == "suppressed"} == {("Asian",), ("tiny",)}
    one, two = (found.values.swarm() for found in shown)
    pd.testing.assert_frame_equal(one.to_frame(), two.to_frame())
    assert set(one.to_frame()["race"]) == {"Black", "white"}
    assert set(one.dots) == {("Black",), ("white",)}
    pictures = [swarm.plot() for swarm in (one, two)]
    assert pictures[0].alt == pictures[1].alt
    assert pictures[0].png() == pictures[1].png()
    about = [line for line in pictures[0].alt.splitlines() if "tiny" in line or "Asian" in line]
    assert len(about) == 1
    assert "Not drawn (suppressed: fewer than 10 people, or needed to hide such a group): Asian, tiny." in about[0]
    labels = [label.get_text().splitlines()[0] for label in pictures[0].ax_.get_yticklabels()]
    assert labels == ["Black", "white"] * 2
    assert one.to_dict() == two.to_dict()


def test_people_without_a_level_are_in_no_dot():
    X, groups = people()
    groups.loc[:5, "race"] = None
    values = explained(data=(X, groups), by=None).values
    swarm = values.swarm()
    assert (fl.MISSING, fl.ALL) not in swarm.dots
    frame = swarm.to_frame()
    for sex in ("f", "m"):
        some = frame[(frame["sex"] == sex) & (frame["feature"] == "income")]
        kept = groups["race"].notna() & (groups["sex"] == sex)
        assert some["people"].sum() == kept.sum() < (groups["sex"] == sex).sum()
        mean = float((some["people"] * some["contribution"]).sum() / some["people"].sum())
        assert swarm.rows_of((fl.ALL, sex))["income"].mean == pytest.approx(mean, abs=1e-6)
    inside = values.swarm("internal").to_frame()
    assert len(inside[(inside["sex"] == "f") & (inside["feature"] == "income")]) == (groups["sex"] == "f").sum()


def test_internal_has_a_dot_per_person_and_says_so():
    found = explained(tiny=4)
    swarm = found.values.swarm("internal")
    frame = swarm.to_frame()
    assert len(frame) == N * 2
    assert set(frame["people"]) == {1}
    tiny = frame[(frame["race"] == "tiny") & (frame["feature"] == "income")]
    assert tiny["contribution"].tolist() == sorted(found.values.of(("tiny",))[:, 0].astype(float))
    picture = found.values.plot(profile="internal")
    banner = "Internal: nothing is suppressed in this document; small groups of people can be recognised."
    assert picture.alt.splitlines()[0] == banner
    assert picture.figure_.texts[0].get_text().replace("\n", " ").startswith(banner)
    assert repr(swarm).startswith(banner)
    assert banner in swarm.html()
    assert swarm.to_dict()["banner"] == banner
    assert len(drawn(picture)) == N * 2
    assert any("tiny, n=4 explained, few people" in line for line in picture.alt.splitlines())
    assert "Each dot is one person." in picture.alt
    rates = next(ax for ax in picture.figure_.axes if ax is not picture.ax_)
    assert "tiny\nn=4" in [label.get_text() for label in rates.get_yticklabels()]
    plain = found.values.plot()
    assert "Internal" not in plain.alt
    assert "one person" in plain.alt
    figure = Figure(figsize=(12, 9))
    ax = figure.subplots()
    found.values.plot(ax, "internal")
    assert ax.get_title(loc="left").replace("\n", " ").startswith(banner)


@pytest.mark.parametrize("profile", ["restricted", "internal"])
def test_no_dot_covers_another(profile):
    values = explained(inputs=4).values
    assert covered(values.plot(profile=profile)) == 0
    figure = Figure(figsize=(7, 4))
    assert covered(values.plot(figure.subplots(), profile)) == 0


def test_dodging_moves_no_more_than_it_must():
    rng = np.random.default_rng(0)
    for places in (rng.normal(size=80), np.round(rng.normal(size=80)), np.zeros(7), np.array([3.0]), np.arange(5.0)):
        moved = dodge(places, 0.3)
        away = np.hypot(places[:, None] - places, moved[:, None] - moved) + np.eye(len(places))
        assert away.min() >= 0.3 - 1e-6
    assert sorted(dodge(np.zeros(5), 1.0)) == [-2, -1, 0, 1, 2]
    assert dodge(np.arange(5.0), 0.9).tolist() == [0.0] * 5
    assert dodge(np.array([0.0, 0.6]), 1.0) == pytest.approx([0, 0.8])


def test_numbers_are_coloured_by_rank_and_outliers_do_not_flatten_them():
    X, groups = people()
    X["income"] = np.arange(N, dtype=float)
    first = explained(data=(X, groups)).values.swarm().dots[("Black",)]["income"]
    X.loc[N - 1, "income"] = 1e6
    other = explained(data=(X, groups)).values.swarm().dots[("Black",)]["income"]
    black = np.flatnonzero(groups["race"] == "Black") / (N - 1)
    assert first.ranks == pytest.approx([block.mean() for block in np.split(black, 20)])
    assert other.ranks == pytest.approx(first.ranks)
    lightness = [np.dot(to_rgb(shade(rank)), (0.299, 0.587, 0.114)) for rank in np.linspace(0, 1, 30)]
    assert (np.diff(lightness) < 0).all()
    X["income"] = 3.0
    assert set(explained(data=(X, groups)).values.swarm().dots[("Black",)]["income"].ranks) == {0.5}


def test_a_dot_has_a_level_only_if_all_its_people_have():
    values = explained().values
    dots = values.swarm().dots[("white",)]["zip"]
    _, groups = people()
    zips = sorted(people()[0].loc[groups["race"] == "white", "zip"], reverse=True)  # contributions fall with the code
    blocks = [set(zips[start : start + 10]) for start in range(0, 200, 10)]
    assert list(dots.levels) == [next(iter(block)) if len(block) == 1 else None for block in blocks]
    assert None in dots.levels
    assert np.isnan(dots.ranks).all()
    text = values.plot().alt
    assert f"north: {dots.levels.count('north')} from " in text
    assert f"several levels, or none: {dots.levels.count(None)} from " in text


def test_a_dot_with_a_missing_value_has_no_colour():
    X, groups = people(inputs=3)
    X.loc[::40, "input 0"] = np.nan

    class Filled(Linear):
        def attribute(self, f, Z, background, *, categorical, seed, progress):
            return super().attribute(f, np.nan_to_num(Z), background, categorical=categorical, seed=seed, progress=progress)

    audit = fl.audit(X, model=score, sensitive_features=groups, threshold=0.5)
    values = fl.explain(audit, Filled(), by="race", rows=N, keep_values=True, progress=False).values
    for group, found in values.swarm().dots.items():
        order = np.argsort(values.of(group)[:, 2], kind="stable")
        missing = [np.isnan(values.inputs[values.members[group]][block, 2]).any() for block in np.split(order, 20)]
        assert np.isnan(found["input 0"].ranks).tolist() == missing
        assert 0 < sum(missing) < 20
    assert "no value for some: " in values.plot().alt


def test_levels_of_few_people_are_not_named():
    X, groups = people()
    X.loc[:3, "zip"] = "a lonely farm"
    values = explained(data=(X, groups)).values
    told = repr(values.swarm().to_dict()) + values.plot().alt + values.swarm().html() + repr(values.swarm())
    assert "lonely" not in told
    assert "lonely" in repr(values.swarm("internal").to_dict())


def test_the_rates_stand_beside_and_the_means_are_those_of_the_explanation(found):
    result = explained()
    picture = result.values.plot()
    beside = next(ax for ax in picture.figure_.axes if ax is not picture.ax_)
    rates = result.published().rates.rows
    assert [x for dots in found(beside, "dots-ok") for x in dots.get_xdata()] == [row.value for row in rates]
    assert all(f"{row.group[0]}: {100 * row.value:.1f} % (" in picture.alt for row in rates)
    known = result.by_feature()
    means = {dot.get_xdata()[0] for dot in found(picture.ax_, "means")}
    assert means == {row.mean for group in known for row in known[group].values()}
    row = known[("Black",)]["income"]
    assert f"Black, n=200 explained, mean {100 * row.mean:+.1f} ({100 * row.lower:+.1f} to {100 * row.upper:+.1f}); 20 dots from " in picture.alt
    ends = [segment[:, 0].tolist() for bars in found(picture.ax_, "intervals") for segment in bars.get_segments()]
    assert [row.lower, row.upper] in ends
    assert "values rise with the contribution" in picture.alt
    assert picture.alt.splitlines()[0] == result.sentence
    assert picture.alt.splitlines()[1] == result.caution
    assert "each by itself" in picture.alt


def test_the_largest_inputs_and_groups_are_drawn_and_the_rest_counted():
    result = explained(inputs=11, levels=["a"] * 5 + ["b"] * 4 + ["c"] * 3 + ["d"] * 2 + ["e"], rows=30)
    picture = result.values.plot()
    lines = picture.alt.splitlines()
    sections = [line.rstrip(":") for line in lines if line.endswith(":") and "intervals" not in line]
    size = {name: max(row.mean_abs for row in result.rows if row.feature == name and row.group != ("e",)) for name in result.features}
    assert sections == sorted(size, key=lambda name: -size[name])[:8]
    assert "In the table only: 1 more group and 3 more inputs." in picture.alt
    assert not any(line.startswith("e, ") for line in lines)
    assert " e " not in lines[0]
    assert {row["race"] for row in result.values.swarm().to_frame().to_dict("records")} == set("abcde")


def test_dots_stand_for_more_where_there_are_very_many():
    X, groups = (pd.concat([part] * 4, ignore_index=True) for part in people())
    found = explained(data=(X, groups), rows=4 * N).values.swarm()
    assert found.to_frame().groupby(["race", "feature"]).size().tolist() == [40] * 6
    assert "Each dot is the mean of 20 people of a group" in found.told


@pytest.mark.parametrize("profile", ["restricted", "internal"])
@pytest.mark.parametrize("levels", [("Asian", "Black"), ("people of a group with a long name", "people of another group with a very long name indeed")])
def test_no_text_covers_another(overlaps, levels, profile):
    assert overlaps(explained(tiny=4, inputs=4, levels=levels).values.plot(profile=profile).figure_) == []


def test_given_axes_get_the_dots_and_the_rates_in_words():
    figure = Figure(figsize=(14, 6))
    left, right = figure.subplots(1, 2)
    result = explained()
    picture = result.values.plot(right)
    assert (picture.ax_, picture.owned) == (right, False)
    assert not left.has_data()
    assert [label.get_text() for label in right.get_yticklabels()] == ["Asian, n=200", "Black, n=200", "white, n=200"] * 2
    words = right.get_xlabel().replace("\n", " ")
    assert f"Black: {100 * result.published().rates.rows[1].value:.1f} % (" in words
    assert result.caution in words
    with pytest.raises(WrongKind, match="matplotlib axes"):
        result.values.plot("here")


def test_where_nobody_may_be_shown_the_reason_is():
    result = explained(output="decision", at=0.37)
    swarm = result.values.swarm()
    assert len(swarm.to_frame()) == 0
    picture = swarm.plot()
    assert "readers see decisions at declared thresholds only" in picture.alt
    assert "n=" not in picture.alt
    assert len(result.values.swarm("internal").to_frame()) == N * 2


def test_weights_are_not_in_the_dots_and_that_is_said():
    X, groups = people()
    weight = np.where(np.arange(N) % 2, 3.0, 1.0)
    result = explained(data=(X, groups), sample_weight=weight)
    frame = result.values.swarm().to_frame()
    some = frame[(frame["race"] == "Black") & (frame["feature"] == "income")]
    assert some["contribution"].mean() == pytest.approx(result.values.of(("Black",))[:, 0].mean(), abs=1e-6)
    assert some["contribution"].mean() != pytest.approx(result.by_feature()[("Black",)]["income"].mean, abs=1e-3)
    assert "Weights count in the means with intervals, not in the dots." in result.values.plot().alt


def test_is_a_result_like_others():
    swarm = explained().values.swarm()
    assert isinstance(swarm, Swarm)
    assert isinstance(swarm.plot(), Picture)
    assert swarm.published() is swarm
    told = json.loads(json.dumps(swarm.to_dict()))
    assert (told["kind"], told["profile"], told["least"], told["banner"]) == ("Swarm", "restricted", 10, "")
    assert len(told["rows"]) == len(swarm.to_frame()) == 120
    assert swarm.caution in repr(swarm)
    assert swarm.caution in swarm.html()
    row = swarm.rows_of(("Black",))["income"]
    assert f"{100 * row.mean:+.1f} (" in swarm.html()
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(swarm)).to_frame(), swarm.to_frame())


def test_values_stay_with_those_who_asked_for_them():
    result = explained()
    one = float(result.values.contributions[7, 0])
    shown = result.published()
    assert shown.values is None
    assert result.values.contributions.tobytes() in pickle.dumps(result)
    for kept in (shown, result.values.swarm()):
        assert result.values.contributions[:, 0].tobytes() not in pickle.dumps(kept)
        assert np.float32(one).tobytes() not in pickle.dumps(kept)
        assert np.float64(one).tobytes() not in pickle.dumps(kept)
    for text in (repr(result), repr(result.values), result._repr_html_(), str(result.to_dict()), str(result.values.swarm().to_dict())):
        assert repr(one) not in text


def test_what_was_not_kept_cannot_be_drawn():
    result = explained(keep_values=False)
    assert result.values is None
    for found in (result, explained().published()):
        with pytest.raises(RowsNotHeld, match=r"Hint: fl\.explain\(audit, keep_values=True\)\.plot_values\(\)"):
            found.plot_values()
    kept = explained()
    assert kept.plot_values().alt == kept.values.plot().alt
    assert kept.plot_values(profile="internal").alt.startswith("Internal")


def test_an_unknown_profile_is_refused():
    with pytest.raises(BadValue, match="restricted, internal") as caught:
        explained().values.plot(profile="public")
    assert "\nHint: explained.values.plot(" in str(caught.value)
