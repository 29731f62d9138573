#!/bin/bash
# Runs the element's committed hooks as dib does, with dib's own dib-run-parts, in a scratch root: seconds less than an
# image. To be run in a mount namespace of its own:
#
#     unshare -m --propagation private run-phases.sh SCRATCH ROOT ELEMENT DIB_LIB TREE_PY
#
# ROOT is a folder, or several layers as overlays have them, with colons between them.
# SCRATCH/prepare.sh (on the host; $ROOT is the image's root) makes the image what the test wants. Each SCRATCH/*.chroot.sh
# stands for a hook of install.d, SCRATCH/finalise.sh (on the host) for one of finalise.d. What differs between the trees
# before the element came and after it went is in SCRATCH/trees.json, unless NO_TREES is set.
set -eu
set -o pipefail

# As disk-image-create's, standard output is a pipe.
exec > >(cat) 2>&1

scratch=$1 lower=$2 element=$3 dib_lib=$4 tree=$5

# Another /usr for the host, of whose programs the hooks take Node.js.
[ -z "${HOST_USR:-}" ] || mount -t overlay overlay -o "lowerdir=$HOST_USR:/usr" /usr
# What the kernel says of itself, such as that it is in FIPS mode.
[ -z "${PROC_SYS:-}" ] || mount --bind "$PROC_SYS" /proc/sys

build=$scratch/build
mkdir -p "$build"
mount -t tmpfs tmpfs "$build"
mkdir -p "$build"/{hooks,mnt,upper,work}
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$build/upper,workdir=$build/work" "$build/mnt"
export ROOT=$build/mnt
# Of several layers one tree, for what compares.
case $lower in
    *:*)
        mkdir "$build/lower"
        mount -t overlay overlay -o "lowerdir=$lower" "$build/lower"
        lower=$build/lower
        ;;
esac
keep() {
    local file
    for file in ${KEEP:-}; do
        [ -e "$ROOT$file" ] || [ -L "$ROOT$file" ] || continue
        mkdir -p "$scratch/kept/$(dirname "$file")"
        cp -a "$ROOT$file" "$scratch/kept$file"
    done
}
# What is left behind, however this ends.
mount_points() { awk '{ print $5 }' /proc/self/mountinfo | sort; }
mount_points >"$scratch/mounts-before"
left_behind() {
    keep
    mount_points | comm -13 "$scratch/mounts-before" - | grep -v "^$ROOT/" >"$scratch/mounted-outside" || true
    mount_points | grep "^$ROOT/" | sed "s|^$ROOT||" >"$scratch/mounted" || true
    ls -A "$ROOT/tmp" >"$scratch/in-tmp" || true
    find "$ROOT/root" -mindepth 1 -printf "/root/%P\n" >"$scratch/in-home" || true
}
trap left_behind EXIT
cp -a "$element"/*/ "$build/hooks"
cp "$dib_lib/dib-run-parts" "$build/hooks"
bash -eu "$scratch/prepare.sh"
describe() { # FILE [BEFORE]
    [ -n "${NO_TREES:-}" ] || python3 "$tree" "$ROOT" "$build/upper" "$lower" "${@:2}" >"$scratch/$1"
}
describe before.json
mount -t proc none "$ROOT/proc"
[ -z "${PROC_SYS:-}" ] || mount --bind "$PROC_SYS" "$ROOT/proc/sys"

export TMP_BUILD_DIR=$build TMP_HOOKS_PATH=$build/hooks TMP_MOUNT_PATH=$ROOT
# dib-run-parts keeps files of its own there, and leaves them where a hook fails.
on_host() { TMPDIR=$scratch "$dib_lib/dib-run-parts" "$1"; }
on_host "$TMP_HOOKS_PATH/extra-data.d"
mkdir "$ROOT/tmp/in_target.d"
mount --bind "$TMP_HOOKS_PATH" "$ROOT/tmp/in_target.d"
mount -o remount,ro,bind "$TMP_HOOKS_PATH" "$ROOT/tmp/in_target.d"
in_chroot() {
    HOME=/root PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin chroot "$ROOT" env -u TMPDIR "$@"
}
if [ -x "$ROOT/bin/bash" ]; then
    in_chroot /tmp/in_target.d/dib-run-parts /tmp/in_target.d/pre-install.d
else
    # dib-run-parts needs bash, the hook does not.
    in_chroot /tmp/in_target.d/pre-install.d/00-configure-pypi-mirror
fi
for script in "$scratch"/*.chroot.sh; do
    [ -e "$script" ] || continue
    in_chroot sh -eu -s <"$script"
done
# dib's own element has hooks there, and none in cleanup.d.
[ ! -d "$TMP_HOOKS_PATH/post-install.d" ] || in_chroot /tmp/in_target.d/dib-run-parts /tmp/in_target.d/post-install.d
[ ! -d "$TMP_HOOKS_PATH/post-root.d" ] || on_host "$TMP_HOOKS_PATH/post-root.d"
# As dib's unmount_dir does, below the image's root; /proc last.
awk '{ print $5 }' /proc/self/mountinfo | grep "^$ROOT/" | sort -r | while read -r mounted; do umount -fl "$mounted"; done
rmdir "$ROOT/tmp/in_target.d"
[ ! -e "$scratch/finalise.sh" ] || bash -eu "$scratch/finalise.sh"
[ ! -d "$TMP_HOOKS_PATH/cleanup.d" ] || TARGET_ROOT=$ROOT on_host "$TMP_HOOKS_PATH/cleanup.d"
describe trees.json "$scratch/before.json"
