"""Runs pip many times, and starts Python once: `fork_pip.py PATH`, where PATH is a folder or a wheel that has pip.

pip's modules are imported once. Each line of standard input, JSON [id, arguments, environment, log], is a run of pip in a process
of its own, which begins with the modules and no more. When it has ended, [id, status] comes on standard output. Python 2.7 or 3.
"""
import gc
import importlib
import json
import os
import select
import signal
import sys

sys.path.insert(0, sys.argv[1])
modules = {}
for name in ('pip._internal.cli.main', 'pip._internal.cli.main_parser', 'pip._internal.commands.install',
             'pip._internal.operations.install.wheel', 'pip._internal.resolution.resolvelib.resolver',
             'pip._internal.metadata', 'pip._internal.network.session', 'pip._vendor.rich.progress', 'pip._vendor.distro',
             'pip.commands.install', 'pip', 'ctypes', 'encodings.ascii', 'encodings.cp437', 'netrc'):
    try:
        modules[name] = importlib.import_module(name)
    except ImportError:
        pass  # Each release has its own.
main = getattr(modules.get('pip._internal.cli.main'), 'main', None) or modules['pip'].main
if 'pip._internal.network.session' in modules:
    # It asks three programs, and remembers what they say.
    modules['pip._internal.network.session'].user_agent()
if hasattr(gc, 'freeze'):
    gc.freeze()


def run(arguments, environment, log):
    os.environ.clear()
    os.environ.update((str(name), str(value)) for name, value in environment.items())
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor, to in ((os.open(os.devnull, os.O_RDONLY), 0), (out, 1), (out, 2)):
        os.dup2(descriptor, to)
    try:
        return main([str(argument) for argument in arguments])
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


# A run that ends wakes the loop.
woken, waker = os.pipe()
signal.signal(signal.SIGCHLD, lambda *_: os.write(waker, b'.'))
runs = {}
rest = b''
is_open = True
while is_open or runs:
    try:
        ready = select.select([woken, 0] if is_open else [woken], [], [])[0]
    except select.error:
        continue  # Python 2.7 is interrupted by the signal, and then finds what woke it.
    if woken in ready:
        os.read(woken, 4096)
        while runs:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            os.write(1, (json.dumps([runs.pop(pid), status]) + '\n').encode())
    if 0 in ready:
        chunk = os.read(0, 65536)
        is_open = chunk != b''
        lines = (rest + chunk).split(b'\n')
        rest = lines.pop()
        for line in lines:
            job = json.loads(line.decode())
            pid = os.fork()
            if pid == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                os._exit(run(*job[1:]))
            runs[pid] = job[0]
