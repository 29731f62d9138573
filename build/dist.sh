#!/bin/sh
# Packs elements/pypi as a tarball and as a wheel, the same bytes each time: `build/dist.sh FOLDER`. The times in it are the day of the version in
# CHANGELOG.md, the owner is root, and the permissions are as git keeps them, whatever the umask of the checkout was.
set -eu
. "$(dirname "$0")/manifest.sh"

mkdir -p "$1"
folder=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)
day=$(sed -n "s/^## \[$version\] - \(....-..-..\)$/\1/p" CHANGELOG.md)
[ -n "$day" ] || fail "CHANGELOG.md has no line '## [$version] - YEAR-MONTH-DAY'"
[ -z "$(differing elements/pypi)" ] ||
    fail "elements/pypi is not what its pypi-manifest.sha256 says: run 'make elements' first"

name=dib-pypi-element-$version.tar.gz
new=$folder/.$name.new
trap 'rm -f "$new" "$new.gz"' EXIT
# What the manifest names, and so nothing that happens to lie beside it.
{ echo pypi/pypi-manifest.sha256; sed 's,^[0-9a-f]*  ,pypi/,' elements/pypi/pypi-manifest.sha256; } | sort |
    tar --create --file="$new" --format=ustar --directory=elements --no-recursion --files-from=- \
        --mtime="$day 00:00:00Z" --owner=0 --group=0 --numeric-owner --mode='u=rwX,go=rX'
gzip -n9 <"$new" >"$new.gz"
mv "$new.gz" "$folder/$name"
(cd "$folder" && sha256sum "$name" >"$name.sha256")
echo "$folder/$name"
python3 "$here/wheel.py" "$folder/$name" "$version"
