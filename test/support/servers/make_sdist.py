"""Makes sdists, each of one module with a setup.py, without setuptools and without a network.

    make_sdist.py FOLDER <<<'[[NAME, VERSION, MODULE, TEXT, [REQUIREMENT, ...]], ...]'
"""

import io
import json
import os
import re
import sys
import tarfile

SETUP = '''from setuptools import setup
setup(name=%r, version=%r, py_modules=[%r], install_requires=%r)
'''


def make(folder, name, version, module_name, text, requirements):
    stem = '%s-%s' % (re.sub(r'[-_.]+', '_', name), version)
    files = {module_name + '.py': text.encode()}
    metadata = ['Metadata-Version: 1.2', 'Name: ' + name, 'Version: ' + version, '']
    files['PKG-INFO'] = '\n'.join(metadata).encode()
    files['setup.py'] = (SETUP % (name, version, module_name, requirements)).encode()
    sdist = os.path.join(folder, stem + '.tar.gz')
    with tarfile.open(sdist, 'w:gz') as archive:
        for path, content in files.items():
            entry = tarfile.TarInfo(stem + '/' + path)
            entry.size = len(content)
            # Python 2's zip files know no time before 1980.
            entry.mtime = 1500000000
            archive.addfile(entry, io.BytesIO(content))


if __name__ == '__main__':
    for package in json.load(sys.stdin):
        make(sys.argv[1], *package)
