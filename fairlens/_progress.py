"""Progress of long work: a bar on a terminal, one passing line in a live kernel, silence elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any

Step = Callable[[int, int], None]


class Progress:
    """Report `done` of `total`; leaves nothing behind, so nothing of it is saved in a notebook.

    Parameters
    ----------
    what
        What is being done, in a few words.
    show
        True to choose by where the code runs, False for silence, or a function ``(done, total) -> None``.
    """

    def __init__(self, what: str, show: bool | Step = True) -> None:
        self.what = what
        self._step: Step | None = None
        self._line: Any = None
        self._bar: Any = None
        if callable(show):
            self._step = show
        elif show:
            self._step = self._choose()

    def __call__(self, done: int, total: int) -> None:
        if self._step is not None:
            self._step(done, total)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()
        if self._line is not None:
            self._line.update({"text/plain": ""}, raw=True)

    def _choose(self) -> Step | None:
        if _in_live_kernel():
            return self._write_line
        if sys.stderr is not None and sys.stderr.isatty():
            return self._advance_bar
        return None

    def _write_line(self, done: int, total: int) -> None:
        from IPython.display import display

        text = {"text/plain": f"{self.what}: {done:,} of {total:,}"}
        if self._line is None:
            self._line = display(text, raw=True, display_id=True)
        else:
            self._line.update(text, raw=True)

    def _advance_bar(self, done: int, total: int) -> None:
        from tqdm import tqdm

        if self._bar is None:
            self._bar = tqdm(total=total, desc=self.what, leave=False, file=sys.stderr)
        self._bar.total = total
        self._bar.update(done - self._bar.n)


def _in_live_kernel() -> bool:
    """Say whether a person watches a kernel; a program that executes notebooks sets no front end."""
    if "ipykernel" not in sys.modules:
        return False
    import os

    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return shell is not None and hasattr(shell, "kernel") and "FAIRLENS_UNATTENDED" not in os.environ
