"""Makes wheels, each of one module, without setuptools and without a network (PyPA's binary distribution format).

A module with a function `main` gets a program of the project's name.

    make_wheel.py FOLDER <<<'[[NAME, VERSION, MODULE, TEXT, [REQUIREMENT, ...]], ...]'
"""

import base64
import hashlib
import json
import os
import re
import sys
import zipfile


def make(folder, name, version, module_name, text, requirements):
    stem = '%s-%s' % (re.sub(r'[-_.]+', '_', name), version)
    files = {module_name + '.py': text.encode()}
    metadata = ['Metadata-Version: 2.1', 'Name: ' + name, 'Version: ' + version]
    metadata += ['Requires-Dist: ' + requirement for requirement in requirements]
    files[stem + '.dist-info/METADATA'] = '\n'.join(metadata + ['']).encode()
    files[stem + '.dist-info/WHEEL'] = (
        b'Wheel-Version: 1.0\nGenerator: make_wheel\nRoot-Is-Purelib: true\nTag: py2-none-any\nTag: py3-none-any\n')
    if 'def main(' in text:
        files[stem + '.dist-info/entry_points.txt'] = (
            '[console_scripts]\n%s = %s:main\n' % (name, module_name)).encode()
    record = []
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b'=').decode()
        record.append('%s,sha256=%s,%d' % (path, digest, len(content)))
    record.append(stem + '.dist-info/RECORD,,\n')
    files[stem + '.dist-info/RECORD'] = '\n'.join(record).encode()
    wheel = os.path.join(folder, stem + '-py2.py3-none-any.whl')
    with zipfile.ZipFile(wheel, 'w') as archive:
        for path, content in files.items():
            archive.writestr(path, content)


if __name__ == '__main__':
    for package in json.load(sys.stdin):
        make(sys.argv[1], *package)
