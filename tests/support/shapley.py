"""Shapley values worked out over every coalition and every background row: the oracle of what is sampled."""

from collections.abc import Callable, Sequence
from itertools import combinations
from math import factorial

import numpy as np


def exact_parts(
    f: Callable[[np.ndarray, np.ndarray], np.ndarray],
    X: np.ndarray,
    y: np.ndarray,
    background: np.ndarray,
    shares: np.ndarray | None = None,
    players: Sequence[Sequence[int]] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Parts (rows, players) of f(rows, labels) against the background, and the mean of f over the background for each row's label."""
    players = [[j] for j in range(X.shape[1])] if players is None else players
    shares = np.full(len(background), 1 / len(background)) if shares is None else shares / shares.sum()
    n, b, d = len(X), len(background), len(players)
    own, other, labels = np.repeat(X, b, axis=0), np.tile(background, (n, 1)), np.repeat(y, b)
    worth = {}
    for size in range(d + 1):
        for coalition in combinations(range(d), size):
            mixed = other.copy()
            columns = [j for k in coalition for j in players[k]]
            mixed[:, columns] = own[:, columns]
            worth[coalition] = f(mixed, labels).reshape(n, b) @ shares
    parts = np.zeros((n, d))
    for j in range(d):
        for size in range(d):
            weight = factorial(size) * factorial(d - size - 1) / factorial(d)
            for coalition in combinations([k for k in range(d) if k != j], size):
                parts[:, j] += weight * (worth[tuple(sorted((*coalition, j)))] - worth[coalition])
    return parts, worth[()]
