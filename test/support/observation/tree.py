"""Lists entries of a tree as JSON: what a user could find changed.

    tree.py ROOT                         every entry, but for other file systems that are mounted in it
    tree.py ROOT UPPER LOWER             where ROOT is an overlay: what its upper layer has or hides; null is not there
    tree.py ROOT UPPER LOWER BEFORE      two such lists, of the time when the file BEFORE was written so, and of now

An overlay's lower layer cannot change: only what the upper one touches, before or now, can differ.
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


def every_entry(root):
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
    return tree


def describe_all(root, paths):
    tree = {}
    for path in paths:
        try:
            tree[path] = describe(root + path)
        except (FileNotFoundError, NotADirectoryError):
            tree[path] = None
    return tree


def paths_below(folder):
    return ['/' + os.path.relpath(os.path.join(parent, name), folder)
            for parent, folders, files in os.walk(folder) for name in folders + files]


def touched(upper, lower):
    """What the upper layer has, and what is in the lower one's folders that it deletes or replaces."""
    paths = {'/', *paths_below(upper)}
    for path in list(paths):
        is_folder = stat.S_ISDIR(os.lstat(upper + path).st_mode)
        if is_folder and 'trusted.overlay.opaque' not in os.listxattr(upper + path):
            continue
        if os.path.isdir(lower + path) and not os.path.islink(lower + path):
            paths.update(path + below for below in paths_below(lower + path))
    return paths


def main(root, upper=None, lower=None, before=None):
    if upper is None:
        result = every_entry(root)
    elif before is None:
        result = describe_all(root, touched(upper, lower))
    else:
        with open(before) as file:
            known = json.load(file)
        paths = touched(upper, lower) | set(known)
        result = [describe_all(lower, paths - set(known)) | known, describe_all(root, paths)]
        result = [{path: entry for path, entry in tree.items() if entry} for tree in result]
    json.dump(result, sys.stdout, sort_keys=True)


if __name__ == '__main__':
    main(*sys.argv[1:])
