# `make demo` and `make test` work on a fresh Debian or Ubuntu machine with Python 3.11 or newer.

comma := ,
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo-output
# PyTorch is large: only CI installs it for the tests of training. Locally: make test CI=true
EXTRAS := test,docs$(if $(CI),$(comma)train)
DEV := $(VENV)/.installed-$(EXTRAS)
READERS := tests/publish/readers.txt
WITHOUT_TORCH := --follow-imports=silent --exclude '((categories|clusters|findings)/training/|models/(training|backbones|efficientnet_lite|export|film_changes|third_party_backbones)\.py|scripts/train_letters|benchmarks/(eager_network|classify_loop|starter_.*|tag_compression|planted_lesions|chest_.*|visual_similarity)\.py)'

.PHONY: demo test check unit docs reference format benchmarks clean

demo: $(VENV)/.installed
	@rm -rf $(DEMO)
	@$(BIN)/plainfilm demo $(DEMO)

test: check unit

check: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(if $(CI),,$(WITHOUT_TORCH))
	$(BIN)/lint-imports

unit: $(DEV)
	@sh scripts/install-test-peers
	$(BIN)/pytest -n auto --dist loadfile

reference: $(DEV)
	$(BIN)/python scripts/write_reference.py

docs: $(DEV)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

format: $(DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

benchmarks: $(DEV)
	@for script in $$(grep -lE "^.{3}(Claim|Measures)" benchmarks/*.py) ; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

clean:
	rm -rf $(VENV) $(DEMO) site

$(VENV)/.installed: pyproject.toml constraints.txt
	@sh scripts/make-venv "$(PYTHON)" $(VENV)
	@echo "Installing plainfilm into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(DEV): $(VENV)/.installed $(READERS)
	@echo "Installing what the tests need into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS)]'
	@$(if $(CI),$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target $(VENV)/readers -r $(READERS))
	@touch $@
