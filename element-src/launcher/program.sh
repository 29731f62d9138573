# extra-data.d/00-mount-pypi-mirror starts this file by sh, with the Node.js to use, and tells it on standard input what to do.
[ $# -eq 1 ] || fail "$0 is started by extra-data.d/00-mount-pypi-mirror"
# It reads pages of megabytes, a few at a time: V8 would reserve three times 16 MB for young objects, and malloc keep what it freed.
export MALLOC_MMAP_THRESHOLD_=131072
exec "$1" --max-semi-space-size=4 -e "$run" "$0"
