#!/bin/sh
# Copies elements/pypi into a folder of elements: `build/vendor.sh FOLDER`. A copy that is there is replaced where all of it
# is as an earlier run left it, which its own pypi-manifest.sha256 shows; else it stays, and the files that differ are named.
# It is sh, and takes what is committed, so that it needs neither npm nor Node.js.
set -eu
manifest=pypi-manifest.sha256
# shellcheck source=build/manifest.sh
. "$(dirname "$0")/manifest.sh"

[ -n "${1:-}" ] || fail 'say where: make vendor DEST=folder-of-elements'
version_in() { sed -n 's/^# Source: .*, version \(.*\)\.$/\1/p' "$1"/cleanup.d/00-*; }
source=$(cd "$(dirname "$0")/../elements/pypi" && pwd)
[ -f "$source/$manifest" ] && [ -z "$(differing "$source")" ] ||
    fail "$source is not what its $manifest says: run 'make elements' first"
mkdir -p "$1"
folder=$(cd "$1" && pwd)
copy=$folder/pypi
[ "$copy" != "$source" ] || fail "$copy is the element itself: name another folder"

did="copied version $(version_in "$source") to $copy"
if [ -e "$copy" ] || [ -L "$copy" ]; then
    [ -d "$copy" ] && [ ! -L "$copy" ] || fail "$copy is there, and is no folder: remove it first"
    [ -f "$copy/$manifest" ] ||
        fail "$copy has no $manifest, so it cannot be told whether it was edited: compare it with $source, then remove it"
    # A file that the manifest does not name differs as well: someone put it there.
    changed=$(
        differing "$copy"
        cd "$copy"
        here=$(mktemp)
        find . ! -type d ! -path "./$manifest" | sed 's,^\./,,' | sort >"$here"
        sed 's/^[0-9a-f]*  //' "$manifest" | sort | comm -13 - "$here"
        rm "$here"
    )
    [ -z "$changed" ] || fail "$copy was edited, and stays as it is. These files differ from what was copied there:
$(printf '%s\n' "$changed" | sed 's/^/  /')
Move the edits elsewhere and remove the folder, then run this again."
    if cmp -s "$source/$manifest" "$copy/$manifest"; then
        echo "$copy is version $(version_in "$source") already"
        exit
    fi
    did="upgraded $copy from version $(version_in "$copy") to $(version_in "$source")"
fi

# The copy is made beside it first, so that an interrupted run leaves no half copy.
new=$folder/.pypi.new
rm -rf "$new"
cp -R "$source" "$new"
rm -rf "$copy"
mv "$new" "$copy"
echo "$did"
