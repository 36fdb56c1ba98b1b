"""A cube is a commutative sum of people: the laws that everything else stands on."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlens import MISSING, Cube, Spec, tally
from fairlens._cube import distinct
from fairlens._levels import sort_levels
from fairlens.exceptions import BadValue, CubesDiffer, LevelNotFound, WrongKind

SPEC = Spec(("sex", "age"), y_true="y", y_pred="p", y_score="s", declared=(0.333,), threshold=0.333)
ROW = st.tuples(
    st.sampled_from(["f", "m", None]),
    st.integers(0, 3),
    st.sampled_from([0.0, 1.0, None]),
    st.integers(0, 1),
    st.floats(0, 1, width=32),
)
ROWS = st.lists(ROW, min_size=1, max_size=30)
AXES = st.lists(st.sampled_from(["sex", "age", "y_true", "score_bin", "y_pred"]), unique=True)


def frame_of(rows: list[Any]) -> pd.DataFrame:
    labelled = [(*row[:2], 0.0 if i == 0 else row[2], *row[3:]) for i, row in enumerate(rows)]
    return pd.DataFrame(labelled, columns=["sex", "age", "y", "p", "s"]).astype({"y": float})


def cube_of(rows: list[Any]) -> Cube:
    return tally(frame_of(rows), SPEC)


def assert_same(one: Cube, two: Cube, relative: float = 1e-12) -> None:
    assert (one.axes, one.levels, list(one.sums)) == (two.axes, two.levels, list(two.sums))
    np.testing.assert_array_equal(one.codes, two.codes)
    np.testing.assert_array_equal(one.sums["n"], two.sums["n"])
    for name in one.sums:
        np.testing.assert_allclose(one.sums[name], two.sums[name], rtol=relative, atol=1e-15)


laws = settings(max_examples=40, deadline=None, database=None, derandomize=True)


@laws
@given(ROWS, ROWS)
def test_addition_is_commutative(one, two):
    assert_same(cube_of(one) + cube_of(two), cube_of(two) + cube_of(one))


@laws
@given(ROWS, ROWS, ROWS)
def test_addition_is_associative(one, two, three):
    a, b, c = cube_of(one), cube_of(two), cube_of(three)
    assert_same((a + b) + c, a + (b + c))


@laws
@given(ROWS, ROWS, AXES)
def test_rollup_commutes_with_addition(one, two, axes):
    a, b = cube_of(one), cube_of(two)
    assert_same((a + b).rollup(axes), a.rollup(axes) + b.rollup(axes))


@laws
@given(ROWS, AXES, AXES)
def test_rollup_keeps_everybody_and_rolls_up_in_steps(rows, first, second):
    cube = cube_of(rows)
    assert cube.rollup(first).n == cube.n == len(rows)
    inner = [axis for axis in second if axis in first]
    assert_same(cube.rollup(first).rollup(inner), cube.rollup(inner))


@laws
@given(ROWS, st.randoms(use_true_random=False))
def test_order_of_rows_is_irrelevant(rows, random):
    frame = frame_of(rows)
    shuffled = list(range(len(frame)))
    random.shuffle(shuffled)
    assert_same(tally(frame, SPEC), tally(frame.iloc[shuffled], SPEC))


@laws
@given(ROWS, st.integers(0, 30))
def test_chunks_are_irrelevant(rows, cut):
    frame = frame_of(rows)
    whole = tally(frame, SPEC)
    first, second = frame.iloc[:cut], frame.iloc[cut:]
    parts = [tally(part, SPEC) for part in (first, second) if part["y"].notna().any()]
    left = sum(len(part) for part in (first, second) if not part["y"].notna().any())
    added = parts[0] if len(parts) == 1 else parts[0] + parts[1]
    assert added.n == whole.n - left
    if left == 0:
        assert_same(whole, added)


@laws
@given(ROWS)
def test_round_trip_through_json_is_exact(rows):
    cube = cube_of(rows)
    back = Cube.from_dict(json.loads(json.dumps(cube.to_dict())))
    assert back == cube
    assert back.spec == cube.spec


@laws
@given(ROWS, st.sampled_from(["f", "m", MISSING]))
def test_where_and_dense_agree_with_the_rows(rows, sex):
    cube, frame = cube_of(rows), frame_of(rows)
    wanted = frame[frame["sex"].isna() if sex == MISSING else frame["sex"] == sex]
    if len(wanted) == 0:
        with pytest.raises(LevelNotFound):
            cube.where(sex=sex)
        return
    kept = cube.where(sex=sex)
    assert kept.n == len(wanted)
    assert kept.levels_of("sex") == (sex,)
    table = kept.rollup(["age", "y_pred"])
    counted = wanted.groupby(["age", "p"]).size()
    for i, age in enumerate(table.levels_of("age")):
        for j, decision in enumerate(table.levels_of("y_pred")):
            assert table.dense()[i, j] == counted.get((age, decision), 0)
    assert cube.rollup([]).dense() == len(frame)
    assert cube.rollup([]).dense("score") == pytest.approx(frame["s"].sum())


def test_levels_come_in_one_order_and_missing_last():
    data = pd.DataFrame({"g": pd.Series(["b", None, "10", 2, 11, "a", True, False, 0.5], dtype=object), "p": [0, 1] * 4 + [1]})
    assert tally(data, Spec(("g",), y_pred="p")).levels_of("g") == (False, True, 0.5, 2, 11, "10", "a", "b", MISSING)


def test_whole_numbers_of_any_size_are_levels():
    data = pd.DataFrame({"g": pd.Series([10**30 + 1, 1, 10**30], dtype=object), "p": [0, 1, 1]})
    assert tally(data, Spec(("g",), y_pred="p")).levels_of("g") == (1, 10**30, 10**30 + 1)
    assert sort_levels([10**400, 2.5, -(10**400), True]) == (True, -(10**400), 2.5, 10**400)


def test_several_levels_of_where_are_added():
    cube = tally(pd.DataFrame({"g": list("aabbc"), "p": [0, 1, 1, 1, 0]}), Spec(("g",), y_pred="p"))
    assert cube.where(g=["a", "c"]).rollup(["g"]).dense().tolist() == [2, 1]
    assert cube.where(g=np.array(["a", "c"])) == cube.where(g=["c", "a"])
    assert cube.where(y_pred=np.int64(1)).n == 3


@pytest.mark.parametrize("wanted", [None, [], {"a"}, object()])
def test_where_refuses_what_is_no_level(wanted):
    cube = tally(pd.DataFrame({"g": ["a"], "p": [1]}), Spec(("g",), y_pred="p"))
    with pytest.raises(WrongKind, match="where"):
        cube.where(g=wanted)


def test_rollup_names_an_axis_once():
    cube = tally(pd.DataFrame({"g": ["a", "b"], "p": [1, 0]}), Spec(("g",), y_pred="p"))
    assert cube.rollup(["g", "g"]).axes == ("g",)


def test_sums_cannot_be_written():
    cube = tally(pd.DataFrame({"g": ["a"], "p": [1]}), Spec(("g",), y_pred="p"))
    with pytest.raises(ValueError, match="read-only"):
        cube.sums["n"][0] = 5
    with pytest.raises(ValueError, match="read-only"):
        cube.codes[0, 0] = 5


DIFFERING = [
    ({"sensitive_features": ("sex",)}, "axes"),
    ({"pos_label": 0}, "pos_label"),
    ({"pos_pred": 0}, "pos_pred"),
    ({"favorable": 1}, "favorable"),
    ({"threshold": 0.5}, "threshold"),
    ({"score_range": (0.0, 2.0)}, "score_range"),
    ({"score_kind": "integer", "y_score": "i"}, "score_kind"),
    ({"bins": (("age", (2.0,)),)}, "bins"),
    ({"suppress_below": 5}, "suppress_below"),
    ({"min_denominator": 5}, "min_denominator"),
]


@pytest.mark.parametrize(("changes", "named"), DIFFERING, ids=[named for _, named in DIFFERING])
def test_cubes_that_read_rows_differently_are_not_added(changes, named):
    frame = frame_of([("f", 1, 0.0, 1, 0.25), ("m", 2, 1.0, 0, 0.5)]).assign(i=[1, 2])
    one, two = tally(frame, SPEC), tally(frame, SPEC.replace(**changes))
    for first, second in ((one, two), (two, one)):
        with pytest.raises(CubesDiffer, match=named) as caught:
            first + second
        assert str(caught.value).splitlines()[-1].startswith("Hint: ")


def test_a_threshold_that_is_an_edge_of_one_cube_only_is_named():
    frame = frame_of([("f", 1, 0.0, 1, 0.25), ("m", 2, 1.0, 0, 0.5)])
    one, two = tally(frame, SPEC), tally(frame, SPEC.replace(declared=(0.333, 0.777)))
    with pytest.raises(CubesDiffer, match=r"0\.777"):
        one + two


def test_thresholds_on_the_common_grid_are_united():
    frame = frame_of([("f", 1, 0.0, 1, 0.25), ("m", 2, 1.0, 0, 0.5)])
    added = tally(frame, SPEC) + tally(frame, SPEC.replace(declared=(0.333, 0.5)))
    assert added.spec.declared == (0.333, 0.5)
    assert added.n == 4


def test_only_cubes_are_added_to_cubes():
    with pytest.raises(TypeError, match="unsupported operand"):
        cube_of([("f", 1, 0.0, 1, 0.25)]) + 1


@pytest.mark.parametrize("field", ["spec", "axes", "levels", "codes", "sum_names", "sums"])
def test_data_without_a_field_are_no_cube(field):
    data = cube_of([("f", 1, 0.0, 1, 0.25)]).to_dict()
    del data[field]
    with pytest.raises(BadValue, match=field):
        Cube.from_dict(data)


def test_a_later_format_is_refused():
    with pytest.raises(BadValue, match="format 2"):
        Cube.from_dict({**cube_of([("f", 1, 0.0, 1, 0.25)]).to_dict(), "format": 2})


def test_adding_does_not_join_levels_that_read_alike():
    number, text = (tally(pd.DataFrame({"g": [level] * 12, "d": [0, 1] * 6}), Spec(("g",), y_pred="d")) for level in (1, "1"))
    with pytest.raises(BadValue, match="read alike"):
        number + text


@laws
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6), st.integers(0, 1)), max_size=40))
def test_rows_are_told_apart_in_one_way_however_many_there_could_be(rows):
    """By marking what occurs, by sorting numbers, and by sorting rows."""
    codes = np.array(rows, np.int64).reshape(-1, 3)
    expected, place = np.unique(codes, axis=0, return_inverse=True)
    for shape in ((4, 7, 2), (400, 7000, 2), (2**30, 2**30, 2**10)):
        found, at = distinct(codes, shape)
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(at, place.reshape(-1))
