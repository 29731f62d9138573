"""Notes how mounts of a build look from another mount namespace, from their first instant on, until it is ended.

    watch_mounts.py FOLDER SUFFIX REPORT

FOLDER is where the build is made, SUFFIX how the path of the mounts ends. REPORT gets a line for each state in which a
mount was seen, `ro` or `rw` and its path, and one for each attempt to write that succeeded.
"""

import os
import select
import signal
import sys


def main(folder, suffix, report):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    seen = set()
    with open('/proc/self/mountinfo') as mounts, open(report, 'w') as output:
        changes = select.poll()
        changes.register(mounts, select.POLLPRI)
        while True:
            mounts.seek(0)
            for line in mounts.read().splitlines():
                place, options = line.split()[4:6]
                if not (place.startswith(folder) and place.endswith(suffix)):
                    continue
                state = options.split(',')[0] + ' ' + place
                try:
                    os.close(os.open(place + '/written', os.O_CREAT | os.O_WRONLY))
                    state += ' was written to'
                except OSError:
                    pass
                if state not in seen:
                    seen.add(state)
                    print(state, file=output, flush=True)
            changes.poll()


if __name__ == '__main__':
    main(*sys.argv[1:])
