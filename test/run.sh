#!/bin/sh
# Runs tests, and ends with a line that counts them: `test/run.sh [LAYER|FILE...]`, all by default.
cd "$(dirname "$0")/.." || exit 1
exec node build/run.mjs test/runner/run.ts "$@"
