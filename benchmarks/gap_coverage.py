"""How often intervals of a decomposed gap hold the truth, and how often shuffled groups raise a false alarm.

``python benchmarks/gap_coverage.py [repeats]``. The truth are the mean contributions in a population of a million people against the same
background, worked out by the formula for two inputs; each repeat draws its people anew. Next to each share stands the standard error of
the simulation. A family is all inputs of all gaps of one question: one false alarm in it is one too many.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable

import numpy as np

import fairlens as fl

BACKGROUND = 300
POPULATION = 1_000_000
Values = Callable[[np.ndarray, np.ndarray], np.ndarray]


def draw(group: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two correlated inputs that differ by group and one that nobody uses, labels, and weights that go with the inputs."""
    X = rng.normal(size=(len(group), 3))
    X[:, 0] -= 0.7 * group
    X[:, 1] += 0.3 * group + 0.5 * X[:, 0]
    y = (rng.random(len(group)) < score(X)).astype(int)
    return X, y, np.exp(0.5 * X[:, 0]) * rng.gamma(2.0, 0.5, len(group))


def score(X: np.ndarray) -> np.ndarray:
    """The model."""
    found: np.ndarray = 1 / (1 + np.exp(-(X[:, 0] + 0.7 * X[:, 1])))
    return found


def values_of(metric: str, threshold: float) -> Values:
    """The number per person whose mean is compared."""
    if metric == "selection_rate":
        return lambda s, y: (s >= threshold).astype(float)
    return {
        "mean_score": lambda s, y: s,
        "mean_error": lambda s, y: s - y,
        "brier_score_loss": lambda s, y: (s - y) ** 2,
        "log_loss": lambda s, y: -np.log(np.where(y == 1, s, 1 - s)),
    }[metric]


def truth(values: Values, background: np.ndarray, rng: np.random.Generator, *, weighted: bool) -> dict[str, float]:
    """Mean contributions of a group of the population less those of the other, for the two inputs that are used."""
    means = []
    for member in (True, False):
        sums, weights = np.zeros(3), 0.0
        for _ in range(POPULATION // 2 // 5_000):
            X, y, w = draw(np.full(5_000, member), rng)
            w = w if weighted else np.ones(len(w))
            sums += w @ _shapley(values, X, y, background)
            weights += w.sum()
        means.append(sums / weights)
    return dict(zip(("x0", "x1", "(label mix)"), means[0] - means[1], strict=True))


def _shapley(values: Values, X: np.ndarray, y: np.ndarray, background: np.ndarray) -> np.ndarray:
    def mean(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        s = 1 / (1 + np.exp(-(first + 0.7 * second)))
        return values(s, np.broadcast_to(y[:, None], s.shape)).mean(axis=1)

    own0, own1, other0, other1 = X[:, [0]], X[:, [1]], background[None, :, 0], background[None, :, 1]
    neither = mean(other0 + 0 * own0, other1 + 0 * own0)
    zero, one, both = mean(own0, other1), mean(other0, own1), values(score(X), y)
    return np.stack([(zero - neither + both - one) / 2, (one - neither + both - zero) / 2, neither], axis=1)


def coverage(repeats: int, sizes: tuple[int, int], metric: str = "selection_rate", *, threshold: float = 0.5, weighted: bool = False, budget: int = 0) -> None:
    """Print how often the intervals hold the truth, each by itself and all together."""
    rng = np.random.default_rng(7)
    background = draw(rng.random(BACKGROUND) < 0.4, rng)[0]
    values = values_of(metric, threshold)
    wanted = truth(values, background, rng, weighted=weighted)
    group = np.arange(sum(sizes)) < sizes[0]
    held: dict[str, list[bool]] = {name: [] for name in wanted}
    together = []
    for seed in range(repeats):
        X, y, w = draw(group, rng)
        roles = {"sample_weight": w} if weighted else {}
        audit = fl.audit(X, y_true=y, model=score, threshold=threshold, sensitive_features={"g": np.where(group, "a", "b")}, **roles)
        limits = {"max_predictions": budget} if budget else {}
        gap = fl.decompose_gap(audit, "a", metric=metric, background=background, random_state=seed, progress=False, **limits)
        assert gap.closes
        parts = [part for part in gap.parts if part.feature in wanted]
        for part in parts:
            held[part.feature].append(part.lower <= wanted[part.feature] <= part.upper)
        together.append(all(part.simultaneous_lower <= wanted[part.feature] <= part.simultaneous_upper for part in parts))
    shares = "  ".join(f"{name} {np.mean(some):.3f}" for name, some in held.items() if some)
    named = f"{metric}{' at ' + str(threshold) if threshold != 0.5 else ''}{', weights' if weighted else ''}{', sampled' if budget else ''}"
    print(f"  {named:32} {sizes[0]:>4} against {sizes[1]:<4} {shares}  all together {np.mean(together):.3f}", flush=True)


def alarms(repeats: int, groups: int, size: int, inputs: int, metric: str = "selection_rate") -> None:
    """Print how often groups that say nothing are said to differ in what carries their gaps."""
    rng = np.random.default_rng(11)
    weights = 1 / np.arange(1, inputs + 1)
    n, names = groups * size, np.array([f"g{k}" for k in range(groups)])
    found, single = [], []
    for seed in range(repeats):
        X = rng.normal(size=(n, inputs))
        X[:, 1:] += 0.4 * X[:, :1]

        def model(rows: np.ndarray) -> np.ndarray:
            return 1 / (1 + np.exp(-(rows @ weights + 0.5 * rows[:, 0] * rows[:, 1])))

        audit = fl.audit(X, model=model, threshold=0.5, sensitive_features={"g": rng.permutation(np.repeat(names, size))})
        asked = fl.decompose_gap(audit, "g0" if groups == 2 else None, metric=metric, random_state=seed, progress=False)  # type: ignore[call-overload]
        gaps = [asked] if groups == 2 else list(asked)
        found.append(any(gap.supported for gap in gaps))
        single += [not part.lower <= 0 <= part.upper for gap in gaps for part in gap.parts]
    error = np.sqrt(0.05 * 0.95 / repeats)
    told = f"{groups} groups of {size}, {inputs} inputs, {metric}"
    print(f"  {told:46} by itself {np.mean(single):.3f}  families {np.mean(found):.3f} (at most {0.05 + 2 * error:.3f})", flush=True)


def main() -> None:
    """Print everything."""
    warnings.simplefilter("ignore")
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    print(f"coverage of 95 % intervals, {repeats:,} repeats, standard error {np.sqrt(0.05 * 0.95 / repeats):.4f}")
    for sizes in ((50, 50), (50, 300), (200, 200)):
        coverage(repeats, sizes)
    coverage(repeats, (50, 50), threshold=0.7)
    for metric in ("mean_score", "mean_error", "brier_score_loss", "log_loss"):
        coverage(repeats, (50, 100), metric)
    coverage(repeats, (80, 160), weighted=True)
    coverage(repeats, (80, 160), "mean_score", weighted=True)
    coverage(repeats, (200, 400), budget=600 + BACKGROUND + 4 * 150)
    print(f"false alarms of shuffled groups, {repeats:,} repeats")
    alarms(repeats, 2, 50, 8)
    alarms(repeats, 2, 200, 8)
    alarms(repeats, 5, 50, 6)
    alarms(repeats, 5, 50, 6, "mean_score")


if __name__ == "__main__":
    main()
