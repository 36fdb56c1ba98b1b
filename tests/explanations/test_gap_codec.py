"""Mixed rows look to the model like rows of its own frame."""

import ast
from pathlib import Path

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest

import fairlens as fl
from fairlens.exceptions import EmptyData, ShapesDiffer, WrongKind
from fairlens.explanations._codec import codec


def mixed_frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "integer": [1, 2, 3, 4],
            "big": np.array([2**62 + 1, 2**62 + 3, 5, 7], np.int64),
            "float": [0.1, np.nan, -0.0, 0.0],
            "single": np.array([0.1, 0.2, 0.3, 0.4], np.float32),
            "bool": [True, False, False, True],
            "text": ["a", None, "b", "a"],
            "object": pd.Series(["a", "b", "c", "d"], dtype=object),
            "odd": pd.Series([1, True, 1.0, None], dtype=object),
            "category": pd.Categorical(["u", "v", None, "u"], categories=["w", "v", "u"], ordered=True),
            "nullable": pd.array([1, None, 3, 4], dtype="Int64"),
            "when": pd.to_datetime(["2020-01-01", None, "2021-01-01", "2022-01-01"]).tz_localize("UTC"),
            ("a", 3): [1, 2, 3, 4],
        }
    ).set_index(pd.Index([10, 20, 30, 40]))


def everything(places: np.ndarray, inputs: int) -> np.ndarray:
    return np.ones((len(places), inputs), bool)


def test_other_files_use_no_private_name_of_the_codec():
    used = {}
    for path in Path(fl.explanations.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "_codec":
                used[path.name] = [alias.name for alias in node.names]
    assert "other_form" in used["_engines.py"]
    assert not [name for names in used.values() for name in names if name.startswith("_")]


def test_rows_come_back_as_they_were():
    X = mixed_frame()
    rows = codec(X)
    places = np.array([3, 0, 2, 1, 1])
    expected = X.iloc[places].reset_index(drop=True)
    found = rows.mix(places, places, everything(places, X.shape[1]))
    pd.testing.assert_frame_equal(found, expected, check_exact=True)
    assert [type(value) for value in found["odd"]] == [type(value) for value in expected["odd"]]
    assert np.signbit(found["float"]).tolist() == np.signbit(expected["float"]).tolist()
    assert list(found["category"].cat.categories) == ["w", "v", "u"]


def test_each_value_comes_from_the_row_that_the_mask_says():
    X = mixed_frame()
    mask = np.zeros((1, X.shape[1]), bool)
    mask[0, [0, 5, 8]] = True
    found = codec(X).mix(np.array([0]), np.array([3]), mask).iloc[0]
    assert (found["integer"], found["text"], found["category"]) == (1, "a", "u")
    assert (found["big"], found["object"], found["nullable"]) == (7, "d", 4)


def test_a_background_of_its_own_comes_behind_the_audited_rows():
    X = mixed_frame()
    found = codec(X, X.iloc[:2]).mix(np.array([4]), np.array([0]), np.ones((1, X.shape[1]), bool))
    pd.testing.assert_frame_equal(found, X.iloc[:1].reset_index(drop=True))


def test_matrix_and_polars_keep_their_form():
    matrix = np.arange(6, dtype=np.float32).reshape(3, 2)
    mask = np.array([[True, False]])
    found = codec(matrix).mix(np.array([0]), np.array([2]), mask)
    assert (found.tolist(), found.dtype) == ([[0.0, 5.0]], np.float32)
    frame = pl.DataFrame({"a": [1, 2, 3], "b": pl.Series(["x", None, "z"], dtype=pl.Categorical)})
    mixed = codec(frame).mix(np.array([0]), np.array([2]), mask)
    assert isinstance(mixed, pl.DataFrame)
    assert mixed.schema == frame.schema
    assert mixed.rows() == [(1, "z")]
    assert nw.from_native(codec(frame, frame).mix(np.array([5]), np.array([0]), mask)).rows() == [(3, "x")]


@pytest.mark.parametrize(
    ("inputs", "background", "kind", "told"),
    [
        ([[1, 2], [3, 4]], None, WrongKind, "two-dimensional"),
        (np.zeros(3), None, WrongKind, "two-dimensional"),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": []}), EmptyData, "no rows"),
        (pd.DataFrame({"a": [1]}), np.ones((1, 1)), WrongKind, "ndarray"),
        (pd.DataFrame({"a": [1], "b": [1]}), pd.DataFrame({"b": [1], "a": [1]}), ShapesDiffer, "in this order"),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1.5]}), WrongKind, "float64 in the column 'a'"),
        (np.ones((1, 2)), np.ones((1, 3)), ShapesDiffer, "[0, 1, 2]"),
        (np.ones((1, 2)), np.ones((1, 2), int), WrongKind, "int64"),
        (np.ones((1, 2)), pd.DataFrame({"a": [1]}), WrongKind, "DataFrame"),
        (pl.DataFrame({"a": [1]}), pl.DataFrame({"b": [1]}), ShapesDiffer, "'b'"),
        (pl.DataFrame({"a": [1]}), pl.DataFrame({"a": ["1"]}), WrongKind, "String"),
        (pl.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]}), WrongKind, "DataFrame"),
    ],
)
def test_what_cannot_be_mixed_is_refused(inputs, background, kind, told):
    with pytest.raises(kind) as caught:
        codec(inputs, background)
    assert told.strip("[]") in str(caught.value)
    assert "\nHint: " in str(caught.value)


@pytest.mark.parametrize("form", ["pandas", "matrix", "polars"])
def test_forms_give_the_same_parts(form):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(120, 3))
    given = {
        "pandas": pd.DataFrame(values, columns=["x0", "x1", "x2"]),
        "matrix": values,
        "polars": pl.DataFrame(values, schema=["x0", "x1", "x2"]),
    }[form]
    audit = fl.audit(given, model=lambda X: np.asarray(X)[:, 0] - np.asarray(X)[:, 1] > 0.1, sensitive_features={"g": ["a", "b"] * 60})
    gap = fl.decompose_gap(audit, "a", n_rounds=3, random_state=4)
    assert gap.closes
    assert {part.feature: round(part.contribution, 12) for part in gap.parts} == reference_parts(values)


def reference_parts(values: np.ndarray) -> dict[str, float]:
    audit = fl.audit(values, model=lambda X: X[:, 0] - X[:, 1] > 0.1, sensitive_features={"g": ["a", "b"] * 60})
    gap = fl.decompose_gap(audit, "a", n_rounds=3, random_state=4)
    return {part.feature: round(part.contribution, 12) for part in gap.parts}
