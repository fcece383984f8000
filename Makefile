# Two commands matter: `make demo` shows what this is, `make test` proves that it works. Each sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MINUTES ?= 60
MODULE ?= reactive/regions
TESTS ?= tests/reactive/test_regions.py
STUBS := clients/python
PARALLEL := --numprocesses auto --maxprocesses 8 --dist worksteal
QUICK := $(addprefix tests/,architecture convert crash handlers output reactive rpc security store) $(wildcard tests/test_*.py)
SERVICE_PROTOS := $(wildcard protos/millstream/*/v1/*_service.proto)

# What is compiled is kept: else each of thousands of processes that tests start compiles all of its modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup packages demo quick test test-all protos blocking release-protos protos-check checks lint format bench soak fuzz sanitize mutate plots clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(VENV)/.ready ## make the virtual environment

$(VENV)/.ready: pyproject.toml hatch_build.py $(wildcard service/millstream_service/convert/native/*.[ch])
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

packages: ## install what tests need of Debian (PostgreSQL, nginx), where we may
	@scripts/debian-packages

demo: setup ## record a real build and look at it
	$(BIN)/python demo/demo.py

protos: setup ## generate the Python stubs
	rm -f $(STUBS)/millstream/*/v1/*_pb2*.py*
	$(BIN)/python -m grpc_tools.protoc -Iprotos --python_out=$(STUBS) --pyi_out=$(STUBS) $$(find protos/millstream -name '*.proto' | sort)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m grpc_tools.protoc -Iprotos \
		--grpc_python_out=$(STUBS) --mypy_grpc_out=quiet:$(STUBS) $(SERVICE_PROTOS)

blocking: setup ## generate the blocking Python client from the asynchronous one
	$(BIN)/python scripts/make-blocking

release-protos: setup ## freeze the protos as released: from then on `buf breaking` compares with them
	$(BIN)/buf build --exclude-source-info -o protos/released.binpb

protos-check: setup ## fail if the committed stubs are stale
	@scripts/stale-stubs $(STUBS)

lint: setup ## check style, types, protos, and the files for containers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python scripts/make-blocking --check
	$(BIN)/mypy
	$(BIN)/buf lint
	$(BIN)/buf format --diff --exit-code
	$(BIN)/buf breaking --against protos/released.binpb
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec docker-compose.yml

format: setup ## put everything in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/buf format -w

checks: protos-check lint

quick: setup ## what takes under a minute: style of what has changed, all that starts no process, on SQLite
	@scripts/changed-files .py | xargs -r $(BIN)/ruff check --force-exclude
	@scripts/changed-files .py | xargs -r $(BIN)/ruff format --check --force-exclude
	$(BIN)/pytest $(PARALLEL) --engine sqlite -m 'not slow' $(QUICK)

test: setup packages ## everything that must hold before a commit
	@scripts/beside '$(MAKE) --no-print-directory checks' '$(BIN)/pytest $(PARALLEL)'

test-all: setup packages ## the same, and what takes too long for each commit: all of the handlers on PostgreSQL, C with sanitizers
	@scripts/beside '$(MAKE) --no-print-directory checks' '$(BIN)/pytest $(PARALLEL) --in-full'
	@$(MAKE) --no-print-directory sanitize

bench: setup packages ## print each figure beside its floor
	@mkdir -p build
	$(BIN)/python -m tests.load --json build/bench.json --markdown build/bench.md

soak: setup ## an hour of everything at once, checked, and kill -9 (MINUTES=5 for a short one)
	@mkdir -p build
	$(BIN)/python -m tests.load.soak --minutes $(MINUTES) --json build/soak.json

fuzz: MINUTES := $(if $(filter file,$(origin MINUTES)),10,$(MINUTES))
fuzz: setup ## send every RPC what nobody means, MINUTES=10 long, and look the service over (SEED=… repeats a run)
	$(BIN)/python -m tests.fuzz --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

sanitize: setup ## run the tests of what is written in C with sanitizers around it
	scripts/sanitize

mutate: setup ## change a module place by place, and show what its tests did not see (MODULE=store/database/lanes TESTS=tests/store/database/test_lanes.py)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[mutate]'
	scripts/mutate $(MODULE) $(TESTS)

plots: setup ## draw what `make bench` and `make soak` found, and fill the tables in docs/performance.md
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	$(BIN)/python -m tests.load.reports.plots build/bench.json build/soak.json docs/plots
	$(BIN)/python -m tests.load.reports.table build/bench.json docs/performance.md
	$(BIN)/python -m tests.load.reports.table build/soak.json docs/performance.md

clean: ## remove what was made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .demo .cache dist build
