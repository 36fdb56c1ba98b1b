"""The model as a function of mixed rows, and the check that mixing changes nothing by itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._predict import Numbers, Predictor
from .._spec import Spec
from ..exceptions import BadValue, MissingValues
from ._codec import Codec, Mask, Places
from ._players import Players
from ._sampling import chunk_rows

_NEAR = 1e-6


@dataclass(frozen=True, slots=True)
class Asked:
    """What the model says about mixed rows: scores, or decisions as 1 and 0 where it `decides` itself."""

    codec: Codec
    players: Players
    predict: Predictor
    decides: bool
    spec: Spec

    def __call__(self, own: Places, other: Places, mask: Mask) -> Numbers:
        """Ask about rows with the values of row `own` for the players of `mask`, and of row `other` for the rest."""
        return self._score(own, other, self.players.spread(mask))

    def _score(self, own: Places, other: Places, mask: Mask) -> Numbers:
        found = self.predict(self.codec.mix(own, other, mask))
        lacking = int(np.isnan(found).sum())
        if lacking:
            raise MissingValues(
                f"`model` gave no number for {lacking:,} of {len(found):,} mixed rows.",
                "A mixed row has the values of two people; each value occurs in the data.",
                hint="model=a function that gives a number for every combination of values",
                role="model",
            )
        return found

    def plain(self, places: Places) -> Numbers:
        """Ask the model about rows as they are, in calls of at most half of them."""
        inputs = len(self.codec.names)
        size = min(chunk_rows(inputs), max(1, -(-len(places) // 2)))
        parts = [places[start : start + size] for start in range(0, len(places), size)]
        return np.concatenate([self._score(part, part, np.ones((len(part), inputs), bool)) for part in parts])

    def check(self, places: Places, audited: Numbers, inputs: object, rng: np.random.Generator) -> None:
        """Ask again about the audited rows, rebuilt and in another order; the answers must be those of the audit.

        Scores may differ in the last digits, since a matrix product depends on how its rows lie in memory; decisions may not.
        """
        places = rng.permutation(places)
        found = self.plain(places)
        differing = ~self._near(found, audited[places])
        if not differing.any():
            return
        again = self.predict(inputs)
        changed = not self._near(again, audited)[places].all()
        raise BadValue(
            f"`model` now answers differently for {int(differing.sum()):,} of {len(places):,} audited rows.",
            "It is random, or the model or the rows were changed after the audit."
            if changed
            else "It depends on something besides the columns of one row: the index, the order of rows, or the other rows.",
            hint="audit again with the model as it is: audit = fl.audit(X, model=model, ...); a random model needs a fixed seed"
            if changed
            else "model=lambda X: ... that reads nothing but the columns of each row",
            role="model",
        )

    def _near(self, found: Numbers, audited: Numbers) -> Mask:
        if self.decides:
            same: Mask = np.equal(found, audited)
            return same
        low, high = self.spec.score_range
        near: Mask = np.abs(found - audited) <= _NEAR * (high - low)
        return near
