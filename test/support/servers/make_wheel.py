"""Makes a wheel of one module, without setuptools and without a network (PyPA's binary distribution format).

A module with a function `main` gets a program of the project's name.

    make_wheel.py FOLDER NAME VERSION MODULE.py [REQUIREMENT...]
"""

import base64
import hashlib
import os
import re
import sys
import zipfile


def main(folder, name, version, module, *requirements):
    stem = '%s-%s' % (re.sub(r'[-_.]+', '_', name), version)
    with open(module, 'rb') as source:
        files = {os.path.basename(module): source.read()}
    metadata = ['Metadata-Version: 2.1', 'Name: ' + name, 'Version: ' + version]
    metadata += ['Requires-Dist: ' + requirement for requirement in requirements]
    files[stem + '.dist-info/METADATA'] = '\n'.join(metadata + ['']).encode()
    files[stem + '.dist-info/WHEEL'] = (
        b'Wheel-Version: 1.0\nGenerator: make_wheel\nRoot-Is-Purelib: true\nTag: py2-none-any\nTag: py3-none-any\n')
    module_name, _ = os.path.splitext(os.path.basename(module))
    if b'def main(' in files[os.path.basename(module)]:
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
    print(wheel)


if __name__ == '__main__':
    main(*sys.argv[1:])
