"""Runs COMMAND where the kernel refuses to change a mount, as to make it read-only, and nothing else.

    deny_remount.py COMMAND...
"""

import ctypes
import os
import platform
import struct
import sys

MS_REMOUNT = 0x20
EPERM = 1
MOUNT = {'x86_64': 165, 'aarch64': 40}[platform.machine()]
MOUNT_SETATTR = 442

# A program of seccomp(2), each line a struct sock_filter: code, jump if true, jump if false, value.
LOAD, EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x45, 0x06
DENY, ALLOW = 0x00050000 | EPERM, 0x7fff0000
PROGRAM = [
    (LOAD, 0, 0, 0),                # the system call's number
    (EQUAL, 4, 0, MOUNT_SETATTR),
    (EQUAL, 0, 2, MOUNT),
    (LOAD, 0, 0, 16 + 3 * 8),       # mount's flags
    (ANY_BIT, 1, 0, MS_REMOUNT),
    (RETURN, 0, 0, ALLOW),
    (RETURN, 0, 0, DENY),
]
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2


class Filter(ctypes.Structure):
    _fields_ = [('length', ctypes.c_ushort), ('program', ctypes.c_char_p)]


def main(command):
    libc = ctypes.CDLL(None, use_errno=True)
    code = b''.join(struct.pack('HBBI', *line) for line in PROGRAM)
    program = Filter(len(PROGRAM), code)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program)):
        raise OSError(ctypes.get_errno(), 'seccomp')
    os.execvp(command[0], command)


if __name__ == '__main__':
    main(sys.argv[1:])
