"""``fairlens``: the commands and their arguments. What they do is in the other files of this package."""

from __future__ import annotations

from pathlib import Path

import click

from ..exceptions import FairlensError


class _Refused(click.ClickException):
    """Print an error of ours as it is written, with its hint, and no traceback."""

    exit_code = 1

    def __init__(self, error: FairlensError) -> None:
        super().__init__(str(error))


def _say_version(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    """Imported when asked for: `fairlens doctor` has to work where a foreign package of the same name replaced our `__init__`."""
    if wanted and not context.resilient_parsing:
        from .. import __version__

        click.echo(f"fairlens, version {__version__}")
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_say_version, help="Show the version and exit.")
def main() -> None:
    """Audit models for unfair treatment of groups of people."""


@main.command()
@click.argument("notebook", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--to",
    "target",
    required=True,
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Where the results go: PATH.ipynb and PATH.html.",
)
def run(notebook: Path, target: Path) -> None:
    """Execute NOTEBOOK; keep it with its outputs, and write one offline HTML file.

    The results are PATH.ipynb and PATH.html. What cells tagged "summary" print is repeated here.
    """
    from ._run import report, run_notebook

    try:
        made = run_notebook(notebook, target)
    except FairlensError as error:
        raise _Refused(error) from error
    click.echo(report(made))


@main.command()
def doctor() -> None:
    """Say which package is missing in which environment for the panel to show, and how to mend it.

    Asks this Python, the Jupyter programs on the PATH, and every kernel. Uses no network and changes nothing. The exit code is 0 where
    the panel should show, and 10 where something is missing.
    """
    from ._doctor import MISSING, examine

    report = examine()
    click.echo(report.text)
    if report.problems:
        raise SystemExit(MISSING)
