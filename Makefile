# Needs Python 3.11 or newer with its venv module, git and make. Everything else goes into .venv.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/stamp
# What models are made with weighs gigabytes, and only tests need it.
FRAMEWORKS := .venv/frameworks
# MLflow has an environment of its own, as with its users: what it loads of runlog's must need no runlog. It shares the frameworks.
MLFLOW := .mlflow/stamp
MLFLOW_PACKAGES := mlflow==3.17.*

# The caller's environment must not reach into ours.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV

.DEFAULT_GOAL := help
.PHONY: help setup frameworks demo test test-long lint format types bench bench-peers docs build clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP) ## make .venv and install runlog with its tools into it; once

frameworks: $(FRAMEWORKS) $(MLFLOW) ## install scikit-learn's peers and MLflow, for the tests of models; once

demo: setup ## train the sample models and show their runs
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh sample_experiments/demo.sh

test: setup frameworks ## run the tests; ARGS="-k store" picks some
	$(BIN)/python -m pytest -n 2 --dist loadgroup tests $(ARGS)

# One at a time: they measure or fill the machine.
test-long: setup frameworks ## run the tests that take minutes
	$(BIN)/python -m pytest -m long --timeout 1800 tests $(ARGS)

lint: setup ## check style, formatting and the layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo

format: setup ## format the code and mend what can be mended
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

types: setup frameworks ## check the types
	$(BIN)/python -m mypy

bench: setup ## measure runlog
	$(BIN)/python -m benchmarks $(ARGS)

bench-peers: setup ## install other trackers beside it, to be measured too
	$(BIN)/python -m benchmarks.peers $(ARGS)

docs: setup ## write the generated pages of docs/ anew
	$(BIN)/python -m docs.generate

build: setup ## make the wheel and the sdist in dist/
	rm -rf dist
	$(BIN)/python -m build --outdir dist .

clean: ## remove all that make has made, .venv too
	rm -rf .venv .mlflow .bench-peers .bench-scratch dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

# The stamp holds the folder .venv was made in. Scripts in it name that folder, so a tree that was moved
# or copied gets a new .venv; a changed pyproject.toml only brings the old one up to date.
ifneq "$(shell cat $(STAMP) 2>/dev/null)" "$(CURDIR)"
.PHONY: $(STAMP)
endif
ifneq "$(shell cat $(FRAMEWORKS) 2>/dev/null)" "$(CURDIR)"
.PHONY: $(FRAMEWORKS)
endif
ifneq "$(shell cat $(MLFLOW) 2>/dev/null)" "$(CURDIR) $(MLFLOW_PACKAGES)"
.PHONY: $(MLFLOW)
endif

$(STAMP): pyproject.toml
	@command -v "$(PYTHON)" >/dev/null || \
		{ echo 'error: there is no "$(PYTHON)": install Python 3.11 or newer, or name one with make PYTHON=...' >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("error: runlog needs Python 3.11 \
	or newer and \"$(PYTHON)\" is %d.%d: name a newer one with make PYTHON=..." % v[:2])'
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo 'error: "$(PYTHON)" has no venv module: install it (Debian and Ubuntu: apt install python3-venv)' >&2; exit 1; }
	@echo 'setting up .venv: a minute or two, once' >&2
	@test "$$(cat $(STAMP) 2>/dev/null)" = "$(CURDIR)" || "$(PYTHON)" -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,samples,system]'
	@echo "$(CURDIR)" > $(STAMP)

$(FRAMEWORKS): pyproject.toml | $(STAMP)
	@echo 'installing the frameworks that models come from: a minute or two, once' >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[frameworks]'
	@echo "$(CURDIR)" > $(FRAMEWORKS)

PURELIB := -c 'import sysconfig; print(sysconfig.get_path("purelib"))'

$(MLFLOW): | $(FRAMEWORKS)
	@echo 'setting up .mlflow: a minute, once' >&2
	@"$(PYTHON)" -m venv --clear .mlflow
	@$(BIN)/python $(PURELIB) > "$$(.mlflow/bin/python $(PURELIB))/frameworks.pth"
	@.mlflow/bin/python -m pip install --quiet --disable-pip-version-check $(MLFLOW_PACKAGES)
	@# MLflow starts its server by this command, which must be its own.
	@.mlflow/bin/python -m pip install --quiet --disable-pip-version-check --ignore-installed --no-deps uvicorn
	@echo "$(CURDIR) $(MLFLOW_PACKAGES)" > $(MLFLOW)
