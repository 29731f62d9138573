"""What dib and its pbr use of pkg_resources, whose import takes four fifths of three of dib's starts."""

import glob
import os
import sys


class DistributionNotFound(Exception):
    pass


class Requirement:
    parse = staticmethod(str)


class Provider:
    def __init__(self, name):
        info, *_ = [info for path in sys.path for info in glob.glob(f'{path}/{name.replace("-", "_")}-*-info')]
        self.version = os.path.basename(info).split('-')[1].removesuffix('.dist').removesuffix('.egg')


get_provider = Provider


def resource_filename(module, name):
    return os.path.join(os.path.dirname(sys.modules[module].__file__), name)
