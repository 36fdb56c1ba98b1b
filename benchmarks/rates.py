"""Rates by two attributes with intervals, against fairlearn's without: the same answers first, then the ratio of times in one run.

``python benchmarks/rates.py [rows]``
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter

import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate

import fairlens as fl

METRICS = {
    "selection_rate": selection_rate,
    "true_positive_rate": true_positive_rate,
    "false_positive_rate": false_positive_rate,
}
ROUNDS = 3


def make_people(rows: int) -> pd.DataFrame:
    """Rows with two attributes as text, a label and a decision."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "race": rng.choice(["a", "b", "c", "d", "e"], rows),
            "sex": rng.choice(["f", "m"], rows),
            "y": rng.integers(0, 2, rows),
            "p": rng.integers(0, 2, rows),
        }
    )


def by_fairlearn(people: pd.DataFrame) -> pd.DataFrame:
    """All three rates by race x sex."""
    frame = MetricFrame(
        metrics=METRICS, y_true=people["y"], y_pred=people["p"], sensitive_features=people[["race", "sex"]]
    )
    return frame.by_group


def by_fairlens(people: pd.DataFrame) -> pd.DataFrame:
    """The same rates, each with its interval and n, from rows to a labelled frame."""
    audit = fl.audit(people, y_true="y", y_pred="p", sensitive_features=["race", "sex"])
    return audit.by_group(list(METRICS), by=["race", "sex"]).to_frame()


def seconds(work: Callable[[pd.DataFrame], pd.DataFrame], people: pd.DataFrame) -> float:
    """Time one call."""
    start = perf_counter()
    work(people)
    return perf_counter() - start


def main() -> None:
    """Compare the answers, then alternate the two and print the ratio of their medians."""
    people = make_people(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
    ours = by_fairlens(people).pivot(index=["race", "sex"], columns="metric", values="value")[list(METRICS)]
    theirs = by_fairlearn(people)[list(METRICS)]
    largest = float(np.abs(ours.to_numpy() - theirs.to_numpy()).max())
    if largest > 1e-12:
        raise SystemExit(f"The answers differ by up to {largest:g}; there is nothing to time.")
    times = [(seconds(by_fairlearn, people), seconds(by_fairlens, people)) for _ in range(ROUNDS)]
    fairlearn, fairlens = (median(pair[i] for pair in times) for i in (0, 1))
    print(f"{len(people):,} rows, 10 groups, 3 rates; largest difference of the answers {largest:.1e}")
    print(f"fairlearn {fairlearn:.3f} s, fairlens {fairlens:.4f} s: {fairlearn / fairlens:,.0f} times as fast, with intervals")


if __name__ == "__main__":
    main()
