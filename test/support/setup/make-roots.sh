#!/bin/bash
# Makes what images are built from here, once, as root:
#
#     make-roots.sh DESTINATION WHAT...
#
# small-root   a root with Python, pip, sudo and rsync, of Debian or Ubuntu as this machine is; as a tarball and as a folder
# bare-root    a root of folders alone, as a tarball
# old-root     a root of an older release, with an older C library, Python 2.7 and sudo, as a tarball and as a folder
# arm64-root   a root of this machine's own release of Debian, for arm64, as a tarball
# musl-root    a root whose libc is musl and whose programs are busybox's, as a folder
# host         a build host of this machine's own release, with the distribution's Node.js and diskimage-builder, as a folder
# host-trixie  the same of Debian 13, where this machine is a Debian
#
# debootstrap fetches from where this machine's apt-get does.
set -eu
set -o pipefail

destination=$1
shift
mkdir -p "$destination"
PATH=$PATH:/usr/sbin:/sbin

# Each comes into place when it is whole: a run that was broken off leaves none.
pack() { # FOLDER NAME
    tar -C "$1" --numeric-owner --xattrs --xattrs-include='*' -cf "$destination/$2.new" .
    mv "$destination/$2.new" "$destination/$2"
}

bootstrap() { # FOLDER PACKAGES [RELEASE [OPTION...]]
    . /etc/os-release
    local release=${3:-$VERSION_CODENAME} options=("${@:4}")
    local site components
    site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' "Release: $VERSION_CODENAME" | head -n 1)
    # Ubuntu has Python's parts in universe.
    components=$(apt-get indextargets --format '$(COMPONENT)' 'Created-By: Packages' "Release: $VERSION_CODENAME" |
        grep -xE 'main|universe' | sort -u | paste -s -d ,)
    echo "debootstrap of $ID $release with $2: about a minute, once"
    # A mount namespace of its own: nothing that debootstrap mounts outlives it.
    unshare -m --propagation private debootstrap --variant=minbase --components="$components" --include="$2" \
        "${options[@]}" "$release" "$1" "$site" >"$destination/debootstrap.log" 2>&1 || {
        tail -n 5 "$destination/debootstrap.log" >&2
        echo "debootstrap failed: its whole log is $destination/debootstrap.log" >&2
        exit 1
    }
    rm -rf "$1"/var/cache/apt/archives/*.deb "$1"/var/lib/apt/lists/*
}

host_packages=nodejs,sudo,python3-diskimage-builder,qemu-utils,kpartx,procps,e2fsprogs,uuid-runtime,fdisk

# The number goes up with what is in a root, so that one that was made without it is made anew.
stamp() { # WHAT
    case $1 in
        small-root | old-root) echo "$destination/$1.done-2" ;;
        *) echo "$destination/$1.done" ;;
    esac
}

for what in "$@"; do
    [ ! -e "$(stamp "$what")" ] || continue
    folder=$destination/$what
    rm -rf --one-file-system "$folder"
    mkdir "$folder"
    case $what in
        small-root)
            bootstrap "$folder" python3-pip,python3-venv,python3-setuptools,rsync,sudo
            pack "$folder" small-root.tar
            ;;
        bare-root)
            mkdir -p "$folder"/{dev/pts,etc,proc,root,run,sys,tmp,usr/bin,var/log}
            chmod 1777 "$folder/tmp"
            chmod 0700 "$folder/root"
            pack "$folder" bare-root.tar
            ;;
        old-root)
            case $(. /etc/os-release && echo "$ID") in
                debian) bootstrap "$folder" mawk,python2.7,sudo bullseye ;;
                *) bootstrap "$folder" mawk,python2.7,sudo jammy ;;
            esac
            pack "$folder" old-root.tar
            ;;
        arm64-root)
            # The first stage alone, which runs nothing of arm64: the programs are there, but no package is set up.
            bootstrap "$folder" mawk "$(. /etc/os-release && echo "$VERSION_CODENAME")" --foreign --arch=arm64
            # A link that mawk's set-up makes, for dib-run-parts.
            ln -s mawk "$folder/usr/bin/awk"
            # In a container debootstrap makes /proc a link to /proc, on which dib would mount the host's.
            [ ! -L "$folder/proc" ] || rm "$folder/proc"
            mkdir -p "$folder/proc"
            rm -rf "$folder/debootstrap"
            pack "$folder" arm64-root.tar
            ;;
        musl-root)
            mkdir -p "$folder"/{bin,dev/pts,etc,proc,root,run,sbin,sys,tmp,usr/{bin,sbin},var/log}
            chmod 1777 "$folder/tmp"
            packages=$(mktemp -d)
            # As root: apt-get's own user cannot write there.
            (cd "$packages" && apt-get -qq -o APT::Sandbox::User=root download musl busybox-static)
            for package in "$packages"/*.deb; do dpkg-deb -x "$package" "$folder"; done
            rm -r "$packages"
            chroot "$folder" /bin/busybox --install -s
            ;;
        host) bootstrap "$folder" "$host_packages" ;;
        host-trixie)
            if ! grep -qx 'ID=debian' /etc/os-release; then
                rmdir "$folder"
                continue
            fi
            bootstrap "$folder" "$host_packages" trixie
            ;;
        *) echo "$0: '$what' is nothing to make here" >&2 && exit 1 ;;
    esac
    rm -f "$destination/$what.done"*
    touch "$(stamp "$what")"
done
