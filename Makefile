# `make demo` and `make test` work on a fresh Debian or Ubuntu machine with Python 3.11 or newer.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo-output

.PHONY: demo test check unit docs reference format benchmarks clean

demo: $(VENV)/.installed
	@rm -rf $(DEMO)
	@$(BIN)/plainfilm demo $(DEMO)

test: check unit

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: $(VENV)/.installed-dev
	@sh scripts/install-test-peers
	$(BIN)/pytest

reference: $(VENV)/.installed-dev
	$(BIN)/python scripts/write_reference.py

docs: $(VENV)/.installed-dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

benchmarks: $(VENV)/.installed-dev
	@for script in $$(grep -lE "^.{3}(Claim|Measures)" benchmarks/*.py) ; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

clean:
	rm -rf $(VENV) $(DEMO) site

$(VENV)/.installed: pyproject.toml constraints.txt
	@sh scripts/make-venv "$(PYTHON)" $(VENV)
	@echo "Installing plainfilm into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "Installing what the tests need into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,docs]'
	@touch $@
