#!/bin/sh
# Fetches installers for tests to run in images, by this machine's own pip; none is installed here:
#
#     get-installers.sh DESTINATION OLD_SETUPTOOLS OLD_UV SYSTEM_WIDE_UV
#
# setuptools-old, setuptools-new, pipx  each a folder for PYTHONPATH
# uv-old/uv, uv-system-wide/uv, uv-new/uv  the programs
set -eu

destination=$1 old_setuptools=$2 old_uv=$3 system_wide_uv=$4
# No warning of pip's where a user runs this as root.
export PIP_ROOT_USER_ACTION=ignore
mkdir -p "$destination"
get() { # NAME REQUIREMENT...: each comes into place when it is whole
    name=$1
    shift
    rm -rf "$destination/$name" "$destination/$name.new"
    /usr/bin/python3 -m pip install --quiet --disable-pip-version-check --no-compile --only-binary :all: \
        --target "$destination/$name.new" "$@"
    mv "$destination/$name.new" "$destination/$name"
}
get setuptools-old --no-deps "setuptools==$old_setuptools"
get setuptools-new --no-deps setuptools
get pipx pipx
for uv in old system-wide new; do
    case $uv in
        old) requirement="uv==$old_uv" ;;
        system-wide) requirement="uv==$system_wide_uv" ;;
        new) requirement=uv ;;
    esac
    get "uv-$uv" --no-deps "$requirement"
    mv "$destination/uv-$uv/bin/uv" "$destination/uv-$uv/uv.program"
    rm -r "$destination/uv-$uv/bin" "$destination/uv-$uv/uv"
    mv "$destination/uv-$uv/uv.program" "$destination/uv-$uv/uv"
done
