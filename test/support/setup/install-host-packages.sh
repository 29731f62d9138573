#!/bin/sh
# Installs what image builds need on this machine: on Debian and Ubuntu by apt-get, elsewhere it says what is missing.
set -eu

missing=
need() { # PROGRAM PACKAGE: where the program is missing, so is the package
    PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null || missing="$missing $2"
}
need disk-image-create python3-diskimage-builder
need dib-lint python3-diskimage-builder
need debootstrap debootstrap
need qemu-img qemu-utils
need mkfs.ext4 e2fsprogs
need kpartx kpartx
need mksquashfs squashfs-tools
need losetup mount
need sudo sudo
need ps procps
need git git
need file file
need make make
need busybox busybox-static
need qemu-aarch64-static qemu-user-static
need openssl openssl
need dpkg-scanpackages dpkg-dev
need ip iproute2
[ -x /usr/bin/python3 ] || missing="$missing python3"
/usr/bin/python3 -m pip --version >/dev/null 2>&1 || missing="$missing python3-pip"
/usr/bin/python3 -c 'import ensurepip' 2>/dev/null || missing="$missing python3-venv"
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "missing on this machine:$missing (Debian's names): install them with its own package manager" >&2
    exit 1
fi
as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "missing on this machine:$missing; neither root nor sudo is here to install them" >&2
        exit 1
    fi
    as_root=sudo
fi
echo "Installing:$missing"
$as_root apt-get update -qq
# shellcheck disable=SC2086 # a list of names
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null
