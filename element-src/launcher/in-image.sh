from=/tmp/.pypi
[ -x "$from/lib/ld.so" ] || fail "$from is not in the image: did extra-data.d/00-mount-pypi-mirror run?"
exec "$from/lib/ld.so" --library-path "$from/lib" "$from/node" "$0"
