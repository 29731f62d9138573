"""What dib uses of stevedore: to look through all that is installed for plug-ins takes half of each of dib's twelve starts."""

import glob
import importlib
import os
import sys

import diskimage_builder

extension = sys.modules[__name__]


class Extension:
    def __init__(self, name, entry_point):
        self.name = name
        self.entry_point = entry_point

    @property
    def plugin(self):
        module, _, name = self.entry_point.partition(':')
        return getattr(importlib.import_module(module), name)


class ExtensionManager:
    def __init__(self, namespace, invoke_on_load):
        [path] = glob.glob(os.path.dirname(diskimage_builder.__path__[0]) + '/diskimage_builder-*-info/entry_points.txt')
        with open(path) as file:
            _, section = file.read().split('[' + namespace + ']\n')
        lines = [line.split(' = ') for line in section.split('[')[0].split('\n') if line]
        self.extensions = {name: Extension(name, entry_point) for name, entry_point in lines}

    def map(self, function):
        return [function(one) for one in self.extensions.values()]

    def __getitem__(self, name):
        return self.extensions[name]
