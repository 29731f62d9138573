"""Lists every entry of a tree as JSON: what a user could find changed. Other file systems mounted in it are left out.

    tree.py ROOT
"""

import fcntl
import hashlib
import json
import os
import stat
import struct
import sys

GET_FLAGS = 0x80086601
# Of ioctl_iflags(2): immutable, append-only, no dump, no access times.
KEPT_FLAGS = 0xf0


def flags(file):
    try:
        return struct.unpack('l', fcntl.ioctl(file, GET_FLAGS, bytes(8)))[0] & KEPT_FLAGS
    except OSError:
        return 0


def describe(path):
    info = os.lstat(path)
    entry = {
        'type': stat.S_IFMT(info.st_mode),
        'mode': oct(stat.S_IMODE(info.st_mode)),
        'owner': [info.st_uid, info.st_gid],
        'time': info.st_mtime_ns,
        'attributes': {name: os.getxattr(path, name, follow_symlinks=False).hex()
                       for name in os.listxattr(path, follow_symlinks=False)},
    }
    if stat.S_ISLNK(info.st_mode):
        entry['content'] = os.readlink(path)
    elif stat.S_ISREG(info.st_mode):
        with open(path, 'rb') as file:
            entry['flags'] = flags(file)
            entry['content'] = hashlib.sha256(file.read()).hexdigest()
    elif stat.S_ISCHR(info.st_mode) or stat.S_ISBLK(info.st_mode):
        entry['content'] = info.st_rdev
    return entry


def main(root):
    device = os.lstat(root).st_dev
    tree = {'/': describe(root)}
    for folder, folders, files in os.walk(root):
        for name in list(folders) + files:
            path = os.path.join(folder, name)
            # Folders alone: an overlay gives files other devices than their folder's.
            if name in folders and os.lstat(path).st_dev != device and os.path.ismount(path):
                folders.remove(name)
                continue
            tree['/' + os.path.relpath(path, root)] = describe(path)
    json.dump(tree, sys.stdout, sort_keys=True)


if __name__ == '__main__':
    main(sys.argv[1])
