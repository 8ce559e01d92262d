# `make help` lists what can be done. Everything happens in .venv/, and a second run only does what is new.

VENV     := .venv
BIN      := $(VENV)/bin
LOWEST   := .venv-lowest
NOTEBOOK := notebooks/00_start_here.ipynb
LAB_ARGS ?=
# where JupyterLab is told not to ask about news; an editable install leaves such files out
QUIET    := etc/jupyter/labconfig/page_config.d
# JupyterLab refuses to run as root unless it is told that this is meant, as in a container
ROOT     := $(if $(filter 0,$(shell id -u)),--allow-root)
CHECK    := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON   ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
              $$p -c '$(CHECK)' >/dev/null 2>&1 && echo $$p && break; done)

.DEFAULT_GOAL := help
.PHONY: help lab install test tour claims lowest soak bench picture present lint clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

lab: install  ## open the course in JupyterLab (LAB_ARGS="--no-browser --port 9999" passes options on)
	$(BIN)/jupyter lab $(ROOT) $(LAB_ARGS) $(NOTEBOOK)

install: $(VENV)/.installed  ## set up .venv/ with the course and JupyterLab

# the files with such tests: to collect all the others for their sake takes a while
MEASURE = $(shell grep --recursive --files-with-matches --include "test_*.py" "mark.quiet" tests)
# where Python is told to keep no bytecode, each of some hundred processes would compile the library again
test tour claims: export PYTHONDONTWRITEBYTECODE =
test: $(VENV)/.test  ## run all tests that this machine can run (TEST_ARGS="-k cache" picks some)
	@failed=0; \
	$(BIN)/pytest -m quiet $(or $(TEST_ARGS),$(MEASURE)) || failed=1; \
	$(BIN)/pytest -m "not quiet and not browser and not claims and not tour" --numprocesses 4 --ignore tests/browser $(TEST_ARGS) || failed=1; \
	$(BIN)/pytest -m "browser and not quiet and not tour" --numprocesses 2 $(or $(TEST_ARGS),tests/browser) || failed=1; \
	[ $$failed = 0 ] || { echo "These failed beside others, and are run once more, alone:"; \
	$(BIN)/pytest --last-failed --last-failed-no-failures none $(TEST_ARGS); }

tour: $(VENV)/.test  ## the long tests: every control of every notebook in a browser, axe-core, each race twice: an hour
	$(BIN)/pytest -m tour --numprocesses 2 $(TEST_ARGS)

claims: $(VENV)/.test  ## perturb the subject of every claim, and see its verdict turn: a quarter of an hour
	$(BIN)/pytest tests/study/test_perturbed.py $(TEST_ARGS)

lowest: $(LOWEST)/.installed  ## test the course with every dependency at its lower bound, in an environment of its own
	$(LOWEST)/bin/python -m pytest -q -m "not claims" tests/screen tests/study tests/bench tests/browser/test_guess.py tests/browser/test_sight.py \
	  tests/browser/test_late.py tests/browser/test_order.py tests/browser/test_tabs.py tests/browser/test_fronts.py

soak: $(VENV)/.test  ## re-run and reset every lab, tour notebook 01, and see what stays behind: an hour (SOAK="ArenaLab tours" picks some)
	$(BIN)/python -m tests.budgets.soak $(SOAK)

bench: $(VENV)/.test  ## measure the budgets, as ratios in one run
	$(BIN)/python -m tests.budgets

picture: $(VENV)/.test  ## take the README's picture and a still of each panel again (STILLS="01-aside 04" takes some)
	$(BIN)/python -m tests.browser.picture $(STILLS)

present: $(VENV)/.present  ## serve the notebooks as pages without code, for a room (LAB_ARGS as above)
	@echo "The course for a room, at the address below, on this machine alone. Ctrl+C ends it, and every kernel with it."
	JUPYTER_PATH="$(CURDIR)/lib/jupyter" JUPYTER_CONFIG_PATH="$(CURDIR)/lib/jupyter" $(BIN)/voila $(LAB_ARGS) notebooks

lint: $(VENV)/.test  ## check style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

clean:  ## remove .venv/ and what tools left behind
	rm -rf $(VENV) $(LOWEST) build dist lib/*.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 to 3.13 with venv was found. Install one (Debian: python3-venv), or say make PYTHON=/path/to/python." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	@install -d $(VENV)/$(QUIET) && install -m 644 lib/jupyter/redislab.json $(VENV)/$(QUIET)/
	@touch $@

$(VENV)/.test: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable ".[test,present]"
	@touch $@

$(LOWEST)/.installed: $(VENV)/.test
	$(PYTHON) -m venv $(LOWEST)
	$(BIN)/python -c "from tests.test_packaging import lowest; print(*lowest(), sep='\n')" > $(LOWEST)/lowest.txt
	$(LOWEST)/bin/python -m pip install --quiet --requirement $(LOWEST)/lowest.txt
	$(LOWEST)/bin/python -m pip install --quiet --no-deps --editable .
	@touch $@

$(VENV)/.present: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable ".[present]"
	@touch $@
