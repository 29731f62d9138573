#!/bin/bash
# Runs COMMAND where the kernel starts arm64 programs by qemu-aarch64-static, in a chroot too; as root:
#
#     run-with-binfmt.sh COMMAND...
#
# In a mount namespace of its own. What it registers goes when COMMAND has ended; a handler of the machine's own stays. It
# ends with COMMAND's status, or with 77 where binfmt_misc cannot be mounted or written to.
set -eu
set -o pipefail

handlers=/proc/sys/fs/binfmt_misc
# Handlers of ours are each of one run, so that none goes while another run still needs it.
prefix=pypi-test-aarch64
# The first 20 bytes of a little-endian 64-bit ELF file for AArch64, and those of their bits that count.
magic='\x7f\x45\x4c\x46\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'

cannot() { # REASON
    echo "no arm64 programs here: $*" >&2
    exit 77
}

if [ "${1:-}" != --in-namespace ]; then
    # Where systemd mounts binfmt_misc at the first look, it does so out here.
    [ -e "$handlers/register" ] || true
    exec unshare -m --propagation private "$BASH" "$0" --in-namespace "$@"
fi
shift

if [ ! -e "$handlers/register" ]; then
    reason=$(mount -t binfmt_misc binfmt_misc "$handlers" 2>&1) || cannot "binfmt_misc cannot be mounted: $reason"
fi

# Whether the machine has a handler of its own that is of use in a chroot: one with the flag F.
is_registered() {
    local handler
    for handler in "$handlers"/*; do
        case ${handler##*/} in
            register | status | "$prefix"-*) continue ;;
        esac
        if grep -qx enabled "$handler" && grep -q '^flags:.*F' "$handler" &&
            grep -qE '^magic 7f454c46020101(00){9}0200b700$' "$handler"; then
            return
        fi
    done
    return 1
}

if ! is_registered; then
    qemu=$(command -v qemu-aarch64-static)
    name=$prefix-$$
    { printf '%s' ":$name:M::$magic:$mask:$qemu:F" >"$handlers/register"; } 2>/dev/null ||
        cannot "binfmt_misc does not take a handler"
    trap 'echo -1 >"$handlers/$name"' EXIT
fi

"$@"
