#!/bin/sh
":" /* extra-data.d/00-mount-pypi-mirror starts this file by Node.js, and tells it on standard input what to do.
# dib-lint: disable=indent which
echo "pypi: error: $0 is started by extra-data.d/00-mount-pypi-mirror" >&2
exit 1
