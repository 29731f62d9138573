node=${0%/*}/../pypi/host-node
[ -x "$node" ] || fail "$node is not there: did extra-data.d/00-mount-pypi-mirror run?"
[ ! -O / ] || exec "$node" -e "$run" "$0" "$TARGET_ROOT" # sudo takes root as long as the hook itself
exec sudo "$node" -e "$run" "$0" "$TARGET_ROOT"
