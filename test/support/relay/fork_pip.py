"""Runs pip many times, and starts Python once: `fork_pip.py PATH`, where PATH is a folder or a wheel that has pip.

pip's modules are imported once. Each line of standard input, JSON [id, arguments, environment, log], is a run of pip in a process
of its own, which begins with the modules and no more. When it has ended, [id, status] comes on standard output. Python 2.7 or 3.
"""
import gc
import importlib
import json
import os
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


count = 0
for line in iter(sys.stdin.readline, ''):
    job = json.loads(line)
    count += 1
    if os.fork() == 0:
        pid = os.fork()
        if pid == 0:
            os._exit(run(*job[1:]))
        status = os.waitpid(pid, 0)[1]
        os.write(1, (json.dumps([job[0], status]) + '\n').encode())
        os._exit(0)
    while count and os.waitpid(-1, os.WNOHANG)[0]:
        count -= 1
