"""Occlusion: what the model's answer loses, on average, when the value of one input is replaced."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ._attributor import Function, Matrix, Report, rows_per_call


@dataclass(frozen=True)
class OcclusionAttributor:
    """Each input by itself: f(row), less the mean of f with this input's value taken from each background row in turn.

    Any model, few predictions, and no random choice. The parts do not add up where inputs act together: what two inputs do only
    jointly is counted twice, or not at all. What is left over is said. M. D. Zeiler and R. Fergus, ECCV 2014, 818-833 (the idea, on pictures).

    Examples
    --------
    >>> import numpy as np
    >>> from fairlens.explanations import OcclusionAttributor
    >>> Z, background = np.array([[1.0, 2.0]]), np.array([[0.0, 0.0], [0.0, 1.0]])
    >>> OcclusionAttributor().attribute(lambda rows: 3 * rows[:, 0] + rows[:, 1], Z, background, categorical=(), seed=0, progress=None)
    array([[3. , 1.5]])
    """

    name: str = field(default="occlusion", init=False)

    @property
    def method(self) -> str:
        """What is run, for a reader."""
        return "Occlusion: the model's answer less its mean with one input at a time taken from every background row; such parts need not add up."

    @property
    def cache_key(self) -> str:
        """Everything that the answer depends on besides the question."""
        return "occlusion 1"

    def predictions(self, rows: int, inputs: int, background: int) -> int:
        """Count what the model will be asked."""
        return rows * (1 + inputs * background)

    def attribute(
        self, f: Function, Z: Matrix, background: Matrix, *, categorical: tuple[int, ...], seed: int, progress: Report | None
    ) -> Matrix:
        """Give contributions (rows, inputs) in units of `f`; see `Attributor.attribute`."""
        rows, inputs = Z.shape
        fx, parts = f(Z), np.empty(Z.shape)
        size = max(1, rows_per_call(inputs) // len(background))
        done, total = rows, self.predictions(rows, inputs, len(background))
        for j in range(inputs):
            for start in range(0, rows, size):
                some = slice(start, start + size)
                mixed = np.repeat(Z[some], len(background), axis=0)
                mixed[:, j] = np.tile(background[:, j], len(Z[some]))
                parts[some, j] = fx[some] - f(mixed).reshape(-1, len(background)).mean(axis=1)
                done += len(mixed)
                if progress is not None:
                    progress(done, total)
        return parts
