# SPDX-License-Identifier: Apache-2.0
# Source: element-src/pypi/environment.d/02-follow-system-uv.bash of the project dib-pypi-element, version 1.2.3.
# Made by 'make elements': change the source, not this file. The licences: pypi-licenses.txt.
# dib-run-parts sources this before the hooks of each phase, and install.d/02-follow-system-uv.toml behind package-installs. uv
# reads our /etc/xdg/uv/uv.toml instead of /etc/uv/uv.toml. A package that brings the latter while the image is built, as Fedora's
# uv does, is followed: its lines come behind ours, unless it names indexes or a cache itself, or another hook has changed ours.
{ set +x; } 2>/dev/null # dib-run-parts has each line of such files in the log.
_pypi_ours=${BASH_SOURCE[0]%/*}/../pypi/system-uv.toml
if [[ ${BASH_SOURCE[0]} == /tmp/in_target.d/* && -e $_pypi_ours && -f /etc/uv/uv.toml && -f /etc/xdg/uv/uv.toml ]]; then
    _pypi_keys='(index|find-links|allow-insecure-host|cache|link-mode)'
    if [[ $(</etc/xdg/uv/uv.toml) == "$(<"$_pypi_ours")" && ! $(</etc/uv/uv.toml) =~ $_pypi_keys ]]; then
        printf '%s\n' "$(<"$_pypi_ours")" "$(</etc/uv/uv.toml)" >/etc/xdg/uv/uv.toml
    fi
fi
unset _pypi_ours _pypi_keys
