# The targets and what they are for: `make help`.

SHELL := /bin/bash
run := node build/run.mjs

.DEFAULT_GOAL := help
.PHONY: help image real-image elements check-elements lint unit test bench bench-engines vendor dist packages build-packages bench-packages \
    host-packages fixtures roots devpi pips installers agent-elements mirror-tools pypi-mirror nginx proxpi new-dib bench-tools clean
# npm installs into one folder.
.NOTPARALLEL:

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

# It makes elements/ from the sources as they are, which takes a second: the image shows what was changed last.
image: build-packages host-packages ## Build a sample image through a local mirror: PACKAGES="requests flask" names what to install
	@$(run) build/elements.ts >/dev/null
	@$(run) test/demo/make-image.ts $(PACKAGES)

# Whole Debian images, 7 minutes: too long for `make test`, and it needs a package index.
real-image: build-packages host-packages new-dib ## Build a Debian image by dib's newest release, as root, online and again offline: PACKAGES=... as above
	@$(run) build/elements.ts >/dev/null
	@$(run) test/demo/real-image.ts $(PACKAGES)

elements: build-packages ## Turn element-src/ into elements/
	@$(run) build/elements.ts

# `git status` and not `git diff`, which says nothing of a file that git does not know.
check-elements: build-packages ## Delete elements/, make it anew, fail where it is not what is committed
	@rm -rf elements
	@$(run) build/elements.ts
	@changed=$$(git status --porcelain elements) && if [ -n "$$changed" ]; then \
	    echo "elements/ is not what element-src/ makes: run 'make elements' and commit it" >&2; \
	    echo "$$changed" >&2; exit 1; fi

# Twice by tsc: all of it, and the element by the types and the library of the oldest Node.js that runs it.
lint: packages bench-packages host-packages ## Check types, style, and the elements by dib's own lint
	@node_modules/.bin/tsc -p .
	@node_modules/.bin/tsc -p element-src
	@node_modules/.bin/biome check --error-on-warnings .
	@test/support/setup/lint-elements.sh

unit: packages ## Run the unit tests: no root, no fixtures, seconds. TESTS=file... names some
	@test/run.sh $(or $(TESTS),unit)

# The fixtures of the tests that are named are found in what they import.
test: packages $(if $(TESTS),,fixtures) ## Run the tests: unit, hook, image; the last two as root. TESTS=file... names some
	@needed=$(if $(TESTS),$(if $(is_root),$$($(run) test/runner/fixtures.ts $(TESTS)))) && \
	    { [ -z "$$needed" ] || $(MAKE) -s --no-print-directory $$needed; } && test/run.sh $(TESTS)

bench: packages bench-packages roots bench-tools devpi proxpi nginx ## Measure against dib's own element, as root, in 20 minutes; writes docs/. QUICK=1 tries it
	@$(run) test/bench/bench.ts $(if $(QUICK),quick)

bench-engines: build-packages devpi proxpi nginx bench-tools ## Measure the relay beside other engines alone, in 10 minutes; writes its section of docs/bench.md. QUICK=1 tries it
	@$(run) test/bench/engines.ts $(if $(QUICK),quick)

vendor: ## Copy elements/pypi, with its licences, into an image repository, or upgrade the copy there: DEST=folder
	@build/vendor.sh "$(DEST)"

dist: ## Pack elements/pypi and its licences as dist/dib-pypi-element-VERSION.tar.gz, with its checksum
	@build/dist.sh dist

# What npm installs: all of it, what elements/ is made with, and what the bench draws with.
packages:
	@node build/install-packages.mjs
build-packages:
	@node build/install-packages.mjs --omit=dev
bench-packages:
	@node build/install-packages.mjs test/bench

# What image builds need on this machine.
host-packages:
	@test/support/setup/install-host-packages.sh

# What the tests of hooks and images work with. Without root they are skipped, and it is not needed.
is_root := $(filter 0,$(shell id -u))
fixtures: $(if $(is_root),roots nodes devpi pips installers agent-elements mirror-tools pypi-mirror nginx new-dib bench-tools bench-packages)
roots := small-root bare-root old-root arm64-root musl-root host host-trixie
.PHONY: $(roots)
roots: $(roots)
$(roots): host-packages
	@test/support/setup/make-roots.sh .cache $@

# Node.js as its own project builds it: 12, which hooks must refuse (Ubuntu 22.04 has it), and those that they run on.
nodes := 12 18 20 22 24
.PHONY: nodes
nodes: $(nodes:%=.cache/nodes/%/installed)
.cache/nodes/%/installed:
	@mkdir -p $(@D)
	@npm install --no-save --no-package-lock --silent --prefix $(@D) node-linux-$$(node -p process.arch)@$*
	@touch $@

# devpi-server, a mirror that a test builds through.
devpi: .cache/devpi/installed
.cache/devpi/installed: | host-packages
	@/usr/bin/python3 -m venv .cache/devpi
	@.cache/devpi/bin/pip install --quiet --disable-pip-version-check devpi-server
	@touch $@

# proxpi, which the bench measures beside the relay.
proxpi: .cache/proxpi/installed
.cache/proxpi/installed: | host-packages
	@/usr/bin/python3 -m venv .cache/proxpi
	@.cache/proxpi/bin/pip install --quiet --disable-pip-version-check proxpi
	@touch $@

# pips from the oldest that is promised to the newest, which tests have read what is written and install by it. The number
# in the stamp's name goes up with the list, so that what an older list left is completed.
old_pips := 1.5.6 9.0.3 10.0.1 18.1 19.0.3 19.3.1 20.3.4 21.3.1 22.3.1 23.3.2 24.0 25.0 25.2 25.3
pips: .cache/pips/installed-2
.cache/pips/installed-2: | host-packages
	@for release in $(old_pips:%===%) '>=26'; do \
	    /usr/bin/python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest .cache/pips "pip$$release" || exit; \
	done
	@touch $@

# Other installers that tests run in images: setuptools of 2016 and of today, pipx, the oldest uv that works with what is
# written, the first that reads /etc/xdg/uv/uv.toml (0.4.25 does not), and the newest. The number is that of the list.
old_uv := 0.2.16
system_wide_uv := 0.4.26
installers: .cache/installers/installed-3
.cache/installers/installed-3: | host-packages
	@test/support/setup/get-installers.sh .cache/installers 28.8.0 $(old_uv) $(system_wide_uv)
	@touch $@

# Elements of another project, which a test builds.
agent-elements: .cache/agent-elements/installed
.cache/agent-elements/installed: | host-packages
	@test/support/setup/get-agent-elements.sh .cache/agent-elements
	@touch $@

# Programs that make mirrors of a folder, or serve one. pip2pi imports pkg_resources, which setuptools lost in 82.
mirror-tools: .cache/mirror-tools/installed
.cache/mirror-tools/installed: | host-packages
	@/usr/bin/python3 -m venv .cache/mirror-tools
	@.cache/mirror-tools/bin/pip install --quiet --disable-pip-version-check \
	    pypiserver passlib bandersnatch pip2pi dumb-pypi 'setuptools<82' wheel
	@touch $@

# openstack's pypi-mirror, of 2014, which the old root's Python runs.
pypi-mirror: .cache/pypi-mirror/installed
.cache/pypi-mirror/installed: | host-packages
	@test/support/setup/get-pypi-mirror.sh .cache/pypi-mirror
	@touch $@

# The distribution's nginx, unpacked and not installed: its package would start it.
nginx: .cache/nginx/installed
.cache/nginx/installed: | host-packages
	@test/support/setup/unpack-program.sh .cache/nginx usr/sbin/nginx nginx nginx-core
	@touch $@

# What `make bench` installs with: a pip that scans flat folders slowly, the newest, and uv.
bench-tools: .cache/bench-tools/installed
.cache/bench-tools/installed: | host-packages
	@for tool in old/pip==23.3.2 new/pip uv/uv; do \
	    /usr/bin/python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps \
	        --target ".cache/bench-tools/$${tool%%/*}" "$${tool#*/}" || exit; \
	done
	@touch $@

# diskimage-builder's newest release, beside the distribution's.
new-dib: .cache/new-dib/installed
.cache/new-dib/installed: | host-packages
	@/usr/bin/python3 -m venv .cache/new-dib
	@.cache/new-dib/bin/pip install --quiet --disable-pip-version-check diskimage-builder
	@touch $@

clean: ## Remove what was installed and cached here
	rm -rf node_modules test/bench/node_modules .tap .run dist
	@# The roots in it are of root.
	if [ "$$(id -u)" -eq 0 ]; then rm -rf --one-file-system .cache; else sudo rm -rf --one-file-system .cache; fi
