# The targets and what they are for: `make help`.

SHELL := /bin/bash
run := node build/run.mjs

.DEFAULT_GOAL := help
.PHONY: help image real-image elements check-elements format check lint unit test test-hosts bench mutants vendor dist packages build-packages \
    host-packages clean
# npm installs into one folder.
.NOTPARALLEL:

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

# It makes elements/ from the sources as they are, which takes a second: the image shows what was changed last.
image: build-packages host-packages ## Build a sample image through a local mirror: PACKAGES="requests flask" names what to install
	@$(run) build/elements.ts >/dev/null
	@$(run) test/demo/make-image.ts $(PACKAGES)

# Whole Debian images, 7 minutes: too long for `make test`, and it needs a package index.
real-image: build-packages host-packages ## Build a Debian image by dib's newest release, as root, online and again offline: PACKAGES=... as above
	@$(run) build/elements.ts >/dev/null
	@$(run) test/demo/real-image.ts $(PACKAGES)

elements: build-packages ## Turn element-src/ into elements/
	@$(run) build/elements.ts

# They are compared with what was there, committed or not.
check-elements: build-packages ## Make elements/ anew, fail if it was not what element-src/ makes
	@before=$$(mktemp -d) && trap 'rm -rf "$$before"' EXIT && cp -a elements "$$before" && rm -rf elements && \
	    $(run) build/elements.ts && diff -rq "$$before/elements" elements >&2 || { \
	    echo "elements/ was not what element-src/ makes; now it is: commit it" >&2; exit 1; }

format: packages ## Format the sources, and repair what biome can
	@node_modules/.bin/biome check --write --error-on-warnings .

# In this order: what is made of a source follows its format, and lint looks at what is made.
check: format elements lint unit ## Before a commit: format, elements, lint, unit

# Twice by tsc: all of it, and the element by the types and the library of the oldest Node.js that runs it.
lint: packages host-packages ## Check types, style, and the elements by dib's own lint
	@node_modules/.bin/tsc -p .
	@node_modules/.bin/tsc -p element-src
	@node_modules/.bin/biome check --error-on-warnings .
	@test/support/setup/lint-elements.sh

unit: packages ## Run the unit tests: no root, no fixtures, seconds. TESTS=file... names some
	@$(run) test/run.ts $(or $(strip $(TESTS)),unit)

# Without root the tests of hooks and images are skipped, and what they need of this machine is not installed.
for_tests := packages $(if $(filter 0,$(shell id -u)),host-packages)
test: $(for_tests) ## Run the tests: unit, hook, image; the last two as root. TESTS=file... names some
	@$(run) test/run.ts $(or $(strip $(TESTS)),unit hook image)

test-hosts: $(for_tests) ## Run the tests of other hosts, images and servers, as root: Debian 13, arm64, RPM, each Node.js, the newest dib, elements of others
	@$(run) test/run.ts hosts

bench: packages host-packages ## Measure against dib's own element and other engines, as root; writes docs/bench.md. QUICK=1 tries it, RELAY=1 measures the relay alone
	@$(run) test/bench/bench.ts $(if $(QUICK),quick) $(if $(RELAY),relay)

# About ten minutes, and root for those that hook tests notice.
mutants: $(for_tests) ## Break the element in one line at a time; of each, one of its promise's tests must fail. WORDS=... names some
	@$(run) test/mutants/mutants.ts $(WORDS)

vendor: ## Copy elements/pypi, with its licences, into an image repository, or upgrade the copy there: DEST=folder
	@build/vendor.sh "$(DEST)"

dist: ## Pack elements/pypi and its licences as dist/dib-pypi-element-VERSION.tar.gz, with its checksum
	@build/dist.sh dist

# What npm installs: all of it, or what elements/ is made with.
packages:
	@node build/install-packages.mjs
build-packages:
	@node build/install-packages.mjs --omit=dev

# What image builds need on this machine.
host-packages:
	@test/support/setup/install-host-packages.sh

clean: ## Remove what was installed and cached here
	rm -rf node_modules .tap .run dist
	@# The roots in it are of root.
	if [ "$$(id -u)" -eq 0 ]; then rm -rf --one-file-system .cache; else sudo rm -rf --one-file-system .cache; fi
