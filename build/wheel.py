"""Packs the element as a wheel, the same bytes each time: `wheel.py TARBALL VERSION`, beside the tarball that dist.sh has made.

It installs share/dib-pypi-element/elements (the data scheme of the packaging guide, Binary distribution format), as the packages of
other elements do, and `python3 -m dib_pypi_element` prints that folder. Made by hand, since it needs nothing but Python.
"""
import base64
import hashlib
import os
import sys
import tarfile
import time
import zipfile

MAIN = '''"""Prints the folder of elements that belongs into ELEMENTS_PATH."""
from importlib import metadata
from pathlib import Path


def elements():
    """The folder `elements` of this package, absolute, wherever it was installed."""
    readme = Path("elements", "pypi", "README.rst")
    recorded = [file.locate() for file in metadata.files("dib-pypi-element") if file.parts[-3:] == readme.parts]
    # pip install --target moves share/, and records where it was.
    beside = Path(__file__).parents[1] / "share" / "dib-pypi-element" / readme
    for path in [*map(Path, recorded), beside]:
        if path.exists():
            return str(path.resolve().parents[1])
    raise SystemExit("dib-pypi-element was installed without its elements: install it again")


if __name__ == "__main__":
    print(elements())
'''

METADATA = '''Metadata-Version: 2.4
Name: dib-pypi-element
Version: {version}
Summary: A diskimage-builder element: pip, uv and easy_install of an image build take packages from your PyPI mirror
License-Expression: Apache-2.0
License-File: pypi-licenses.txt
Requires-Python: >=3.8
Description-Content-Type: text/plain

The build host needs Node.js 18 or later.

    ELEMENTS_PATH=$(python3 -m dib_pypi_element):... disk-image-create ... pypi ...
'''

WHEEL = "Wheel-Version: 1.0\nGenerator: dib-pypi-element\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def main(tarball, version):
    name = f"dib_pypi_element-{version}"
    info = f"{name}.dist-info"
    with tarfile.open(tarball) as packed:
        files = {
            f"{name}.data/data/share/dib-pypi-element/elements/{one.name}": (packed.extractfile(one).read(), one.mode)
            for one in packed
            if one.isfile()
        }
        day = time.gmtime(packed.getmembers()[0].mtime)
    licenses = next(text for path, (text, _) in files.items() if path.endswith("/pypi-licenses.txt"))
    files["dib_pypi_element/__init__.py"] = (b"", 0o644)
    files["dib_pypi_element/__main__.py"] = (MAIN.encode(), 0o644)
    files[f"{info}/METADATA"] = (METADATA.format(version=version).encode(), 0o644)
    files[f"{info}/WHEEL"] = (WHEEL.encode(), 0o644)
    files[f"{info}/licenses/pypi-licenses.txt"] = (licenses, 0o644)
    record = [
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(text).digest()).rstrip(b'=').decode()},{len(text)}\n"
        for path, (text, _) in sorted(files.items())
    ]
    files[f"{info}/RECORD"] = (("".join(record) + f"{info}/RECORD,,\n").encode(), 0o644)
    wheel = os.path.join(os.path.dirname(tarball), f"{name}-py3-none-any.whl")
    with zipfile.ZipFile(f"{wheel}.new", "w") as out:
        # By convention what describes a wheel comes last.
        for path in sorted(files, key=lambda one: (one.startswith(info), one)):
            text, mode = files[path]
            entry = zipfile.ZipInfo(path, day[:6])
            entry.external_attr = (0o100000 | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(entry, text)
    os.replace(f"{wheel}.new", wheel)
    print(wheel)


main(*sys.argv[1:])
