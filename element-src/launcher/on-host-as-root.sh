node=${0%/*}/../pypi/host-node
[ -x "$node" ] || fail "$node is not there: did extra-data.d/00-mount-pypi-mirror run?"
[ ! -O / ] || exec "$node" -e "$run" "$0" "$TARGET_ROOT" # already root: sudo would cost as much as the hook
exec sudo "$node" -e "$run" "$0" "$TARGET_ROOT"
