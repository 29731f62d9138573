# extra-data.d/00-mount-pypi-mirror starts this file by sh, with the Node.js to use, and tells it on standard input what to do.
[ $# -eq 1 ] || fail "$0 is started by extra-data.d/00-mount-pypi-mirror"
exec "$1" -e "$run" "$0"
