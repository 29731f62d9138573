node=${DIB_PYPI_NODE:-node}
command -v "$node" >/dev/null || fail "no Node.js at $node: install Node.js 18 or later, or name it in DIB_PYPI_NODE"
exec "$node" "$0"
