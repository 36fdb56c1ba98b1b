"""Rows become floats, and come back as the model knows them."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from fairlens.exceptions import (
    BadValue,
    EmptyData,
    FairlensError,
    MissingValues,
    ShapesDiffer,
    TooManyPredictions,
    WrongKind,
)
from fairlens.explanations._encoded import Asked, encoding


def everything() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "integer": [1, 2, 3, 4],
            "float": [0.1, np.nan, -0.0, 0.0],
            "single": np.array([0.1, 0.2, 0.3, 0.4], np.float32),
            "small": np.array([1, 2, 3, 255], np.uint8),
            "bool": [True, False, False, True],
            "text": ["a", None, "b", "a"],
            "object": pd.Series(["a", "b", None, "d"], dtype=object),
            "odd": pd.Series([1, True, "x", None], dtype=object),
            "category": pd.Categorical(["u", "v", None, "u"], categories=["w", "v", "u"], ordered=True),
            "numbered": pd.Categorical([3, 1, 1, 3]),
            "nullable": pd.array([1, None, 3, 4], dtype="Int64"),
            "truth": pd.array([True, None, False, True], dtype="boolean"),
            "real": pd.array([0.5, None, 1, 2], dtype="Float32"),
            "string": pd.array(["x", None, "y", "x"], dtype="string"),
            "arrow": pd.array([1, None, 2, 3], dtype=pd.ArrowDtype(pa.int32())),
            "arrow_text": pd.array(["x", None, "y", "x"], dtype=pd.ArrowDtype(pa.string())),
            ("a", 3): [1, 2, 3, 4],
        }
    )


def engines() -> dict[str, object]:
    columns = {"i": [1, None, 3], "whole": [1, 2, 3], "f": [0.5, None, 2.0], "b": [True, None, False], "s": ["a", None, "b"]}
    coded = {"c": pl.Series(["x", "y", None], dtype=pl.Categorical), "e": pl.Series(["x", "y", None], dtype=pl.Enum(["y", "x"]))}
    return {
        "polars": pl.DataFrame(columns),
        "polars-coded": pl.DataFrame(coded),
        "pyarrow": pa.table(columns),
        "matrix": np.arange(6).reshape(3, 2),
        "matrix-single": np.arange(6, dtype=np.float32).reshape(3, 2),
        "matrix-nan": np.array([[0.5, np.nan], [1.0, 2.0]]),
        "matrix-text": np.array([["a", "b"], ["c", "d"]]),
        "matrix-bool": np.array([[True, False], [True, True]]),
    }


def test_every_pandas_dtype_comes_back():
    X = everything()
    X.index = pd.Index([10, 20, 30, 40])
    made = encoding(X)
    pd.testing.assert_frame_equal(made.decode(made.matrix), X.reset_index(drop=True), check_exact=True)
    found = made.decode(made.matrix)
    assert [type(value) for value in found["odd"]] == [type(value) for value in X["odd"]]
    assert np.signbit(found["float"]).tolist() == np.signbit(X["float"]).tolist()
    np.testing.assert_array_equal(made.encode(X), made.matrix)


def test_numbers_stay_and_the_rest_are_codes_in_order():
    made = encoding(everything())
    levels = dict(zip(made.names, made.levels, strict=True))
    assert [name for name, found in levels.items() if found is None] == ["integer", "float", "single", "small", "nullable", "real", "arrow", "('a', 3)"]
    assert made.categorical == (4, 5, 6, 7, 8, 9, 11, 13, 15)
    assert levels["category"] == ("v", "u")  # the order of its categories, without the one that nobody has
    assert levels["numbered"] == (1, 3)
    assert levels["bool"] == (False, True)
    assert [type(level) for level in levels["odd"]] == [bool, int, str]
    column = made.names.index("category")
    np.testing.assert_array_equal(made.matrix[:, column], [1, 0, np.nan, 1])


@pytest.mark.parametrize("name", engines())
def test_other_engines_come_back(name):
    given = engines()[name]
    made = encoding(given)
    found = made.decode(made.matrix)
    assert type(found) is type(given)
    if isinstance(given, np.ndarray):
        assert found.dtype == given.dtype
        np.testing.assert_array_equal(found, given)
    else:
        assert found.equals(given)
        assert found.schema == given.schema


def test_an_object_matrix_keeps_its_values():
    given = np.array([["a", 1], [None, 2.5]], object)
    made = encoding(given)
    assert made.categorical == (0,)
    assert made.decode(made.matrix).tolist() == given.tolist()


def test_a_fraction_makes_floats_of_a_column_of_whole_numbers_and_of_no_other():
    made = encoding(everything())
    Z = made.matrix.copy()
    drawn = [made.names.index(name) for name in ("integer", "nullable", "arrow", "small")]
    Z[0, drawn] = (1.5, 2.5, 0.5, -3)
    found = made.decode(Z)
    assert [str(found.dtypes.iloc[j]) for j in drawn] == ["float64", "Float64", "double[pyarrow]", "float64"]
    assert [found.iloc[0, j] for j in drawn] == [1.5, 2.5, 0.5, -3]
    assert found.iloc[1, drawn[1]] is pd.NA
    rest = [j for j in range(Z.shape[1]) if j not in drawn]
    pd.testing.assert_frame_equal(found.iloc[:, rest], everything().iloc[:, rest])
    for name, kind in (("polars", pl.DataFrame), ("pyarrow", pa.Table)):
        other = encoding(engines()[name])
        Z = other.matrix.copy()
        Z[0, 0] = 0.5
        out = other.decode(Z)
        assert isinstance(out, kind)
        assert pl.DataFrame(out)["i"].to_list() == [0.5, None, 3.0]


def test_only_numbers_and_truth_values_are_what_the_model_sees():
    X = everything()
    assert encoding(X[["integer", "float", "bool", "nullable"]]).is_numeric
    assert not encoding(X[["integer", "numbered"]]).is_numeric
    assert not encoding(pd.DataFrame({"a": pd.Categorical([0, 1])})).is_numeric
    assert encoding(pd.DataFrame({"a": [True, True]})).matrix.tolist() == [[1.0], [1.0]]


def test_a_background_comes_behind_and_may_differ_in_how_numbers_are_kept():
    X = pd.DataFrame({"n": [1, 2], "zip": pd.Categorical(["a", "b"]), "text": ["x", "y"]})
    background = pd.DataFrame({"n": [1.5, np.nan], "zip": ["b", "a"], "text": pd.Series(["z", "x"], dtype=object)})
    made = encoding(X, background)
    np.testing.assert_array_equal(made.matrix, [[1, 0, 0], [2, 1, 1], [1.5, 1, 2], [np.nan, 0, 0]])
    rows = made.decode(made.matrix[:2])
    pd.testing.assert_frame_equal(rows, X)
    assert made.decode(made.matrix)["zip"].dtype == X["zip"].dtype


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (pd.to_datetime(["2020-01-01", "2021-01-01"]), "datetime64"),
        (pd.to_datetime(["2020-01-01", "2021-01-01"]).tz_localize("UTC"), "UTC"),
        (pd.to_timedelta([1, 2], unit="D"), "timedelta64"),
        (pd.period_range("2020", periods=2, freq="D"), "period"),
        (pd.Series([datetime.date(2020, 1, 1), None], dtype=object), "date"),
        (pd.Series([[1], [2]], dtype=object), "list"),
        (np.array([1j, 2j]), "complex128"),
    ],
)
def test_dates_and_nested_values_are_refused_by_name(values, told):
    with pytest.raises(WrongKind) as caught:
        encoding(pd.DataFrame({"n": [1, 2], "when": values}))
    assert "'when'" in str(caught.value)
    assert told in str(caught.value)
    assert "\nHint: " in str(caught.value)


@pytest.mark.parametrize(
    ("frame", "kind", "told"),
    [
        (pl.DataFrame({"when": [datetime.date(2020, 1, 1)]}), WrongKind, "'when'"),
        (pa.table({"parts": [[1, 2]]}), WrongKind, "'parts'"),
        (np.array([["2020-01-01"]], "datetime64[D]"), WrongKind, "datetime64"),
        (np.zeros(3), WrongKind, "two-dimensional"),
        ([[1, 2]], WrongKind, "two-dimensional"),
        (pd.DataFrame({"id": [2**60, 2**60 + 1]}), BadValue, "2^53"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), BadValue, "two columns named 'a'"),
        (pd.DataFrame(index=[0, 1]), BadValue, "no column"),
    ],
)
def test_what_cannot_be_encoded_is_refused(frame, kind, told):
    with pytest.raises(kind) as caught:
        encoding(frame)
    assert told in str(caught.value)
    assert "\nHint: " in str(caught.value)


@pytest.mark.parametrize(
    ("X", "background", "kind", "told"),
    [
        (pd.DataFrame({"a": pd.Categorical(["x", "y"])}), pd.DataFrame({"a": pd.Categorical(["x", "west"])}), BadValue, "'west'"),
        (pd.DataFrame({"a": pd.Categorical(["x", "y"])}), pd.DataFrame({"a": ["west"]}), BadValue, "'west'"),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": ["1"]}), WrongKind, "column 'a'"),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [True]}), WrongKind, "bool"),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]}).iloc[:0], EmptyData, "no rows"),
        (pd.DataFrame({"a": [1], "b": [1]}), pd.DataFrame({"b": [1], "a": [1]}), ShapesDiffer, "in this order"),
        (pd.DataFrame({"a": [1]}), np.ones((1, 1)), WrongKind, "ndarray"),
        (np.ones((1, 2)), np.ones((1, 3)), ShapesDiffer, "[0, 1, 2]"),
        (pl.DataFrame({"a": [1]}), pl.DataFrame({"b": [1]}), ShapesDiffer, "'b'"),
    ],
)
def test_a_background_of_another_form_is_refused(X, background, kind, told):
    with pytest.raises(kind) as caught:
        encoding(X, background)
    assert told.strip("[]") in str(caught.value)
    assert "\nHint: " in str(caught.value)


def test_unused_categories_of_a_background_do_not_matter():
    X = pd.DataFrame({"a": pd.Categorical(["x", "y"])})
    background = pd.DataFrame({"a": pd.Categorical(["y"], categories=["x", "y", "west"])})
    assert encoding(X, background).matrix.ravel().tolist() == [0, 1, 1]


def test_values_that_were_not_there_cannot_be_encoded():
    made = encoding(pd.DataFrame({"a": ["x", "y"]}))
    with pytest.raises(BadValue, match="'z'"):
        made.encode(pd.DataFrame({"a": ["x", "z"]}))
    with pytest.raises(FairlensError, match="numbers"):
        made.encode(pd.DataFrame({"a": [1.0, 2.0]}))


@pytest.mark.parametrize("code", [0.5, 2.0, -1.0, np.inf, np.nan])
def test_a_code_that_stands_for_nothing_is_refused(code):
    made = encoding(pd.DataFrame({"a": ["x", "y"]}))
    with pytest.raises(BadValue, match="stands for nothing"):
        made.decode(np.array([[code]]))


def test_constant_and_missing_columns_are_allowed():
    X = pd.DataFrame({"one": [1, 1], "none": [np.nan, np.nan], "text": ["a", "a"], "gone": pd.Series([None, None], dtype=object)})
    made = encoding(X)
    found = made.decode(made.matrix)
    assert found["one"].tolist() == [1, 1]
    assert found["text"].tolist() == ["a", "a"]
    assert found[["none", "gone"]].isna().all().all()


def test_the_schema_tells_apart_what_codes_mean():
    one, two = encoding(pd.DataFrame({"a": ["x", "y"]})), encoding(pd.DataFrame({"a": ["x", "z"]}))
    assert (one.matrix == two.matrix).all()
    assert one.schema != two.schema
    assert one.schema == encoding(pd.DataFrame({"a": ["y", "x"]})).schema


def test_asking_counts_and_keeps_to_the_budget():
    made = encoding(pd.DataFrame({"a": [1.0, 2.0, 3.0]}))
    seen = []
    f = Asked(made, lambda rows: rows["a"].to_numpy() * 2, budget=5, total=5, progress=lambda done, total: seen.append((done, total)))
    assert f(made.matrix).tolist() == [2, 4, 6]
    assert (f.asked, seen) == (3, [(3, 5)])
    assert f(np.empty((0, 1))).tolist() == []
    with pytest.raises(TooManyPredictions, match="at least 6 predictions") as caught:
        f(made.matrix)
    assert "max_predictions=6" in str(caught.value)
    assert f.asked == 3


def test_a_model_without_a_number_for_a_mixed_row_is_told():
    made = encoding(pd.DataFrame({"a": [1.0, 2.0]}))
    with pytest.raises(MissingValues, match="1 of 2 mixed rows"):
        Asked(made, lambda rows: np.array([1.0, np.nan]), budget=10)(made.matrix)
