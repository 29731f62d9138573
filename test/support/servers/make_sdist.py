"""Makes an sdist of one module with a setup.py, without setuptools and without a network.

    make_sdist.py FOLDER NAME VERSION MODULE.py [REQUIREMENT...]
"""

import io
import os
import re
import sys
import tarfile

SETUP = '''from setuptools import setup
setup(name=%r, version=%r, py_modules=[%r], install_requires=%r)
'''


def main(folder, name, version, module, *requirements):
    stem = '%s-%s' % (re.sub(r'[-_.]+', '_', name), version)
    with open(module, 'rb') as source:
        files = {os.path.basename(module): source.read()}
    metadata = ['Metadata-Version: 1.2', 'Name: ' + name, 'Version: ' + version, '']
    files['PKG-INFO'] = '\n'.join(metadata).encode()
    module_name = os.path.splitext(os.path.basename(module))[0]
    files['setup.py'] = (SETUP % (name, version, module_name, list(requirements))).encode()
    sdist = os.path.join(folder, stem + '.tar.gz')
    with tarfile.open(sdist, 'w:gz') as archive:
        for path, content in files.items():
            entry = tarfile.TarInfo(stem + '/' + path)
            entry.size = len(content)
            # Python 2's zip files know no time before 1980.
            entry.mtime = 1500000000
            archive.addfile(entry, io.BytesIO(content))
    print(sdist)


if __name__ == '__main__':
    main(*sys.argv[1:])
