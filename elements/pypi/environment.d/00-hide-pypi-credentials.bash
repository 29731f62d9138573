# SPDX-License-Identifier: Apache-2.0
# Source: element-src/pypi/environment.d/00-hide-pypi-credentials.bash of the project dib-pypi-element, version 1.2.3.
# Made by 'make elements': change the source, not this file. The licences: pypi-licenses.txt.
# dib-run-parts sources this before the hooks of each phase. DIB_ENV is dib's record of the DIB_ variables, which its
# element manifests writes into the image, beside it, and into a traced log: now without the mirrors' user:password.
{ set +x; } 2>/dev/null # dib-run-parts has each line of such files in the log.
if [[ ${DIB_ENV:-} == *DIB_PYPI_MIRROR_URL*@* ]]; then
    _pypi_rest=$DIB_ENV
    _pypi_url='DIB_PYPI_MIRROR_URL[A-Za-z0-9_]*="?[A-Za-z][A-Za-z0-9+.-]*://'
    DIB_ENV=
    # No here-string: bash writes it to /tmp, and in finalise.d that is the image's own.
    while [[ $_pypi_rest =~ ($_pypi_url)[^/?#[:space:]]*@ ]]; do
        DIB_ENV+=${_pypi_rest%%"$BASH_REMATCH"*}${BASH_REMATCH[1]}****@
        _pypi_rest=${_pypi_rest#*"$BASH_REMATCH"}
    done
    DIB_ENV+=$_pypi_rest
    unset _pypi_rest _pypi_url
fi
# dib gives the chroot all of the caller's environment: now without the variables that hold passwords of a mirrors file.
_pypi_hidden=${BASH_SOURCE[0]%/*}/../pypi/hidden-variables
if [[ ${BASH_SOURCE[0]} == /tmp/in_target.d/* && -e $_pypi_hidden ]]; then
    while read -r _pypi_name; do
        unset "$_pypi_name"
    done <"$_pypi_hidden"
fi
unset _pypi_hidden _pypi_name
