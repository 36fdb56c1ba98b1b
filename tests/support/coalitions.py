"""Shapley values by their definition: every coalition, on the user's own rows, without any encoding."""

import itertools
import math

import numpy as np
import pandas as pd


def mix(X: pd.DataFrame, row: int, background: pd.DataFrame, coalition: tuple[int, ...]) -> pd.DataFrame:
    """The background with one row's values in the columns of a coalition, each in the dtype that it has."""
    columns = {}
    for j, name in enumerate(X.columns):
        one = X.iloc[[row] * len(background), j] if j in coalition else background.iloc[:, j]
        columns[name] = one.array
    return pd.DataFrame(columns)


def shapley(f, X: pd.DataFrame, background: pd.DataFrame) -> np.ndarray:
    """Shapley values (rows, inputs) of ``f``, rows to numbers, against the mean over a background."""
    inputs = X.shape[1]
    coalitions = [c for size in range(inputs + 1) for c in itertools.combinations(range(inputs), size)]
    frames = [mix(X, row, background, c) for row in range(len(X)) for c in coalitions]
    answers = np.asarray(f(pd.concat(frames, ignore_index=True)), float)
    means = answers.reshape(len(X), len(coalitions), len(background)).mean(axis=2)
    place = {c: k for k, c in enumerate(coalitions)}
    values = np.zeros((len(X), inputs))
    for j in range(inputs):
        for c in coalitions:
            if j not in c:
                weight = math.factorial(len(c)) * math.factorial(inputs - len(c) - 1) / math.factorial(inputs)
                values[:, j] += weight * (means[:, place[tuple(sorted((*c, j)))]] - means[:, place[c]])
    return values
