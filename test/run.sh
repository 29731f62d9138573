#!/bin/bash
# Runs the tests, layer by layer, and ends with a line that counts them: `test/run.sh [FILE...]`, all by default.
set -u
shopt -s globstar
cd "$(dirname "$0")/.." || exit 1

results=.tap/results
rm -rf "$results"
mkdir -p "$results"
# On Node.js 18 tap misses a global that later ones have.
old_node=()
[ "$(node -p 'parseInt(process.versions.node)')" -ge 20 ] || old_node=(--node-arg=--experimental-global-webcrypto)
# tap moves the cursor even where there is none.
plain() { if [ -t 1 ]; then cat; else sed -u $'s/\e\\[[0-9;?]*[A-Za-z]//g; /^ *$/d'; fi; }
layer() { # NAME JOBS FILE...
    local name=$1 jobs=$2
    shift 2
    echo "Tests: $name"
    node_modules/.bin/tap --reporter="${REPORTER:-terse}" --output-file="$results/$name.tap" --timeout=900 --jobs="$jobs" \
        "${old_node[@]}" "$@" | plain
}
if [ $# -gt 0 ]; then
    layer some 1 "$@"
else
    layer unit 2 test/unit/**/*.ts
    layer hook 2 test/hook/*.ts
    layer image 2 test/image/*.ts
    # By itself, since it measures time.
    layer speed 1 test/speed/*.ts
fi
node build/run.mjs test/support/setup/summary.ts "$results"/*.tap
