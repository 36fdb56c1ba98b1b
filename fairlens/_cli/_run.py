"""Execute a notebook as nobody watches, keep it, and write the HTML file beside it."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from .._progress import Progress, Step
from ..exceptions import BadValue, PackageMissing

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from traitlets.config import Config

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_LAST_LINES = 12


@dataclass(frozen=True, slots=True)
class Run:
    """What a run left: two files, and what the cells tagged "summary" said."""

    notebook: Path
    page: Path
    summary: str


def run_notebook(notebook: Path, target: Path) -> Run:
    """Execute `notebook` and write ``target.ipynb`` and ``target.html``.

    Parameters
    ----------
    notebook
        A notebook; it is not changed. Its code runs in its own folder.
    target
        Where the results go, with or without one of the two endings; folders are made.

    Raises
    ------
    PackageMissing
        If the extra ``lab`` is not installed.
    BadValue
        If `target` would overwrite `notebook`, `notebook` is not a notebook, or one of its cells fails. The partly executed
        notebook is then kept.
    """
    _need_lab()
    from ..records import RecordExporter

    exporter: Any = RecordExporter  # its base class ships no types
    kept, page = _targets(notebook, target)
    node = _read(notebook)
    kept.parent.mkdir(parents=True, exist_ok=True)
    error = execute(node, notebook.parent)
    _write(node, kept)
    if error is not None:
        raise BadValue(
            f"{notebook} stopped in {error}",
            f"What ran is kept in {kept}; no HTML file was written.",
            hint=f"jupyter lab {kept}",
            role="notebook",
            value=str(notebook),
        )
    text, _ = exporter().from_notebook_node(node, {"metadata": {"name": notebook.stem}})
    page.write_text(text, "utf-8")
    return Run(kept, page, summary(node))


def execute(node: NotebookNode, folder: Path) -> str | None:
    """Run every cell of a notebook in place, in `folder`; give the failure in words, or None.

    The kernel finds ``FAIRLENS_UNATTENDED`` in its environment, so that nothing writes progress into the notebook.
    """
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    code = [i for i, cell in enumerate(node.cells) if cell.cell_type == "code"]
    with TemporaryDirectory(prefix="fl-") as private, Progress("Running the notebook", _steps()) as progress:

        def told(cell: NotebookNode, cell_index: int) -> None:
            progress(code.index(cell_index), len(code))

        client = NotebookClient(
            node,
            timeout=None,
            record_timing=False,
            store_widget_state=True,
            resources={"metadata": {"path": str(folder)}},
            config=_sockets(private),
            on_cell_start=lambda cell, cell_index: told(cell, cell_index) if cell_index in code else None,
        )
        try:
            client.execute(env={**os.environ, "FAIRLENS_UNATTENDED": "1"})
        except CellExecutionError as error:
            return _failure(node, code, str(error))
        except DeadKernelError as error:
            return f"a cell that ended its kernel: {error}"
        except NoSuchKernel as error:
            return f"the search for its kernel: there is no kernel {error.name!r} on this machine"
        progress(len(code), len(code))
    return None


def _sockets(folder: str) -> Config:
    """Talk to the kernel through files that only this user can open, where the system has such sockets."""
    from traitlets.config import Config

    return Config({"KernelManager": {"transport": "ipc", "ip": str(Path(folder) / "k")}} if os.name == "posix" else {})


def summary(node: NotebookNode) -> str:
    """Give what the cells tagged "summary" printed or answered, as plain text."""
    parts = []
    for cell in node.cells:
        if cell.cell_type != "code" or "summary" not in cell.metadata.get("tags", ()):
            continue
        for output in cell.outputs:
            text = output.get("text") or output.get("data", {}).get("text/plain", "")
            parts.append(text.rstrip("\n"))
    return "\n".join(part for part in parts if part)


def report(run: Run) -> str:
    """Say what was found and where the files are."""
    files = [f"  {path}  ({path.stat().st_size / 1000:,.0f} kB)" for path in (run.notebook, run.page)]
    told = [run.summary, ""] if run.summary else []
    return "\n".join([*told, "Written:", *files, "Open the .html file in a browser: it needs no kernel and no network."])


def _need_lab() -> None:
    absent = [name for name in ("nbclient", "nbconvert", "nbformat") if find_spec(name) is None]
    if absent:
        raise PackageMissing(
            f"`fairlens run` needs the package {absent[0]!r}, which is not installed.",
            "It is part of the extra 'lab'.",
            hint='pip install "fairlens-audit[lab]"',
            role="lab",
            value=absent[0],
        )


def _targets(notebook: Path, target: Path) -> tuple[Path, Path]:
    stem = target.with_suffix("") if target.suffix in (".ipynb", ".html") else target
    kept, page = stem.with_name(f"{stem.name}.ipynb"), stem.with_name(f"{stem.name}.html")
    if kept.resolve() == notebook.resolve():
        raise BadValue(
            f"`--to` is {target}, which would overwrite the notebook itself.",
            hint=f"fairlens run {notebook} --to build/{stem.name}",
            role="--to",
            value=str(target),
        )
    return kept, page


def _read(notebook: Path) -> NotebookNode:
    import nbformat

    try:
        text = notebook.read_text("utf-8")
        if not isinstance(json.loads(text).get("nbformat"), int):
            raise _not_a_notebook(notebook, "It does not say which version of the notebook format it has.")
        node: NotebookNode = nbformat.reads(text, as_version=4)
        nbformat.validate(node)
    except (ValueError, TypeError, AttributeError, nbformat.ValidationError) as error:  # nbformat trusts the shape it expects
        if isinstance(error, BadValue):
            raise
        raise _not_a_notebook(notebook, str(error).splitlines()[0]) from error
    return node


def _not_a_notebook(notebook: Path, why: str) -> BadValue:
    return BadValue(
        f"{notebook} is not a notebook.",
        why,
        hint="fairlens run notebooks/01_mortgage_audit.ipynb --to build/mortgage-audit",
        role="notebook",
        value=str(notebook),
    )


def _write(node: NotebookNode, path: Path) -> None:
    import nbformat

    nbformat.write(node, path)


def _steps() -> bool | Step:
    """A bar on a terminal; elsewhere, for logs, one line per cell."""
    return True if sys.stderr.isatty() else _line


def _line(done: int, total: int) -> None:
    if done < total:
        print(f"Running cell {done + 1} of {total}", file=sys.stderr, flush=True)


def _failure(node: NotebookNode, code: list[int], told: str) -> str:
    """Say which cell failed, with the end of its traceback: the last that did, as a cell may be allowed to."""
    for k, index in reversed(list(enumerate(code, 1))):
        for output in node.cells[index].get("outputs", ()):
            if output.output_type == "error":
                trace = _COLOURS.sub("", "\n".join(output.traceback)).splitlines()
                shown = "\n".join(f"  {line}" for line in trace[-_LAST_LINES:])
                return f"code cell {k} of {len(code)}:\n{shown}"
    return f"a cell: {told}"
