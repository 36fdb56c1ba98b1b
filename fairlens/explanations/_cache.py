"""Cache: attributions kept in memory, found again by the content of the question and of the model."""

from __future__ import annotations

import hashlib
import pickle
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from types import FunctionType
from typing import Any

import numpy as np

from .._predict import Predictor
from ._attributor import Attribution, Vector
from ._encoded import Encoded

LARGEST = 64 * 1024 * 1024
"""Bytes of contributions that are kept at most; the longest unused go first."""
LARGEST_MODEL = 512 * 1024 * 1024
"""Bytes of a model that are hashed at most; what a larger one answers is not kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """A model by its content: a hash of its pickled data, and the classes and functions that this names but does not hold."""

    digest: str
    code: tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Key:
    """A question by its content; `code` must be the very same objects, since a class that was written anew keeps its name."""

    digest: str
    code: tuple[Any, ...] = ()


class Cache:
    """Attributions by what they answer. Nothing is written to disk."""

    def __init__(self, largest: int = LARGEST) -> None:
        self._largest = largest
        self._kept: OrderedDict[str, tuple[Attribution, tuple[Any, ...]]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key | None) -> Attribution | None:
        """Give what was found before, if it is still kept."""
        with self._lock:
            if key is None or key.digest not in self._kept:
                return None
            found, code = self._kept[key.digest]
            if len(code) != len(key.code) or any(one is not other for one, other in zip(code, key.code, strict=True)):
                return None
            self._kept.move_to_end(key.digest)
            return found

    def put(self, key: Key | None, found: Attribution) -> None:
        """Keep what was found, and let the longest unused go."""
        if key is None or found.values.nbytes > self._largest:
            return
        found.values.flags.writeable = False
        with self._lock:
            self._kept[key.digest] = found, key.code
            self._kept.move_to_end(key.digest)
            while sum(one.values.nbytes for one, _ in self._kept.values()) > self._largest:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()

    def __len__(self) -> int:
        return len(self._kept)


def content_of(predict: Predictor) -> Content | None:
    """Hash the model; None where its content is not to be had: a function, or what cannot be pickled or is very large.

    A model is its pickled data and the classes and functions that are named there. What it reads elsewhere, from a file or a global
    variable, is in neither: of that only the answers tell that are in the key of the question.
    """
    if predict.form == "call":
        return None
    target = _Digest()
    pickler = _Pickler(target, protocol=5)
    try:
        pickler.dump(predict.model)
    except _NO_CONTENT:
        return None
    return Content(target.hash.hexdigest(), tuple(pickler.code))


class _TooLarge(Exception):
    """Ends the pickling of a very large model."""


_NO_CONTENT = (
    _TooLarge, pickle.PickleError, ArithmeticError, AssertionError, AttributeError, BufferError, ImportError, LookupError, MemoryError, OSError, RuntimeError,
    TypeError, ValueError,
)  # fmt: skip
"""What pickling raises where it cannot be done."""


class _Digest:
    """A file that keeps nothing but a hash of what is written to it."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()
        self._size = 0

    def write(self, part: Any) -> int:
        view = memoryview(part)
        self._size += view.nbytes
        if self._size > LARGEST_MODEL:
            raise _TooLarge
        self.hash.update(view)
        return view.nbytes


class _Pickler(pickle.Pickler):
    """Pickles, and keeps the classes and functions that are named: pickled data hold no code."""

    def __init__(self, file: _Digest, protocol: int) -> None:
        super().__init__(file, protocol)
        self.code: list[Any] = []

    def persistent_id(self, obj: Any) -> None:
        """Note code as it passes, and have everything pickled as usual."""
        if isinstance(obj, type | FunctionType):
            self.code.append(obj)


def key_of(question: Encoded, method: str, content: Content, threshold: float | None, told: tuple[Vector, ...]) -> Key:
    """Hash everything that the answer depends on: rows, background, the model, what it says of them, the threshold, and the method.

    Parameters
    ----------
    question
        Rows, background, what is explained, and the seed.
    method
        The attributor with all its settings.
    content
        The model.
    threshold
        Of the decision that is explained; None where a score is.
    told
        What the model says, as its plain scores, of rows and background and of some mixed rows.
    """
    digest = hashlib.sha256()
    named = (
        method, question.output, threshold, question.seed, question.f.budget, question.codec.schema, question.Z.shape, question.background.shape,
        content.digest, question.predict.form, question.predict.event, question.predict.column,
    )  # fmt: skip
    digest.update(repr(named).encode())
    for part in (question.Z, question.background, question.fx, question.fb, *told):
        digest.update(np.ascontiguousarray(part).tobytes())
    return Key(digest.hexdigest(), content.code)


CACHE = Cache()
