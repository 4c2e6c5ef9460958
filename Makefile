# Two commands do everything: `make verify` (the main job) and `make test`.

VENV := .venv
PYTHON := $(VENV)/bin/python
STAMP := $(VENV)/installed

.PHONY: verify test slow lint coverage bench clean

verify: $(STAMP)
	$(VENV)/bin/smtcheck verify proofs

test: $(STAMP)
	$(PYTHON) -m pytest

slow: $(STAMP)
	$(PYTHON) -m pytest -m slow

coverage: $(STAMP)
	$(PYTHON) -m pytest --cov --cov-report=term-missing:skip-covered

lint: $(STAMP)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy --strict

bench: $(STAMP)
	$(PYTHON) -m benchmarks

$(STAMP): pyproject.toml
	@sh .ci/venv $(VENV)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV)
