# SPDX-License-Identifier: Apache-2.0
# Source: element-src/pypi/environment.d/01-reach-pypi-relay.bash of the project dib-pypi-element, version 1.0.0.
# Made by 'make elements': change the source, not this file. The licences: pypi-licenses.txt.
# dib-run-parts sources this before the hooks of each phase. Where the relay is on, installers reach it at 127.0.0.1, and a
# proxy would look for it on its own machine: so no proxy for 127.0.0.1. PIP_PROXY beats no_proxy; the relay itself uses it.
{ set +x; } 2>/dev/null # dib-run-parts has each line of such files in the log.
case ${DIB_PYPI_RELAY:-auto} in
    never) _pypi_relay= ;;
    always) _pypi_relay=1 ;;
    *) _pypi_relay=${DIB_PYPI_FILL_MIRROR:-}${DIB_PYPI_MIRRORS:-}${DIB_PYPI_RECEIPT:-}${DIB_PYPI_LOCK:-} ;;
esac
if [[ ${DIB_PYPI_RELAY:-auto} == auto && -z $_pypi_relay ]]; then
    for _pypi_name in ${!DIB_PYPI_MIRROR_URL@} ${!PYPI_MIRROR_URL@}; do
        [[ ! ${!_pypi_name} =~ ^[A-Za-z]+://[^/?#]*@ ]] || _pypi_relay=1
    done
fi
if [[ -n $_pypi_relay ]]; then
    _pypi_direct=${no_proxy:-${NO_PROXY:-}}
    [[ ,$_pypi_direct, == *,127.0.0.1,* || $_pypi_direct == '*' ]] || _pypi_direct+=${_pypi_direct:+,}127.0.0.1
    export no_proxy=$_pypi_direct NO_PROXY=$_pypi_direct
    unset _pypi_direct
    # In the chroot alone: on the host it is the relay's.
    [[ ${BASH_SOURCE[0]} != /tmp/in_target.d/* ]] || unset PIP_PROXY
fi
unset _pypi_relay _pypi_name
