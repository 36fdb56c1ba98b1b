"""A real JupyterLab on the loopback interface, for tests that click."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

_SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True},
    "docmanager-extension/plugin": {"autosave": False},
}
_OPTIONS = [
    "--no-browser",
    "--allow-root",
    "--ServerApp.ip=127.0.0.1",
    "--ServerApp.port_retries=0",
    "--LabApp.expose_app_in_browser=True",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
]
_IDLE = """() => {
    const kernel = window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel;
    return kernel && kernel.connectionStatus === "connected" && kernel.status === "idle";
}"""
_ERRORS = """() => window.jupyterapp.shell.currentWidget.content.widgets.flatMap(cell =>
    (cell.model.toJSON().outputs ?? []).filter(output => output.output_type === "error").map(output => `${output.ename}: ${output.evalue}`))"""


class Lab:
    """A server with settings of its own, ended by its handle."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.token = secrets.token_hex(16)
        self.home = Path(tempfile.mkdtemp(prefix="lab-"))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def __enter__(self) -> Lab:
        for name, values in _SETTINGS.items():
            path = self.home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values))
        folders = {f"JUPYTER_{kind}_DIR": str(self.home / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
        folders |= {f"JUPYTERLAB_{kind}_DIR": str(self.home / kind.lower()) for kind in ("SETTINGS", "WORKSPACES")}
        self.log = (self.home / "lab.log").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *_OPTIONS, f"--ServerApp.port={self.port}",
             f"--ServerApp.root_dir={self.root}", f"--IdentityProvider.token={self.token}"],
            env={**os.environ, **folders, "IPYTHONDIR": str(self.home / "ipython")},
            stdout=self.log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        deadline = time.monotonic() + 90
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.home / "lab.log").read_text()[-3000:])
            try:
                self.process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
        return self

    def __exit__(self, *error: object) -> None:
        for kernel in json.loads(self._ask("GET", "/api/kernels") or "[]"):
            self._ask("DELETE", f"/api/kernels/{kernel['id']}")
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.home, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            return bool(self._ask("GET", "/api/status"))
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def _ask(self, method: str, path: str) -> bytes:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", method=method, headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return bytes(answer.read())

    def open(self, page: Any, notebook: str) -> None:
        """Open a notebook in single-document mode and wait for its kernel."""
        page.goto(f"http://127.0.0.1:{self.port}/doc/tree/{notebook}?token={self.token}&reset")
        page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.context?.isReady", timeout=90_000)
        page.wait_for_function(_IDLE, timeout=90_000)


def run_all(page: Any) -> None:
    """Run every cell, and say the error if one has one."""
    command(page, "notebook:run-all-cells")
    page.wait_for_function(_IDLE, timeout=240_000)
    errors = page.evaluate(_ERRORS)
    assert errors == [], errors


def command(page: Any, name: str) -> None:
    """Execute a command of JupyterLab; returns when it has ended."""
    page.evaluate("name => window.jupyterapp.commands.execute(name).then(() => true)", name)
