# SPDX-License-Identifier: Apache-2.0
# Source: element-src/pypi/environment.d/01-reach-pypi-relay.bash of the project dib-pypi-element, version 1.2.3.
# Made by 'make elements': change the source, not this file. The licences: pypi-licenses.txt.
# dib-run-parts sources this before the hooks of each phase. extra-data.d leaves pypi/relay.json if there is a relay. Installers
# reach it at 127.0.0.1, where a proxy would look for it on its own machine: so no proxy for 127.0.0.1. PIP_PROXY beats
# no_proxy; the relay itself uses it.
{ set +x; } 2>/dev/null # dib-run-parts has each line of such files in the log.
if [[ -e ${BASH_SOURCE[0]%/*}/../pypi/relay.json ]]; then
    _pypi_direct=${no_proxy:-${NO_PROXY:-}}
    [[ ,$_pypi_direct, == *,127.0.0.1,* || $_pypi_direct == '*' ]] || _pypi_direct+=${_pypi_direct:+,}127.0.0.1
    export no_proxy=$_pypi_direct NO_PROXY=$_pypi_direct
    unset _pypi_direct
    # In the chroot alone: on the host it is the relay's.
    [[ ${BASH_SOURCE[0]} != /tmp/in_target.d/* ]] || unset PIP_PROXY
fi
