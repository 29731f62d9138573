#!/bin/sh
# Fetches openstack's pypi-mirror and what it imports, for Python 2.7, by this machine's own pip; nothing is installed here:
#
#     get-pypi-mirror.sh DESTINATION
#
# DESTINATION is a folder for PYTHONPATH. The releases are the last that Python 2.7 runs, or older.
set -eu

destination=$1
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
# No warning of pip's where a user runs this as root.
export PIP_ROOT_USER_ACTION=ignore
/usr/bin/python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$folder" \
    pypi-mirror==1.0.0 PyYAML==3.13 pkginfo==1.4.2
for archive in "$folder"/*.tar.gz; do tar -C "$folder" -xzf "$archive"; done
for wheel in "$folder"/*.whl; do /usr/bin/python3 -m zipfile -e "$wheel" "$folder"; done
mkdir -p "$destination"
for package in pypi-mirror-1.0.0/pypi_mirror PyYAML-3.13/lib/yaml pkginfo; do
    rm -rf "${destination:?}/$(basename "$package")"
    cp -r "$folder/$package" "$destination/"
done
