# Plain Python 3.11 or newer and make; everything else is set up in .venv, once.
# make PYTHON=/path/to/python3.12 chooses the interpreter.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
REPORT := build/mortgage-audit

.DEFAULT_GOAL := help
.PHONY: help audit test lab clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-6s  %s\n", $$1, $$2}'

audit: $(VENV)/.lab ## audit a model of real mortgage applications: build/mortgage-audit.ipynb and .html
	@$(BIN)/fairlens run notebooks/01_mortgage_audit.ipynb --to $(REPORT)

test: $(VENV)/.dev ## run the linter, the type checker and the tests
	$(BIN)/ruff check .
	$(BIN)/mypy
	@set -- tests/widgets/*.test.js; \
	if [ ! -e "$$1" ]; then echo "There are no JavaScript tests."; \
	elif command -v node >/dev/null; then node --test "$$@"; \
	elif [ -n "$$FAIRLENS_REQUIRE_ALL" ]; then echo "The JavaScript tests need node." >&2; exit 1; \
	else echo "Skipped: the JavaScript tests, because there is no node."; fi
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lab: $(VENV)/.lab ## open JupyterLab on the notebooks, for this machine only
	$(BIN)/jupyter lab --ServerApp.ip=127.0.0.1 --ServerApp.root_dir=notebooks $(if $(filter 0,$(shell id -u)),--allow-root)

clean: ## remove what was built, and .venv
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "fairlens needs Python 3.11 or newer, and $(PYTHON) is older. Hint: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.lab: pyproject.toml | $(BIN)/python
	@echo "Installing fairlens and what its notebooks need into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[lab]"
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	@echo "Installing fairlens and what its tests need into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[lab,dev]"
	@touch $@ $(VENV)/.lab
