"""What readers see of a gap tells nothing of the people whom they may not see: not how many there are, nor what they are like."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

import fairlens as fl
from fairlens.exceptions import TooManyPredictions

MEANS = ("contribution", "lower", "upper", "share")


def score(X: pd.DataFrame) -> np.ndarray:
    return 1 / (1 + np.exp(-(X["p"] + X["q"] * X["r"]).to_numpy()))


def rows(n: int, seed: int) -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(seed).normal(size=(n, 3)), columns=list("pqr"))


def without_a_level(count: int, kind: int) -> fl.Audit:
    """Four hundred people, and a few without a value of g: of other numbers, inputs, labels and levels of h."""
    rng = np.random.default_rng(0)
    known, more = rows(400, 1), rows(count, 100 + kind) + kind
    g = np.array([*rng.choice(["a", "b"], 400), *[None] * count], object)
    h = np.array([*rng.choice(["x", "y"], 400), *(["x", "y"] * count)[kind % 2 : kind % 2 + count]])
    y = np.r_[rng.integers(0, 2, 400), np.full(count, kind % 2)]
    return fl.audit(pd.concat([known, more], ignore_index=True), y_true=y, model=score, threshold=0.5, sensitive_features={"g": g, "h": h})


def small_groups(size: int) -> fl.Audit:
    """Groups c and d have 65 people together; d is too small to show, and c would tell how small."""
    g = np.array(["a"] * 400 + ["b"] * 300 + ["c"] * (65 - size) + ["d"] * size)
    return fl.audit(rows(765, 2), model=score, threshold=0.5, sensitive_features={"g": g})


def crossed(small: int) -> fl.Audit:
    """Sizes of all levels are the same whatever `small` is; the number of b who are u is it, and too small to show."""
    g = np.array(["a"] * 500 + ["b"] * 300)
    h = np.array(["s"] * 240 + ["t"] * (220 + small) + ["u"] * (40 - small) + ["s"] * 150 + ["t"] * (150 - small) + ["u"] * small)
    return fl.audit(rows(800, 3), model=score, threshold=0.5, sensitive_features={"g": g, "h": h})


def told(answer: Any) -> Any:
    """All that is published, but for the contributions of people who are."""
    plain = answer.published().to_dict()
    gaps = plain.get("gaps", [plain])
    for gap in [*gaps, *gaps[0].get("thresholds", [])]:
        kept = [i for i, name in enumerate(gap["columns"]) if name not in MEANS and name != "feature"]
        gap["rows"] = [[row[i] for i in kept] for row in gap["rows"]]  # the order is that of the contributions
        del gap["monte_carlo_se"], gap["simultaneous"]
    return plain, [one.method for one in (answer if isinstance(answer, fl.GapTable) else [answer])]


def numbers(answer: fl.GapTable) -> list[tuple[Any, ...]]:
    return [(gap.group, gap.status, gap.n, gap.rounds, gap.predictions, gap.sampled, gap.background_n) for gap in answer.published()]


@pytest.mark.parametrize("budget", [20_000_000, 400 + 9 + 4 * 409 * 3, 400 + 9 + 4 * 200])
@pytest.mark.parametrize(("group", "metric"), [("a", "selection_rate"), ("x", "true_positive_rate"), ("a", "log_loss"), (None, "mean_score")])
def test_people_without_a_level(group, metric, budget):
    """The budget is enough for many rounds, for three, or for a sample."""
    asked = [(3, 0), (6, 1), (9, 2), (1, 3)]
    found = [fl.decompose_gap(without_a_level(*one), group, metric=metric, max_predictions=budget, progress=False) for one in asked]
    assert all(told(one) == told(found[0]) for one in found[1:])
    for one in found:
        for gap in one if group is None else [one]:
            shown = gap.published()
            assert gap.closes == gap.has_parts  # one person has none
            assert gap.predictions <= budget
            assert shown.has_parts == shown.closes == (gap.group is not fl.MISSING)
            assert (shown.sampled is not None) == (budget < 2_000 and shown.has_parts)


def test_people_without_a_level_at_many_thresholds():
    found = [fl.decompose_gap(without_a_level(*one), "a", thresholds=True, n_rounds=1, progress=False) for one in ((2, 0), (7, 1))]
    assert told(found[0]) == told(found[1])
    assert len(found[0].published().steps) == 21


@pytest.mark.parametrize("budget", [20_000_000, 765 + 4 * 765 * 3, 765 + 4 * 250, 765 + 4 * 160])
@pytest.mark.parametrize("asked", [None, ["b", "d"], ["b", "c", "d"]])
def test_groups_that_are_too_small(asked, budget):
    found = [fl.decompose_gap(small_groups(size), asked, reference="a", max_predictions=budget, progress=False) for size in (3, 5, 7)]
    assert numbers(found[0]) == numbers(found[1]) == numbers(found[2])
    shown = found[0].published().of("b")
    assert shown.has_parts
    assert (shown.sampled is not None) == (budget < 2_000)
    for table in found:
        assert table.closes
        assert table.published().closes
        assert [gap.status for gap in table.published()][1:] == ["suppressed"] * (len(table) - 1)
        assert all(gap.has_parts for gap in table)
        assert table.gaps[0].predictions <= budget


@pytest.mark.parametrize("budget", [20_000_000, 800 + 4 * 700, 800 + 4 * 500])
def test_crossings_that_are_too_small(budget):
    """The groups of both attributes are shown, and how many people are in two of them at once is not."""
    assert any(row.n is None for row in crossed(3).protect().by_group("selection_rate", by=["g", "h"]).rows)
    found = [fl.decompose_gap(crossed(small), max_predictions=budget, progress=False) for small in (3, 4, 6)]
    assert numbers(found[0]) == numbers(found[1]) == numbers(found[2])
    assert {gap.status for gap in found[0].published()} == {"ok"}
    for table in found:
        assert table.closes
        assert table.published().closes
        assert table.gaps[0].predictions <= budget
        assert all((gap.sampled is not None) == (budget < 20_000_000) for gap in table.published())


def test_a_budget_for_the_people_that_could_be_hidden():
    """The hint of the error is enough, and it is the same for all numbers of hidden people."""
    told = set()
    for count, kind in ((2, 0), (8, 1)):
        with pytest.raises(TooManyPredictions) as caught:
            fl.decompose_gap(without_a_level(count, kind), "a", max_predictions=500, progress=False)
        told.add(str(caught.value).split("Hint: max_predictions=")[1].split(",")[0])
    (needed,) = told
    gap = fl.decompose_gap(without_a_level(2, 0), "a", max_predictions=int(needed), progress=False)
    assert gap.published().sampled == (60, 400)
    assert gap.predictions <= int(needed)


def test_rounds_follow_the_people_where_nobody_is_hidden():
    g = np.array(["a"] * 400 + ["b"] * 365)
    gap = fl.decompose_gap(fl.audit(rows(765, 2), model=score, threshold=0.5, sensitive_features={"g": g}), "a", output="score", progress=False)
    assert gap.rounds < 10
    assert fl.decompose_gap(without_a_level(3, 0), "a", output="score", progress=False).rounds == 10
