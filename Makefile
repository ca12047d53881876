# Two commands: `make run` serves a planned demonstration centre, `make test` passes.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin

.PHONY: run test setup setup-dev lint bench lock catalogues clean

run: setup
	$(BIN)/semainier serve --port $(PORT) --demo

test: setup-dev lint
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

setup: .venv/.runtime web/static/vendor/.installed web/translations/.compiled

setup-dev: setup .venv/.dev

lint: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup-dev
	$(BIN)/python benchmarks/run.py

# Resolve the newest allowed versions again and pin them.
lock: setup-dev
	$(BIN)/python -m pip install -q uv
	$(BIN)/uv pip compile -q -U --universal --python-version 3.11 --generate-hashes --no-annotate --no-header pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q -U --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --extra dev pyproject.toml -o requirements-dev.lock

# Collect new texts from the code into the Dutch, English and French catalogues.
catalogues: setup-dev
	$(BIN)/pybabel -q extract -F babel.cfg -k _l -k lazy_gettext -k N_ --no-location --sort-output -o web/translations/messages.pot .
	$(BIN)/pybabel -q update --no-fuzzy-matching --ignore-obsolete -i web/translations/messages.pot -d web/translations

clean:
	rm -rf .venv node_modules web/static/vendor web/translations/.compiled

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Semainier needs Python 3.11 or newer; PYTHON=... chooses one.")'
	$(PYTHON) -m venv .venv

.venv/.runtime: requirements.lock pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	touch $@

.venv/.dev: requirements-dev.lock package-lock.json .venv/.runtime web/static/vendor/.installed
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m web.assets --with-tests
	touch web/static/vendor/.installed
	touch $@

web/static/vendor/.installed: package-lock.json package.json web/assets.py .venv/.runtime
	$(BIN)/python -m web.assets
	touch $@

web/translations/.compiled: $(wildcard web/translations/*/LC_MESSAGES/messages.po) .venv/.runtime
	$(BIN)/pybabel -q compile -d web/translations
	touch $@
