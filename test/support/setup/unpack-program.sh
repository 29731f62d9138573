#!/bin/sh
# Unpacks the distribution's package of a program into a folder, where nothing starts it: Debian's packages of servers
# start them when they are installed.
#
#     unpack-program.sh DESTINATION PATH_IN_PACKAGE PACKAGE...
#
# The packages are tried in turn, until one has the program.
set -eu

destination=$1 program=$2
shift 2
command -v apt-get >/dev/null || { echo "apt-get is not here to fetch $program" >&2 && exit 1; }
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
for package in "$@"; do
    # As root: apt-get's own user cannot write there.
    (cd "$folder" && apt-get -qq -o APT::Sandbox::User=root download "$package" >/dev/null)
    mkdir "$folder/$package"
    dpkg-deb -x "$folder/${package}"_*.deb "$folder/$package"
    [ -x "$folder/$package/$program" ] || continue
    mkdir -p "$destination"
    cp "$folder/$package/$program" "$destination/"
    exit
done
echo "no $program in any of: $*" >&2
exit 1
