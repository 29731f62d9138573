/** The attributes that own files get; whether the file system takes user.test, the kernel's age decides. */
export const attributesOfOwnFiles = ['security.capability', 'system.posix_acl_access', 'trusted.test'] as const

/**
 * bash that gives an image every file that the element mounts another over, and the one that dib's own element leaves, in
 * odd modes, owners, times of nanoseconds and extended attributes. It says which attributes there are.
 *
 * @param root The image's root, as bash has it.
 */
export const makeOwnFiles = (root: string): string => `
mkdir -p ${root}/root/.pip ${root}/root/.config/pip ${root}/root/.config/uv ${root}/etc/xdg/pip ${root}/etc/xdg/uv
printf '[global]\\nindex-url = http://127.0.0.1:1/xdg\\n' >${root}/etc/xdg/pip/pip.conf
printf '[global]\\nindex-url = http://127.0.0.1:1/etc\\n' >${root}/etc/pip.conf
printf 'index-url = "http://127.0.0.1:1/xdg"\\n' >${root}/etc/xdg/uv/uv.toml
printf 'beside it' >${root}/etc/xdg/uv/other
ln -s uv.toml ${root}/etc/xdg/uv/link
ln -s nowhere ${root}/root/.pip/dangling
touch -h -d @1000000000 ${root}/root/.pip/dangling ${root}/etc/xdg/uv/link
printf '[global]\\nindex-url = http://127.0.0.1:1/own\\n' >${root}/root/.pip/pip.conf
printf 'the original element moved this' >${root}/root/.pip/pip.conf.orig
printf '[easy_install]\\nindex_url = http://127.0.0.1:1/own\\n' >${root}/root/.pydistutils.cfg
printf '[global]\\nextra-index-url = http://127.0.0.1:1/newer\\n' >${root}/root/.config/pip/pip.conf
printf 'index-url = "http://127.0.0.1:1/uv"\\n' >${root}/root/.config/uv/uv.toml
python3 - ${root}/root <<'END'
import os, struct, sys
root = sys.argv[1]
paths = ['.config/uv/uv.toml', '.config/uv', '.config/pip/pip.conf', '.config/pip', '.config', '.pydistutils.cfg',
         '.pip/pip.conf', '.pip/pip.conf.orig', '.pip', '', '../etc/xdg/pip/pip.conf', '../etc/xdg/pip',
         '../etc/xdg/uv/uv.toml', '../etc/xdg/uv/other', '../etc/xdg/uv', '../etc/xdg', '../etc/pip.conf']
modes = [0o600, 0o2751, 0o604, 0o711, 0o1755, 0o000, 0o4711, 0o666, 0o3700, 0o750, 0o600, 0o700, 0o640, 0o400, 0o1750,
         0o755, 0o664]
acl = struct.pack('<I', 2) + b''.join(struct.pack('<HHI', *entry) for entry in
                                      [(1, 6, 0xffffffff), (2, 4, 34), (4, 4, 0xffffffff), (16, 4, 0xffffffff), (32, 0, 0xffffffff)])
for number, (name, mode) in enumerate(zip(paths, modes)):
    path = os.path.join(root, name)
    os.chown(path, 12 + number, 34 + number)
    os.chmod(path, mode)
    attributes = {'user.test': b'u', 'trusted.test': b'\\0t', 'system.posix_acl_access': acl}
    attributes.update({'system.posix_acl_default': acl} if os.path.isdir(path) else
                      {'security.capability': struct.pack('<5I', 0x02000001, 1 << 12, 0, 0, 0)})
    for attribute, value in attributes.items():
        try:
            os.setxattr(path, attribute, value)
        except OSError as error:
            print('not here:', attribute, error)
    os.utime(path, ns=(10 ** 18 + number, 981173106123456789 + number))
print('attributes:', *sorted(os.listxattr(os.path.join(root, '.pip/pip.conf'))))
END`
