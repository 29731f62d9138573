node=${DIB_PYPI_NODE:-node}
found=$(command -v "$node") && [ -f "$found" ] || fail "no Node.js at $node: install Node.js 18 or later, or unpack one anywhere and name it in DIB_PYPI_NODE, such as /opt/node/bin/node"
exec "$found" -e "$run" "$0"
