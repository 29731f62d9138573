import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** This machine's own bash and what dib-run-parts wants besides, with their libraries; a static busybox for the rest. */
const make = `
mkdir -p "$0"/{dev/pts,etc,proc,root,run,srv,sys,tmp,usr/{bin,sbin,lib,lib64},var/log}
for name in bin sbin lib lib64; do ln -s "usr/$name" "$0/$name"; done
chmod 1777 "$0/tmp"
chmod 0700 "$0/root"
echo 'root:x:0:0:root:/root:/bin/bash' >"$0/etc/passwd"
for name in bash find mktemp date env sort awk grep stat; do
    program=$(PATH=/usr/bin:/bin type -P $name)
    cp -L "$program" "$0/usr/bin/$name"
    for library in $(ldd "$program" | grep -o '/[^ ]*'); do
        mkdir -p "$0\${library%/*}"
        cp -L "$library" "$0$library"
    done
done
cp "$(type -P busybox)" "$0/usr/bin/busybox"
chroot "$0" /usr/bin/busybox --install -s /usr/bin 2>/dev/null || true
tar -C "$0" --numeric-owner -cf "$0.tar" .
rm -r "$0"`

/** Makes a root of 8 MB, in which all of dib's phases run: for builds that install nothing. */
export const makeTinyRoot = (scratch: string): string => {
  const folder = join(scratch, 'tiny-root')
  execFileSync('bash', ['-eu', '-o', 'pipefail', '-c', make, folder])
  return `${folder}.tar`
}
