"""Explaining: one piece of long work beside the kernel's own thread, so that a click can cancel it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from threading import Event, Thread
from time import monotonic
from typing import Any, TypeVar

from .._progress import Step
from ..exceptions import FairlensError
from ..texts import texts_of

_log = logging.getLogger("fairlens")
_PAUSE = 0.1
T = TypeVar("T")


class Cancelled(BaseException):
    """Raised inside the work when it was cancelled; no `Exception`, so that nothing on the way takes it for a failure."""


class Explaining:
    """Runs one piece of work at a time and tells how far it is.

    Parameters
    ----------
    tell
        Is given ``{"done", "total"}`` while the work runs, then ``{}``, ``{"error"}`` or ``{"note"}``. Called from the thread of the work.
    language
        Of the notes.
    """

    def __init__(self, tell: Callable[[Mapping[str, Any]], None], language: str = "en") -> None:
        self._tell = tell
        self._said = texts_of(language)["why"]
        self._thread: Thread | None = None
        self._stop = Event()
        self._far: dict[str, Any] = {}

    @property
    def is_running(self) -> bool:
        """Whether work is under way."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, work: Callable[[Step], T], keep: Callable[[T], None]) -> None:
        """Run `work`, which is given a function ``(done, total)`` to call on its way, and `keep` what it found."""
        if self.is_running:
            self._tell({**self._far, "note": self._said["busy"]})
            return
        self._stop.clear()
        self._far = {"done": 0, "total": 0}
        self._tell(self._far)
        self._thread = Thread(target=self._run, args=(work, keep), name="fairlens-explaining", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """Stop at the next step of the work; nothing is stored then."""
        self._stop.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the work has ended, and say whether it has."""
        if self._thread is not None:
            self._thread.join(seconds)
        return not self.is_running

    def _run(self, work: Callable[[Step], T], keep: Callable[[T], None]) -> None:
        try:
            found = work(self._stepper())
            self._check()
            keep(found)
        except Cancelled:
            self._tell({"note": self._said["cancelled"]})
        except FairlensError as error:
            _log.error("The panel could not explain this view: %s", error)
            self._tell({"error": str(error)})
        except BaseException as error:  # a model may even exit; nobody above would hear of it
            _log.exception("The panel could not explain this view")
            self._tell({"error": f"{type(error).__name__}: {error}"})
        else:
            self._tell({})

    def _stepper(self) -> Step:
        told = [-_PAUSE]

        def step(done: int, total: int) -> None:
            self._check()
            now = monotonic()
            if now - told[0] >= _PAUSE or done >= total:
                told[0] = now
                self._far = {"done": done, "total": total}
                self._tell(self._far)

        return step

    def _check(self) -> None:
        if self._stop.is_set():
            raise Cancelled
