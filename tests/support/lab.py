"""A real JupyterLab, and Notebook 7 and Voila beside it, on the loopback interface, for tests that click."""

from __future__ import annotations

import urllib.parse
from typing import Any

from server import Server

_JUPYTER = [
    "--no-browser",
    "--allow-root",
    "--ServerApp.ip=127.0.0.1",
    "--ServerApp.port_retries=0",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
    "--LabApp.expose_app_in_browser=True",
    "--JupyterNotebookApp.expose_app_in_browser=True",
]
_IDLE = """() => {
    const kernel = window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel;
    return kernel && kernel.connectionStatus === "connected" && kernel.status === "idle";
}"""
_ERRORS = """() => window.jupyterapp.shell.currentWidget.content.widgets.flatMap(cell =>
    (cell.model.toJSON().outputs ?? []).filter(output => output.output_type === "error").map(output => `${output.ename}: ${output.evalue}`))"""


class Lab(Server):
    """JupyterLab 4; Notebook 7, where it is installed, is served beside it."""

    module = "jupyterlab"

    def options(self) -> list[str]:
        """The arguments after the name of the module."""
        own = [f"--ServerApp.port={self.port}", f"--ServerApp.root_dir={self.root}", f"--IdentityProvider.token={self.token}"]
        return [*_JUPYTER, *own]

    def open(self, page: Any, notebook: str, where: str = "doc/tree") -> None:
        """Open a notebook, in JupyterLab's single-document mode or in "notebooks", and wait for its kernel."""
        page.goto(f"http://127.0.0.1:{self.port}/{where}/{urllib.parse.quote(notebook)}?token={self.token}&reset")
        page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.context?.isReady", timeout=90_000)
        page.wait_for_function(_IDLE, timeout=90_000)


class Voila(Server):
    """Voila: runs a notebook when its page is asked for, and shows what it gives."""

    module = "voila"
    status = "/"
    keeps_kernels = False  # its kernels end with it

    def options(self) -> list[str]:
        """The arguments after the name of the module: a folder is listed, so that no notebook is run to see whether it answers."""
        return ["--no-browser", f"--port={self.port}", "--Voila.ip=127.0.0.1", f"--token={self.token}", str(self.root)]

    def open(self, page: Any, notebook: str) -> None:
        """Run a notebook and wait until the page has drawn it."""
        page.goto(f"http://127.0.0.1:{self.port}/voila/render/{urllib.parse.quote(notebook)}?token={self.token}", timeout=90_000)


def run_all(page: Any) -> None:
    """Run every cell, and say the error if one has one."""
    command(page, "notebook:run-all-cells")
    page.wait_for_function(_IDLE, timeout=240_000)
    errors = page.evaluate(_ERRORS)
    assert errors == [], errors


def command(page: Any, name: str) -> None:
    """Execute a command of JupyterLab; returns when it has ended."""
    page.evaluate("name => window.jupyterapp.commands.execute(name).then(() => true)", name)
