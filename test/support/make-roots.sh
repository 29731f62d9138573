#!/bin/bash
# Makes the roots of the images that are built here, once: DESTINATION/small-root.tar, Debian or Ubuntu as this machine
# is, with Python and pip, and unpacked as small-root/; and DESTINATION/bare-root.tar, folders alone. debootstrap fetches from where apt-get does.
set -eu
set -o pipefail

destination=$1
mkdir -p "$destination"
PATH=$PATH:/usr/sbin:/sbin

# The tarball comes into place when it is whole: a run that was broken off leaves none.
pack() { # FOLDER NAME
    tar -C "$1" --numeric-owner --xattrs --xattrs-include='*' -cf "$destination/$2.new" .
    mv "$destination/$2.new" "$destination/$2"
}

if [ ! -e "$destination/bare-root.tar" ]; then
    bare=$(mktemp -d)
    mkdir -p "$bare"/{dev/pts,etc,proc,root,run,sys,tmp,usr/bin,var/log}
    chmod 1777 "$bare/tmp"
    chmod 0700 "$bare/root"
    pack "$bare" bare-root.tar
    rm -r "$bare"
fi

if [ ! -e "$destination/small-root.tar" ]; then
    . /etc/os-release
    site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' "Release: $VERSION_CODENAME" | head -n 1)
    # Ubuntu has Python's parts in universe.
    components=$(apt-get indextargets --format '$(COMPONENT)' 'Created-By: Packages' "Release: $VERSION_CODENAME" |
        grep -xE 'main|universe' | sort -u | paste -s -d ,)
    echo "debootstrap of ${PRETTY_NAME:-$VERSION_CODENAME} into $destination/small-root.tar: about a minute, once"
    small=$(mktemp -d)
    # A mount namespace of its own: nothing that debootstrap mounts outlives it.
    unshare -m --propagation private debootstrap --variant=minbase --components="$components" \
        --include=python3-pip,python3-venv,python3-setuptools "$VERSION_CODENAME" "$small" "$site" \
        >"$destination/debootstrap.log" 2>&1 || {
        tail -n 5 "$destination/debootstrap.log" >&2
        echo "debootstrap failed: its whole log is $destination/debootstrap.log" >&2
        exit 1
    }
    rm -rf "$small"/var/cache/apt/archives/*.deb "$small"/var/lib/apt/lists/*
    pack "$small" small-root.tar
    rm -rf "$small"
fi

if [ ! -e "$destination/small-root" ]; then
    mkdir -p "$destination/small-root.new"
    tar -C "$destination/small-root.new" --numeric-owner --xattrs --xattrs-include='*' -xpf "$destination/small-root.tar"
    mv "$destination/small-root.new" "$destination/small-root"
fi
