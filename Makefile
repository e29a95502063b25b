# Lũy Tre. `make demo` shows it, `make test` proves it; both set everything up, as root on Debian 13. `make` alone makes .venv.

PYTHON ?= $(shell for p in /usr/bin/python3 python3.13 python3.12 python3; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
# A person's shell may keep Python from keeping what it compiled, and each of hundreds of commands would compile all of it again.
unexport PYTHONDONTWRITEBYTECODE
# What commands need is soon there; what tests and `make check` need beside it takes as long again.
STAMP := $(VENV)/.luytre
TOOLS := $(VENV)/.tools
RELEASE := $(VENV)/.release
NEXT := .venv-next
PIP := $(VENV)/bin/pip install --quiet --disable-pip-version-check
.DEFAULT_GOAL := $(TOOLS)
LAB_PACKAGES := mmdebstrap systemd-container debian-archive-keyring iproute2 openssl openssh-client util-linux
TEST_PACKAGES := $(LAB_PACKAGES) nftables openssh-server chromium fonts-liberation poppler-utils \
  libreoffice-calc-nogui libreoffice-writer-nogui
NEED = for p in $(1); do dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
  if [ -n "$$missing" ]; then echo "apt-get install$$missing"; \
  apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $$missing >/dev/null; fi

.PHONY: demo test test-guard test-kernel test-ansible-next pictures docs drills check format lock site bundle deb release test-bundle lab-up lab-down clean

demo: needs-root $(STAMP)
	@missing=; $(call NEED,$(LAB_PACKAGES))
	$(VENV)/bin/auditor lab demo

test: needs-root $(STAMP)
	@missing=; $(call NEED,$(TEST_PACKAGES))
	$(MAKE) --no-print-directory -k -j8 --output-sync=target test-lab test-unit check test-browser lab-images ASIDE="nice -n 10"

.PHONY: lab-images standard-images test-lab test-lab-bare test-lab-hardened test-lab-hostile test-lab-drills test-unit test-browser
standard-images: # mostly waits for the network and the disk
	$(VENV)/bin/auditor lab build web1 web2 web3

lab-images: standard-images # the rest is ready before the tests come to it, or they wait
	$(ASIDE) $(VENV)/bin/auditor lab build

# Mostly wait for hosts, and go first: others have what these leave of the processors (ASIDE).
# Side by side with -j: one in the machine's lab, the others each in a lab of its own.
test-lab: test-lab-bare test-lab-hardened test-lab-hostile test-lab-drills

APART = sh tests/lab/apart.sh
# As long as drills are short: these go with them, so that no lab is the last one at work.
WITH_DRILLS = $(addprefix tests/integration/,test_attacked.py test_first_hour.py test_trace_kinds.py)

# Hosts that these boot nobody else boots; the hostile ones are done before the others.
WITH_HOSTILE = $(addprefix tests/integration/,test_joomla_postgresql.py test_messy.py test_spip.py)

test-lab-bare: standard-images $(TOOLS)
	$(VENV)/bin/python -m pytest -m "not hardened" tests/integration $(addprefix --ignore=,$(WITH_DRILLS) $(WITH_HOSTILE))

test-lab-hardened: standard-images $(TOOLS)
	$(APART) $(VENV)/bin/python -m pytest -m hardened tests/integration

test-lab-hostile: standard-images $(TOOLS)
	$(APART) $(VENV)/bin/python -m pytest tests/hostile $(WITH_HOSTILE)

test-lab-drills: standard-images $(TOOLS)
	$(APART) $(VENV)/bin/python -m pytest tests/drills $(WITH_DRILLS)

test-unit: $(TOOLS)
	$(VENV)/bin/python -m pytest tests/unit tests/office

test-browser: $(TOOLS) # apart: playwright keeps an event loop, the mail server of others wants its own; not aside: browsers have deadlines
	$(VENV)/bin/python -m pytest tests/browser

test-guard: needs-root $(TOOLS) # by hand, a minute: what the guard alone has to stand, beyond what a whole hardening meets
	@missing=; $(call NEED,$(LAB_PACKAGES))
	$(MAKE) --no-print-directory lab-images
	$(VENV)/bin/python -m pytest tests/guard

test-kernel: needs-root $(TOOLS) # by hand, 10 minutes: what a container cannot show, on a kernel of its own
	@missing=; $(call NEED,$(LAB_PACKAGES) qemu-system-x86 e2fsprogs)
	$(VENV)/bin/python -m pytest tests/kernel

test-ansible-next: needs-root standard-images $(NEXT) # by hand or nightly, 6 minutes: the newest pre-release of ansible-core
	$(APART) $(NEXT)/bin/python -m pytest tests/next

test-bundle: needs-root bundle deb # by hand, minutes: both in a bare Debian 13 without a network
	@missing=; $(call NEED,mmdebstrap debian-archive-keyring)
	sh benchmarks/bundle.sh dist

docs: $(TOOLS) # the pages made from the catalogue, the roles and the models
	$(VENV)/bin/python -m tools.pages

pictures: $(TOOLS)
	LUYTRE_PICTURES=1 $(VENV)/bin/python -m pytest -q tests/office -k documentation
	LUYTRE_PICTURES=1 $(VENV)/bin/python -m pytest -q tests/browser -k documentation

drills: needs-root $(STAMP)
	@missing=; $(call NEED,$(LAB_PACKAGES))
	$(VENV)/bin/auditor lab drill --all

check: $(TOOLS)
	$(ASIDE) $(VENV)/bin/ruff check .
	$(ASIDE) $(VENV)/bin/ruff format --check .
	$(ASIDE) $(VENV)/bin/mypy
	$(ASIDE) $(VENV)/bin/python -m tools.names
	$(ASIDE) $(VENV)/bin/yamllint --strict .
	$(ASIDE) $(VENV)/bin/ansible-lint --offline
	$(ASIDE) $(VENV)/bin/python -m tools.prose
	$(ASIDE) $(VENV)/bin/python -m tools.pages --check

format: $(TOOLS)
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

LOCK = $(VENV)/bin/uv pip compile pyproject.toml --universal --python-version 3.12 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --no-header --quiet
lock: $(TOOLS)
	$(LOCK) --extra dev --extra checkout -o requirements-dev.lock
	$(LOCK) --extra checkout --constraint requirements-dev.lock -o requirements.lock
	$(LOCK) --extra release --constraint requirements-dev.lock -o requirements-release.lock

site: $(RELEASE) # the guides as pages that can be searched: dist/site/index.html
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --quiet --strict --site-dir dist/site

bundle: $(TOOLS) site # for machines without a network: dist/luytre-VERSION-….tar
	@$(VENV)/bin/python -m tools.bundle bundle dist

deb: $(TOOLS) site # the same as a package for Debian: dist/luytre_VERSION_….deb
	@$(VENV)/bin/python -m tools.bundle deb dist

release: $(TOOLS) site # what is published of a version, signed: make release KEY=~/.ssh/id_ed25519
	@$(VENV)/bin/python -m tools.release dist/release "$(KEY)"

lab-up: needs-root $(STAMP)
	@missing=; $(call NEED,$(LAB_PACKAGES))
	$(VENV)/bin/auditor lab up

lab-down: $(STAMP)
	$(VENV)/bin/auditor lab down

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .ansible out

.PHONY: needs-root
needs-root:
	@if [ "$$(id -u)" != 0 ]; then \
	  echo "This needs root on Debian 13: it boots real hosts. As root: make $(MAKECMDGOALS)"; \
	  echo "Without root, audit this machine: make $(STAMP) && $(VENV)/bin/auditor audit --local"; exit 2; fi

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.12 or newer is needed: apt-get install python3 python3-venv"; exit 2; }
	@if ! $(PYTHON) -c 'import ensurepip' 2>/dev/null; then missing=; $(call NEED,python3-venv); fi
	$(PYTHON) -m venv $(VENV)
	$(PIP) --no-compile --require-hashes -r requirements.lock
	$(PIP) --no-build-isolation --no-deps -e .
	@touch $@

$(TOOLS): requirements-dev.lock $(STAMP)
	$(PIP) --no-compile --require-hashes -r requirements-dev.lock
	@touch $@

.PHONY: $(NEXT) # anew each time: what is newest today
$(NEXT): $(TOOLS)
	rm -rf $(NEXT)
	$(PYTHON) -m venv $(NEXT)
	$(NEXT)/bin/pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements-dev.lock
	$(NEXT)/bin/pip install --quiet --disable-pip-version-check --no-compile --pre --upgrade --no-deps ansible-core
	$(NEXT)/bin/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	$(NEXT)/bin/ansible --version | head -1

$(RELEASE): requirements-release.lock $(STAMP)
	$(PIP) --no-compile --require-hashes -r requirements-release.lock
	@touch $@
