# PetWash needs Python 3.11 or newer and make; everything else is brought along.
PYTHON ?= python3
IN_VENV = exec $(PYTHON) petwash/devstack/bootstrap.py
export PORT PETWASH_HOME ARGS SEED RELEASES KILLS WASHES BROKER

.DEFAULT_GOAL := help
.PHONY: help run test lint demo chaos chaos-wash bench python

help: ## Show what there is to do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

python:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "petwash: $(PYTHON) is missing: install Python 3.11 or newer." >&2; exit 1; }

run: python ## Start everything on http://127.0.0.1:8000 (PORT=, PETWASH_HOME=)
	@$(IN_VENV) -m petwash.devstack.run

test: python ## Run the tests in parallel (ARGS= goes to pytest)
	@$(IN_VENV) -m pytest -n auto --dist worksteal $(ARGS)

lint: python ## Check style, types, borders between apps and migrations
	@$(IN_VENV) -m petwash.devstack.lint

demo: python ## Play both stories against a system of its own and check every step
	@$(IN_VENV) -m petwash.devstack.demo

chaos: python ## Crash the money path on purpose and prove the books (SEED=1 RELEASES=2000 KILLS=100)
	@$(IN_VENV) -m petwash.chaos

chaos-wash: python ## Crash bridge, broker and stations on purpose and prove every paid wash (SEED=1 WASHES=1000 BROKER=)
	@$(IN_VENV) -m petwash.chaos.wash

bench: python ## Measure, each figure beside a limit or a peer (ARGS="postings", ARGS=--write-readme)
	@$(IN_VENV) -m bench
