"""How sure, and how fast: counting, rates with intervals and 1,000 bootstraps on a million rows, against fairlearn.

``python benchmarks/how_sure.py [rows]``. The answers are compared first. fairlearn's bootstrap is measured for three draws; what it would
take for 1,000 is said to be extrapolated. The second part times every question that a cube of about 10,000 cells answers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate

import fairlens as fl
from fairlens.metrics import get
from fairlens.metrics._group_rows import draws_of, evaluate

METRICS = {
    "selection_rate": selection_rate,
    "true_positive_rate": true_positive_rate,
    "false_positive_rate": false_positive_rate,
}
BY = ["race", "sex"]
CALIBRATION = ["calibration_slope", "calibration_intercept", "calibration_in_the_large"]
DRAWS, THEIR_DRAWS, ROUNDS = 1_000, 3, 5


def make_people(rows: int, seed: int = 0) -> pd.DataFrame:
    """Rows with text columns, a label, a decision and a score."""
    rng = np.random.default_rng(seed)
    score = rng.random(rows)
    return pd.DataFrame(
        {
            "race": rng.choice(["a", "b", "c", "d", "e"], rows),
            "sex": rng.choice(["f", "m"], rows),
            "region": rng.choice([f"region {i}" for i in range(5)], rows),
            "y": (rng.random(rows) < score).astype(int),
            "p": (score > 0.6).astype(int),
            "s": score,
        }
    )


def timed(work: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """Give the median time of a call in seconds."""
    times = []
    for _ in range(rounds):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return median(times)


def against_fairlearn(people: pd.DataFrame) -> None:
    """Compare answers, then print the ratios of times of one run."""
    roles = {"y_true": people["y"], "y_pred": people["p"], "sensitive_features": people[BY]}

    def theirs() -> pd.DataFrame:
        return MetricFrame(metrics=METRICS, **roles).by_group

    def ours() -> fl.Audit:
        return fl.audit(people, y_true="y", y_pred="p", sensitive_features=BY)

    audit = ours()
    found = audit.by_group(list(METRICS), by=BY).to_frame()
    wide = found.pivot(index=BY, columns="metric", values="value")[list(METRICS)]
    worst = float(np.abs(wide.to_numpy() - theirs()[list(METRICS)].to_numpy()).max())
    if worst > 1e-12:
        raise SystemExit(f"The answers differ by up to {worst:g}; there is nothing to time.")
    point = timed(theirs, 1)
    tally, rates = timed(ours), timed(lambda: fl.audit(audit.cube).by_group(list(METRICS), by=BY).to_frame())
    start = perf_counter()
    MetricFrame(metrics=METRICS, n_boot=THEIR_DRAWS, ci_quantiles=[0.025, 0.975], random_state=0, **roles)
    three = perf_counter() - start
    per_draw = max(three - point, 1e-9) / THEIR_DRAWS

    def bootstrap() -> None:
        drawn = draws_of(audit._view(tuple(BY)), DRAWS)
        for name in METRICS:
            np.quantile(evaluate(get(name), drawn), [0.025, 0.975], axis=0)

    ours_boot = timed(bootstrap)
    print(f"{len(people):,} rows, race x sex, 3 rates; largest difference of the answers {worst:.1e}")
    print(f"  fairlearn, rates without intervals      {point:9.3f} s")
    print(f"  fairlens, counting the rows             {tally:9.3f} s")
    print(f"  fairlens, rates with intervals          {rates:9.4f} s  from the cube; with counting {point / (tally + rates):,.0f} times as fast")
    print(f"  fairlearn, {THEIR_DRAWS} bootstrap draws            {three:9.3f} s  so {DRAWS:,} would take {per_draw * DRAWS + point:,.0f} s (extrapolated)")
    print(f"  fairlens, {DRAWS:,} draws over cells        {ours_boot:9.4f} s  {(per_draw * DRAWS + point) / (tally + ours_boot):,.0f} times as fast, counting included")


Questions = dict[str, Callable[[], Any]]


def questions() -> None:
    """Time what one cube answers; everything that draws no random numbers within 50 ms."""
    people = make_people(200_000, 1)
    audit = fl.audit(
        people, y_true="y", y_score="s", threshold=0.6, favorable=1, sensitive_features=BY, control_features=["region"]
    )
    fresh: Callable[[], fl.Audit] = lambda: fl.audit(audit.cube)  # noqa: E731  tables are made anew each time
    print(f"\nA cube of {audit.cube.cells:,} cells, medians of {ROUNDS}; by formula:")
    for name, work in by_formula(fresh).items():
        milliseconds = 1000 * timed(work)
        print(f"  {name:38} {milliseconds:7.1f} ms{'' if milliseconds <= 50 else '  over 50 ms'}")
    print("By simulation:")
    for name, work in by_simulation(fresh).items():
        print(f"  {name:38} {1000 * timed(work):7.1f} ms")


def by_formula(fresh: Callable[[], fl.Audit]) -> Questions:
    """Everything that is neither a bootstrap nor a permutation."""
    three = [*BY, "region"]
    margin = fl.Criterion("selection_rate", comparison="difference", reference="largest", margin=0.05)
    overall = fl.Criterion("selection_rate", comparison="ratio", reference="overall", margin=0.8)
    return {
        "every rate by race x sex": lambda: fresh().by_group(by=BY),
        "differences to the rest": lambda: fresh().difference("selection_rate", by=BY, reference="rest"),
        "ratios": lambda: fresh().ratio("selection_rate", by=BY),
        "ratios to everybody by 3 columns": lambda: fresh().ratio("selection_rate", by=three, reference="overall"),
        "another threshold": lambda: fresh().at(0.4).by_group("selection_rate", by=BY),
        "a slice": lambda: fresh().where(sex="f").by_group(by="race"),
        "thresholds by group": lambda: fresh().at({"a": 0.4}, by="race").by_group("selection_rate", by="race"),
        "areas under the ROC curve by 3 columns": lambda: fresh().by_group("roc_auc", by=three),
        "ROC curves": lambda: fresh().curve("roc", by="race"),
        "rates at every threshold": lambda: fresh().curve("threshold", by="race"),
        "calibration line": lambda: fl.measure_scores(fresh(), metrics=CALIBRATION),
        "costs at every threshold": lambda: fl.choose_thresholds(fresh()),
        "adjusted, each feature": lambda: fl.adjust(fresh(), "selection_rate"),
        "a criterion": lambda: fl.check(fresh(), margin),
        "a criterion of ratios to everybody": lambda: fl.check(fresh(), overall),
        "worst-case bounds by 3 columns": lambda: fl.bound(fresh(), "true_positive_rate", by=three),
    }


def by_simulation(fresh: Callable[[], fl.Audit]) -> Questions:
    """What draws random numbers, and what it draws."""
    return {
        "calibration error (null simulated)": lambda: fl.measure_scores(fresh(), metrics=["expected_calibration_error"]),
        "calibration curve (null simulated)": lambda: fresh().curve("calibration", by="race"),
        "Brier score (bootstrap)": lambda: fl.measure_scores(fresh(), metrics=["brier_score_loss"]),
        "average precision (bootstrap)": lambda: fl.measure_scores(fresh(), metrics=["average_precision"]),
        "every number of scores (bootstraps)": lambda: fl.measure_scores(fresh()),
        "summary (bootstrap, gaps simulated)": lambda: fl.summarize(fresh()),
        "screening (99,999 permutations)": lambda: fl.screen(fresh(), "selection_rate"),
    }


def main() -> None:
    """Run both parts."""
    against_fairlearn(make_people(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
    questions()


if __name__ == "__main__":
    main()
