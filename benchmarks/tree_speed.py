"""Exact tree SHAP by tables of leaves, against shap's TreeExplainer: the same answers first, then the ratio of times in one run.

``python benchmarks/tree_speed.py [rows]``. 20 inputs; 200 boosted trees or a forest of 100 trees of depth 8; 100 background rows.
Ratios are of time per row. The tables are made once per model and background; their time is printed beside, and is part of the ratio
for all rows. The tables use all processors, as do xgboost and lightgbm where shap asks them; the ratio of processor time is in brackets.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import numpy as np
from lightgbm import LGBMClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from xgboost import XGBClassifier

from fairlens.explanations import _leaf_tables
from fairlens.explanations._leaf_tables import LeafTables, Numbers, leaf_tables
from fairlens.explanations._trees import Trees, read_trees

INPUTS, BACKGROUND, ROUNDS = 20, 100, 3
SHAP_ROWS = 200
NEAR = 1e-6
"""On the scale on which the trees add up, relative to the largest contribution where that is above 1."""
MODELS: dict[str, Callable[[], Any]] = {
    "xgboost": lambda: XGBClassifier(n_estimators=200, max_depth=6, learning_rate=0.1, n_jobs=2),
    "lightgbm": lambda: LGBMClassifier(n_estimators=200, num_leaves=31, n_jobs=2, verbose=-1),
    "random forest": lambda: RandomForestClassifier(100, max_depth=8, random_state=0, n_jobs=2),
    "HistGradientBoosting": lambda: HistGradientBoostingClassifier(max_iter=200, early_stopping=False),
}
Times = tuple[float, float]
"""Of the clock, and of the processors."""


def make_rows(size: int, seed: int) -> tuple[Numbers, Any]:
    """Ten continuous inputs, ten whole ones, and labels that depend on some of them."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(size, INPUTS))
    rows[:, 10:] = np.floor(np.abs(rows[:, 10:]) * 2)
    logit = rows[:, 0] * rows[:, 1] + rows[:, 2] - 0.5 * rows[:, 3] ** 2 + 0.4 * rows[:, 11] * (rows[:, 12] > 1) + 0.3 * rows[:, 15]
    return rows, (rng.random(size) < 1 / (1 + np.exp(-logit))).astype(int)


@contextmanager
def without_numba() -> Iterator[None]:
    """Leave the compiled loops out."""
    kept = _leaf_tables.compiled
    _leaf_tables.compiled = lambda: None  # type: ignore[assignment]
    try:
        yield
    finally:
        _leaf_tables.compiled = kept


def timed(work: Callable[[], Any]) -> tuple[Any, Times]:
    """Do it once."""
    clock, processor = perf_counter(), process_time()
    found = work()
    return found, (perf_counter() - clock, process_time() - processor)


def by_shap(model: Any, background: Numbers | None) -> Callable[[Numbers], Numbers]:
    """Make shap's explainer."""
    import shap

    explainer = shap.TreeExplainer(model) if background is None else shap.TreeExplainer(model, shap.maskers.Independent(background, max_samples=len(background)))

    def run(rows: Numbers) -> Numbers:
        found = np.asarray(explainer.shap_values(rows, check_additivity=False), float)
        return found[:, :, 1] if found.ndim == 3 else found

    return run


def compare(name: str, model: Any, trees: Trees, rows: Numbers, background: Numbers | None) -> None:
    """Compare the answers, then alternate shap and the tables, with numba and without."""
    few = rows[:SHAP_ROWS]
    theirs = by_shap(model, background)
    numba = _leaf_tables.compiled() is not None
    tables = _made(trees, background)
    told = theirs(few)
    largest = float(np.abs(tables.values(few) - told).max())
    if largest > NEAR * max(1.0, float(np.abs(told).max())):
        raise SystemExit(f"{name}: the answers differ by up to {largest:g}; there is nothing to time.")
    tables.values(rows)  # compiles
    building, shaps, fast, slow = [], [], [], []
    for _ in range(ROUNDS):
        shaps.append(timed(lambda: theirs(few))[1])
        building.append(timed(lambda: _made(trees, background))[1])
        if numba:
            fast.append(timed(lambda: tables.values(rows))[1])
        with without_numba():
            slow.append(timed(lambda: tables.values(rows))[1])
    game = "path-dependent" if background is None else f"{len(background)} background rows"
    build = median(clock for clock, _ in building)
    print(f"{name}, {game}: largest difference {largest:.1e}; tables of {tables.nbytes / 1e6:.0f} MB in {build:.2f} s")
    for label, own in (("numba", fast), ("NumPy alone", slow)):
        if own:
            print(f"  {label}: {_ratios(shaps, own, len(rows), build)}")


def _made(trees: Trees, background: Numbers | None) -> LeafTables:
    found = leaf_tables(trees, background)
    if not isinstance(found, LeafTables):
        raise SystemExit(found.reason)
    return found


def _ratios(shaps: list[Times], own: list[Times], rows: int, build: float) -> str:
    clock, processor = (median(one[i] for one in shaps) / SHAP_ROWS / (median(one[i] for one in own) / rows) for i in (0, 1))
    seconds = median(one[0] for one in own)
    total = median(one[0] for one in shaps) / SHAP_ROWS * rows / (seconds + build)
    return f"{rows / seconds:,.0f} rows/s, {clock:,.0f} times as fast as shap ({processor:,.0f}); {total:,.0f} times with the tables made for {rows:,} rows"


def main() -> None:
    """Fit the models, and compare each in both games."""
    own = Path(__file__).parent  # its coverage.py would hide the package of that name from numba, which shap imports
    sys.path[:] = [folder for folder in sys.path if Path(folder).resolve() != own.resolve()]
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    training, labels = make_rows(30_000, 0)
    rows, background = make_rows(size, 1)[0], make_rows(BACKGROUND, 2)[0]
    for name, make in MODELS.items():
        model = make().fit(training, labels)
        trees = read_trees(model)
        if not isinstance(trees, Trees):
            raise SystemExit(trees.reason)
        for against in (None, background):
            compare(name, model, trees, rows, against)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
