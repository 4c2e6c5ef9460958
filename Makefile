# Two commands do everything: `make verify` (the main job) and `make test`.

VENV := .venv
PYTHON := $(VENV)/bin/python
TOOL := $(VENV)/installed
TESTS := $(VENV)/installed-for-tests
LRUP := $(VENV)/bin/lrup-check

.PHONY: verify test slow mutants lint coverage bench campaign coq clean

verify: $(TOOL)
	$(VENV)/bin/smtcheck verify proofs

test: $(TESTS)
	$(PYTHON) -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

slow: $(TESTS)
	$(PYTHON) -m pytest -m slow

mutants: $(TESTS)
	$(PYTHON) -m pytest -m slow --numprocesses auto tests/checking/test_mutants.py

coverage: $(TESTS)
	$(PYTHON) -m coverage run -m pytest
	$(PYTHON) -m coverage combine --quiet
	$(PYTHON) -m coverage report --show-missing --skip-covered
	$(PYTHON) -m coverage report --fail-under=95 \
	    --include='smtcheck/arithmetic/*,smtcheck/expressions/*,smtcheck/networks/*,smtcheck/checking/*' | tail -1

lint: $(TESTS)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy --strict

bench: $(TOOL)
	$(PYTHON) -m benchmarks

campaign: $(TESTS)
	$(PYTHON) -m benchmarks campaign

coq: $(LRUP)

$(TOOL): pyproject.toml
	@sh .ci/venv $(VENV)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(TESTS): $(TOOL)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

$(LRUP): proofs/coq/Lrup.v proofs/coq/main.ml .ci/coq | $(TOOL)
	@sh .ci/coq proofs/coq build/coq $@

clean:
	rm -rf $(VENV)
