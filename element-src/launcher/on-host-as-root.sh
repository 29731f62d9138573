node=${0%/*}/../pypi/host-node
[ -x "$node" ] || fail "$node is not there: did extra-data.d/00-mount-pypi-mirror run?"
exec sudo "$node" "$0" "$TARGET_ROOT"
