# make demo | make test | make attack | make bench | make lint | make lock. All of them make .venv first: what runs in
# production for the demo, and what the tests need besides for the others.
.PHONY: demo test attack bench lint lock
.DEFAULT_GOAL := test

# The first interpreter that is new enough *and runs*: a pyenv shim can be on PATH and still fail.
PYTHON ?= $(shell for python in python3.13 python3.12 python3 python; do \
	"$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1 \
	&& { echo "$$python"; break; }; done)

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Kosenai Ops needs Python 3.12 or newer, with its venv module, and found none on PATH." \
	"Install it (Debian, Ubuntu: apt-get install python3 python3-venv; others: python.org), then run make again." >&2; exit 1; }
	"$(PYTHON)" -m venv .venv

.venv/%.installed: %.lock | .venv/bin/python
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

demo: .venv/requirements.installed
	@.venv/bin/python manage.py demo $(ARGS)

test: .venv/requirements-dev.installed
	.venv/bin/lint-imports
	.venv/bin/python -m pytest $(ARGS)

attack: .venv/requirements-dev.installed
	.venv/bin/python -m pytest -m attack $(ARGS)

bench: .venv/requirements-dev.installed
	.venv/bin/python -m tests.benchmarks $(ARGS)

# mypy's plugin reads the settings; those of the demo need no keys. The cache is lint's own: mypy would repeat from it
# what a run by hand over other folders has found.
lint: .venv/requirements-dev.installed
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/lint-imports
	DEMO=true .venv/bin/mypy --cache-dir .mypy_cache/lint

# No header and no index address: the files must read the same whoever makes them, and wherever. The second one is held
# to the versions of the first, so that what is tested is what runs.
COMPILE = .venv/bin/uv pip compile pyproject.toml --universal --python-version 3.12 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links --quiet

lock: .venv/requirements-dev.installed
	$(COMPILE) --output-file requirements.lock
	$(COMPILE) --group dev --constraint requirements.lock --output-file requirements-dev.lock
