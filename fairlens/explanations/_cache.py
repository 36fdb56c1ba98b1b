"""Cache: attributions kept in memory, found again by the content of the question."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from threading import Lock

import numpy as np

from ._attributor import Attribution
from ._encoded import Encoded

LARGEST = 64 * 1024 * 1024
"""Bytes of contributions that are kept at most; the longest unused go first."""


class Cache:
    """Attributions by the hash of what they answer. Nothing is written to disk."""

    def __init__(self, largest: int = LARGEST) -> None:
        self._largest = largest
        self._kept: OrderedDict[str, Attribution] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str | None) -> Attribution | None:
        """Give what was found before, if it is still kept."""
        with self._lock:
            if key is None or key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key]

    def put(self, key: str | None, found: Attribution) -> None:
        """Keep what was found, and let the longest unused go."""
        if key is None or found.values.nbytes > self._largest:
            return
        found.values.flags.writeable = False
        with self._lock:
            self._kept[key] = found
            while sum(one.values.nbytes for one in self._kept.values()) > self._largest:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()

    def __len__(self) -> int:
        return len(self._kept)


def key_of(question: Encoded, method: str, probe: tuple[float, ...]) -> str:
    """Hash everything that the answer depends on: rows, background, what the model says of both and of mixed rows, and the method.

    The model itself has no content that could be hashed; a model that was fitted again answers differently somewhere.
    """
    digest = hashlib.sha256()
    told = (method, question.output, question.seed, question.codec.schema, question.Z.shape, question.background.shape, type(question.model).__qualname__)
    digest.update(repr(told).encode())
    for part in (question.Z, question.background, question.fx, question.fb, np.array(probe, float)):
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()


CACHE = Cache()
