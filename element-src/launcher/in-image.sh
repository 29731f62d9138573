from=/tmp/.pypi
[ -x "$from/lib/ld.so" ] || fail "$from is not in the image: did extra-data.d/00-mount-pypi-mirror run?"
# An error in the image's own openssl.cnf, or a module that is not there, would end Node.js.
export OPENSSL_CONF=/dev/null
exec "$from/lib/ld.so" --library-path "$from/lib" "$from/node" -e "$run" "$0"
