#!/bin/bash
# Runs COMMAND on a machine that looks like this one, and where what it writes to the places that the element has in an
# image is its own; in a mount namespace of its own:
#
#     unshare -m --propagation private own-machine.sh SCRATCH COMMAND...
#
# SCRATCH stays the same folder. Each path of those places that COMMAND wrote is a line of SCRATCH/machine/written.
set -eu
set -o pipefail

scratch=$1
shift
layers=$scratch/machine/layers
mkdir -p "$layers"
mount -t tmpfs tmpfs "$layers"
exec 9<"$scratch" 8<"$layers"
for place in root usr/share tmp; do
    mkdir -p "/proc/self/fd/8/$place"/{upper,work}
    folder=/proc/self/fd/8/$place
    mount -t overlay overlay -o "lowerdir=/$place,upperdir=$folder/upper,workdir=$folder/work" "/$place"
done
# By its descriptor: /tmp, in which it may be, is another now.
mount --no-canonicalize --rbind /proc/self/fd/9 "$scratch"
status=0
"$@" 8<&- 9<&- || status=$?
cd /proc/self/fd/8
for place in root tmp usr/share; do
    (cd "$place/upper" && find . -regextype posix-extended \
        -regex '\./(\.pip|\.config|\.pydistutils\.cfg|\.?pypi[^/]*|nodejs)(/.*)?' ! -path './pypi-test-*' | sed "s|^\.|/$place|")
done >>"$scratch/machine/written"
exit $status
