#!/bin/bash
# Runs the tests, layer by layer, and ends with a line that counts them: `test/run.sh [FILE...]`, all by default.
set -u
cd "$(dirname "$0")/.." || exit 1

results=.cache/results
rm -rf "$results"
mkdir -p "$results"
layer() { # NAME JOBS FILE...
    local name=$1 jobs=$2
    shift 2
    node_modules/.bin/tap --reporter="${REPORTER:-terse}" --output-file="$results/$name.tap" --timeout=900 --jobs="$jobs" "$@"
}
if [ $# -gt 0 ]; then
    layer some 1 "$@"
else
    layer unit 2 test/unit/*/*.ts
    layer hook 2 test/hook/*.ts
    layer image 2 test/image/*.ts
    # By itself, since it measures time.
    layer speed 1 test/speed/*.ts
fi
node build/run.mjs test/support/summary.ts "$results"/*.tap
