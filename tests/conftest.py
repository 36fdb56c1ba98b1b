"""What several test files need: one frame on every engine, and rows from counts."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

FIRST = "tests/records/"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start what a browser runs first: it takes longest, and the rest fills both processes to the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(FIRST))


@pytest.fixture(autouse=True)
def _new_log() -> None:
    """Each test is a kernel of its own: nobody has looked at anything yet."""
    looking = sys.modules.get("fairlens.widgets._looking")
    if looking is not None:
        looking._KERNEL = looking.Log()


Columns = Mapping[str, Sequence[Any]]
Maker = Callable[[Columns], Any]


def _arrow_backed(columns: Columns) -> pd.DataFrame:
    return pd.DataFrame({name: pd.array(values, pd.ArrowDtype(pa.array(values).type)) for name, values in columns.items()})


def _categorical(columns: Columns) -> pd.DataFrame:
    """Text columns as categories, one of which nobody has."""
    frame = pd.DataFrame(dict(columns))
    for name in frame.select_dtypes(exclude="number").columns:
        seen = dict.fromkeys(value for value in frame[name] if isinstance(value, str))
        if seen:
            frame[name] = pd.Categorical(frame[name], categories=["(nobody)", *seen])
    return frame


MAKERS: dict[str, Maker] = {
    "pandas": lambda columns: pd.DataFrame(dict(columns)),
    "pandas-arrow": _arrow_backed,
    "pandas-categorical": _categorical,
    "polars": lambda columns: pl.DataFrame(dict(columns)),
    "polars-lazy": lambda columns: pl.DataFrame(dict(columns)).lazy(),
    "pyarrow": lambda columns: pa.table(dict(columns)),
}


@pytest.fixture(params=MAKERS)
def frame(request: pytest.FixtureRequest) -> Maker:
    """Make a frame of one engine from columns."""
    return MAKERS[request.param]


@pytest.fixture(scope="session")
def rows_of() -> Callable[..., pd.DataFrame]:
    """Make rows of people from confusion tables: ``rows_of({"a": (tp, fp, fn, tn)})``."""

    def make(tables: Mapping[Any, tuple[int, int, int, int]], name: str = "group") -> pd.DataFrame:
        cells = ((1, 1), (0, 1), (1, 0), (0, 0))
        parts = [
            {name: level, "y": truth, "p": decision, "count": count}
            for level, table in tables.items()
            for (truth, decision), count in zip(cells, table, strict=True)
        ]
        small = pd.DataFrame(parts).astype({name: object})
        return small.loc[small.index.repeat(small["count"])].drop(columns="count").reset_index(drop=True)

    return make


@pytest.fixture(scope="session")
def people() -> pd.DataFrame:
    """Nine hundred people of two attributes with labels, decisions and scores; drawn once from a fixed seed."""
    rng = np.random.default_rng(20240229)
    size = 900
    race = rng.choice(["white", "Black", "Asian", "other"], size, p=[0.55, 0.25, 0.15, 0.05])
    sex = rng.choice(["f", "m"], size)
    score = np.clip(rng.beta(2, 3, size) + 0.1 * (race == "white"), 0, 1)
    return pd.DataFrame(
        {
            "race": race,
            "sex": sex,
            "y": (rng.random(size) < score).astype(int),
            "p": (score >= 0.45).astype(int),
            "s": score,
        }
    )


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """Find a file of the folder that FAIRLENS_DATA names, or skip."""

    def find(name: str) -> Path:
        folder = os.environ.get("FAIRLENS_DATA")
        path = Path(folder) / name if folder else None
        if path is None or not path.exists():
            pytest.skip(f"FAIRLENS_DATA names no folder with {name}")
        return path

    return find
