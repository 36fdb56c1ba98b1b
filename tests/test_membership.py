"""Groups known as probabilities: every engine, every wrong table, and what assigning by a threshold does."""

import warnings

import numpy as np
import pandas as pd
import pytest

import fairlens as fl
from fairlens.exceptions import (
    BadValue,
    EmptyData,
    FairlensError,
    MissingValues,
    OutOfRange,
    ReservedLevel,
    RoleNeeded,
    ShapesDiffer,
    WrongKind,
)
from fairlens.stats import membership_bounds

SHARES = {"Black": [0.7, 0.1, 0.25], "white": [0.2, 0.9, 0.25], "other": [0.1, 0.0, 0.5]}


def test_every_engine_gives_the_same(frame):
    made = fl.membership(frame(SHARES), name="race")
    assert made.levels == ("Black", "white", "other")
    assert made.probabilities == pytest.approx(np.array(list(SHARES.values())).T)
    assert (len(made), made.name, made.probabilities.dtype) == (3, "race", np.float64)


def test_columns_and_arrays():
    array = np.array(list(SHARES.values())).T
    for made in (fl.membership(SHARES), fl.membership(array, levels=list(SHARES)), fl.membership(fl.membership(SHARES))):
        assert made.levels == tuple(SHARES)
        assert made.probabilities == pytest.approx(array)
        assert made.index is None
    assert fl.membership(pd.DataFrame({1: [0.5], 2: [0.5]}).rename(columns=str)).levels == ("1", "2")
    whole = fl.membership({"a": [1, 0], "b": [0, 1]})
    assert whole.probabilities.tolist() == [[1, 0], [0, 1]]


def test_what_came_in_is_neither_changed_nor_changeable():
    given = pd.DataFrame(SHARES, index=[7, 8, 9])
    made = fl.membership(given)
    assert made.index.tolist() == [7, 8, 9]
    with pytest.raises(ValueError, match="read-only"):
        made.probabilities[0, 0] = 1
    assert given.equals(pd.DataFrame(SHARES, index=[7, 8, 9]))


def test_a_rounding_error_is_mended():
    made = fl.membership({"a": [0.3333333, -1e-9], "b": [0.6666666, 1 + 1e-9]})
    assert (made.probabilities.sum(axis=1) == 1).all()
    assert (made.probabilities >= 0).all()


@pytest.mark.parametrize(
    ("table", "error", "said"),
    [
        ({"a": [0.5, 0.4], "b": [0.5, 0.5]}, OutOfRange, "do not add up to 1: 1 of 2"),
        ({"a": [50.0, 40], "b": [50.0, 60]}, OutOfRange, "outside 0 to 1 for 2 of 2 people"),
        ({"a": [1.5, 0.5], "b": [-0.5, 0.5]}, OutOfRange, "outside 0 to 1 for 1 of 2"),
        ({"a": [0.5, None], "b": [0.5, 0.5]}, MissingValues, "missing probabilities for 1 of 2"),
        ({"a": [0.5, np.nan], "b": [0.5, pd.NA]}, MissingValues, "missing probabilities for 1 of 2"),
        ({"a": [0.5, np.inf], "b": [0.5, 0.5]}, OutOfRange, "outside 0 to 1"),
        ({"a": [1.0, 1.0]}, BadValue, "two or more"),
        ({}, BadValue, "two or more"),
        ({"a": [], "b": []}, EmptyData, "no rows"),
        ({"a": [0.5], "b": [0.5, 0.5]}, ShapesDiffer, "columns of 1, 2 values"),
        ({"a": ["x"], "b": [0.5]}, WrongKind, "column 'a' that holds"),
        ({"a": ["0.5"], "b": [0.5]}, WrongKind, "column 'a' that holds"),
        ({"(missing)": [0.5], "b": [0.5]}, ReservedLevel, "(missing)"),
        ({1: [0.5], "1": [0.5]}, BadValue, "read alike"),
    ],
)
def test_wrong_tables(table, error, said):
    with pytest.raises(error) as caught:
        fl.membership(table)
    assert said in str(caught.value)
    assert "Hint: " in str(caught.value)


@pytest.mark.parametrize("kind", [pd.DataFrame, lambda columns: pd.DataFrame(columns).convert_dtypes()], ids=["floats", "nullable"])
def test_wrong_frames(kind):
    with pytest.raises(MissingValues, match="1 of 2"):
        fl.membership(kind({"a": [0.5, None], "b": [0.5, 0.5]}))
    with pytest.raises(WrongKind, match="'name' that holds"):
        fl.membership(kind({"name": ["x", "y"], "a": [0.5, 0.5], "b": [0.5, 0.5]}))


@pytest.mark.parametrize(
    ("given", "levels", "error"),
    [
        (np.full((2, 2), 0.5), None, RoleNeeded),
        (np.full((2, 2), 0.5), ["a", "b", "c"], ShapesDiffer),
        (np.full(2, 0.5), ["a", "b"], ShapesDiffer),
        (np.array([["x", "y"]]), ["a", "b"], ShapesDiffer),
        (np.full((2, 2), 0.5), ["a", "a"], BadValue),
        ("race", None, WrongKind),
        (3, None, WrongKind),
        (pd.DataFrame(np.full((2, 2), 0.5), columns=["a", "a"]), None, FairlensError),
    ],
)
def test_what_is_no_table(given, levels, error):
    with pytest.raises(error, match="Hint: "):
        fl.membership(given, levels=levels)


def test_the_hint_for_rows_that_do_not_add_up_works():
    counts = pd.DataFrame({"a": [30, 1], "b": [10, 3]})
    with pytest.raises(OutOfRange) as caught:
        fl.membership(counts)
    made = eval(str(caught.value).split("Hint: ")[1].split(" for ")[0], {"fl": fl, "frame": counts})
    assert made.probabilities.tolist() == [[0.75, 0.25], [0.25, 0.75]]


def test_it_prints_no_person():
    assert repr(fl.membership(SHARES, name="race")) == "Membership(race: Black, white, other; 3 people)"


def test_classes_keep_the_expected_numbers():
    rng = np.random.default_rng(0)
    made = fl.membership(rng.dirichlet(np.ones(3), 500), levels=["a", "b", "c"])
    for decimals, most in ((2, 500), (1, 150), (0, 7)):
        shares, place = made.classes(decimals)
        assert len(shares) <= most
        assert shares.sum(axis=1) == pytest.approx(np.ones(len(shares)))
        assert (shares * np.bincount(place)[:, None]).sum(axis=0) == pytest.approx(made.probabilities.sum(axis=0))
        assert np.abs(made.probabilities - shares[place]).max() <= 10.0**-decimals + 1e-9


def test_certain_and_nearly_certain_people_are_of_different_classes():
    made = fl.membership({"a": [1.0, 0.999, 0.0, 0.001], "b": [0.0, 0.001, 1.0, 0.999]})
    assert sorted(made.classes(1)[1].tolist()) == [0, 1, 2, 3]


def test_thresholded_groups_warn_and_say_what_to_do_instead():
    made = fl.membership(pd.DataFrame(SHARES, index=[7, 8, 9]), name="race")
    with pytest.warns(fl.ThresholdedMembership, match=r"bias(.|\n)*FAccT 2019(.|\n)*Hint: fl.audit"):
        found = made.thresholded()
    assert found.to_dict() == {7: "Black", 8: "white", 9: "other"}
    assert found.name == "race"
    with pytest.warns(fl.ThresholdedMembership) as caught:
        assert fl.membership(SHARES).thresholded(0.8) == [fl.MISSING, "white", fl.MISSING]
    assert caught[0].filename == __file__
    with pytest.warns(fl.ThresholdedMembership):
        assert fl.membership({"a": [0.5], "b": [0.5]}).thresholded(0.5) == [fl.MISSING]


@pytest.mark.parametrize("cutoff", [0, 1.1, "half", True, None])
def test_a_cutoff_is_a_probability(cutoff):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fl.ThresholdedMembership)
        with pytest.raises(OutOfRange, match="Hint: who.thresholded"):
            fl.membership(SHARES).thresholded(cutoff)


def test_fractions_are_right_where_a_threshold_is_biased():
    """Decision and group depend on where people live, and on each other only by that: a threshold picks people of few places."""
    rng = np.random.default_rng(3)
    chance = rng.choice([0.05, 0.2, 0.45, 0.7, 0.95], 60_000)
    group = rng.random(len(chance)) < chance
    decided = rng.random(len(chance)) < 0.2 + 0.6 * chance
    truth = decided[group].mean() - decided[~group].mean()
    made = fl.membership({"b": chance, "w": 1 - chance}, name="race")
    p = made.probabilities
    fractions = (p * decided[:, None]).sum(axis=0) / p.sum(axis=0)
    assert fractions[0] - fractions[1] == pytest.approx(truth, abs=0.01)
    with pytest.warns(fl.ThresholdedMembership):
        assigned = np.array(made.thresholded(0.8))
    biased = decided[assigned == "b"].mean() - decided[assigned == "w"].mean()
    assert biased - truth > 0.1
    shares, place = made.classes()
    lower, upper = membership_bounds(shares, np.bincount(place, decided), np.bincount(place))
    assert lower[0] <= decided[group].mean() <= upper[0]
    assert lower[1] <= decided[~group].mean() <= upper[1]
