# Every target sets up what it needs: a virtual environment in .venv with the versions of requirements.lock.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
UPSHELF := @$(BIN)/python -m commands
# As `upshelf` sets them for itself (commands/environment.py), for tests and benchmarks.
export OMP_WAIT_POLICY := passive
export HF_HUB_OFFLINE := 1
export MLFLOW_DISABLE_TELEMETRY := true

.PHONY: help setup demo stop test test-slow check docs format bench ui serve mlflow rollback retention lock clean

help:  ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | sort | expand -t 12

setup: .venv/.installed  ## Create .venv and install the pinned versions

.venv/.installed: pyproject.toml requirements.lock
	@echo "Installing into .venv (some minutes the first time; log in .venv/install.log) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
		{ echo "Upshelf needs Python 3.11; $(PYTHON) is another. Set PYTHON=/path/to/python3.11."; exit 1; }
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --disable-pip-version-check --constraint requirements.lock \
		--editable '.[pipeline,postgres,mysql,serving,cloud,otel,dev]' > .venv/install.log 2>&1 || { tail -n 30 .venv/install.log; exit 1; }
	@touch $@

demo: setup  ## Run the main job end to end on the simulated shop; HEADLESS=1 stops the servers again
	$(UPSHELF) demo $(if $(HEADLESS),--headless)

stop: setup  ## Stop what `make demo` has left running
	$(UPSHELF) demo --stop

# Two runs at a time on two cores: threads of both would only wait for each other.
test test-slow: export OMP_NUM_THREADS := 1

test: setup  ## Run the fast tests
	$(BIN)/python -m pytest -n 2 -m "not slow"

test-slow: setup  ## Run the slow tests: kills, real data, long simulations
	$(BIN)/python -m pytest -n 2 --dist loadfile -m slow

check: setup  ## Lint, format, layers, types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(BIN)/mypy
	DAGSTER_HOME=$(CURDIR) $(BIN)/dagster definitions validate

docs: setup  ## Write the documentation as a site to var/site
	$(BIN)/zensical build --clean --strict

format: setup  ## Format the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: setup  ## Run the benchmarks, or one of them: BENCH=uplift, with DATA=folder where one takes it
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks $(BENCH)

ui: setup  ## Dagster UI with its daemon on http://127.0.0.1:3000 (UPSHELF_UI_HOST, UPSHELF_UI_PORT)
	$(UPSHELF) ui

serve: setup  ## API on http://127.0.0.1:8000 (UPSHELF_HOST, UPSHELF_PORT)
	$(UPSHELF) serve

mlflow: setup  ## MLflow UI on http://127.0.0.1:5000 (UPSHELF_MLFLOW_HOST, UPSHELF_MLFLOW_PORT)
	$(UPSHELF) mlflow

rollback: setup  ## Put the champion back to the release that it replaced, or to VERSION=n
	$(UPSHELF) rollback $(VERSION)

retention: setup  ## Show what is old enough to be deleted; APPLY=1 deletes it; KEEP_DAYS, KEEP_VERSIONS
	$(UPSHELF) retention $(if $(KEEP_DAYS),--keep-days $(KEEP_DAYS)) \
		$(if $(KEEP_VERSIONS),--keep-versions $(KEEP_VERSIONS)) $(if $(APPLY),--apply)

lock: setup  ## Pin what is installed now
	{ echo "# Every version that is installed, for pip's --constraint. Made by 'make lock'."; \
		$(BIN)/python -m pip freeze --exclude-editable | sed 's/+cpu$$//'; } > requirements.lock

clean:  ## Remove the virtual environment and everything the pipeline wrote
	rm -rf .venv var
