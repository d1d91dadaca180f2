# The two commands: `make run` serves the site, `make test` passes every test.
# Both set up what they need in .venv; nothing is installed outside it.

PYTHON ?= python3
PORT ?= 8000
export PORT

.PHONY: run test check bench lock
.DEFAULT_GOAL := run

run: .venv/installed
	@.venv/bin/hustings serve

test: .venv/installed-tests check
	.venv/bin/python -m pytest -n auto --dist worksteal

check: .venv/installed-tests
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/djlint --lint --quiet templates

# Figures, never assertions; for a machine that does nothing else.
bench: .venv/installed-tests
	.venv/bin/python -m tests.bench.serving

.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Hustings needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .
	@touch $@

.venv/installed-tests: .venv/installed tests/requirements.lock
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/requirements.lock
	@touch $@

# Renew both lock files for every supported Python and system; names, versions and hashes only.
LOCK = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --upgrade --generate-hashes \
  --no-header --no-annotate --no-emit-index-url --no-emit-find-links
lock: .venv/installed-tests
	$(LOCK) --all-extras --group build --output-file requirements.lock pyproject.toml
	$(LOCK) --constraint requirements.lock --output-file tests/requirements.lock tests/requirements.in
