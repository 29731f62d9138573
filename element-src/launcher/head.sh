#!/bin/sh
":" /* These lines are sh: they start Node.js with this same file, whose JavaScript follows.
# dib-lint: disable=indent which
set -eu
fail() { echo "pypi: error: $*" >&2; exit 1; }
