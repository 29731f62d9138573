node=${DIB_PYPI_NODE:-node}
found=$(command -v "$node") && [ -f "$found" ] || fail "no Node.js at $node: install Node.js 18 or later, or name it in DIB_PYPI_NODE"
exec "$found" "$0"
