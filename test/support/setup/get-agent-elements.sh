#!/bin/sh
# Fetches elements of another project, and the program that they install, for a test that builds them; by this machine's own
# pip, since nothing of other projects is kept in this repository:
#
#     get-agent-elements.sh DESTINATION
#
# elements  ironic-python-agent-builder's elements, as its wheel has them
# agent     the sources of ironic-python-agent, of which 60-ironic-python-agent-ramdisk-install makes a wheel in the image
set -eu

destination=$1
get() { # ARGUMENT...: the one distribution that pip downloads by them
    /usr/bin/python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$downloads" "$@"
}
rm -rf "$destination"
mkdir -p "$destination/agent"
downloads=$(mktemp -d)
trap 'rm -rf "$downloads"' EXIT
get --only-binary :all: ironic-python-agent-builder
get --no-binary ironic-python-agent ironic-python-agent
/usr/bin/python3 -m zipfile -e "$downloads"/ironic_python_agent_builder-*.whl "$downloads/wheel"
mv "$downloads"/wheel/*.data/data/share/ironic-python-agent-builder/dib "$destination/elements"
tar -xzf "$downloads"/ironic_python_agent-*.tar.gz -C "$destination/agent" --strip-components 1 --no-same-owner
# zipfile drops modes: what is a hook is known by its first two bytes.
find "$destination/elements" -type f -path '*.d/*' -exec sh -c \
    'for file; do [ "$(head -c 2 "$file")" != "#!" ] || chmod 755 "$file"; done' sh {} +
