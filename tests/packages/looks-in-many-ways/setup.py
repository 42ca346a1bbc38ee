"""Modules are looked at in all the ways that the standard library has."""

import filecmp
import glob
import os
import pathlib
import shutil
import tarfile
import zipfile

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


def by_size(path):
    return os.path.getsize(path)


def by_pathlib(path):
    return pathlib.Path(path).exists() and len(pathlib.Path(path).read_bytes())


def by_folder(path):
    return sorted(os.listdir(os.path.dirname(path)))


def by_scan(path):
    return sorted((entry.name, entry.stat().st_size) for entry in os.scandir(os.path.dirname(path)))


def by_glob(path):
    return sorted(os.path.basename(found) for found in glob.glob(os.path.join(os.path.dirname(path), "*.so")))


def by_walk(path):
    return sorted(name for _, _, names in os.walk(os.path.dirname(path)) for name in names)


def by_access(path):
    return os.access(path, os.X_OK), os.path.isfile(path), os.path.samefile(path, path)


def by_descriptor(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)


def by_folder_descriptor(path):
    descriptor = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        return os.stat(os.path.basename(path), dir_fd=descriptor).st_size
    finally:
        os.close(descriptor)


def by_relative_name(path):
    before = os.getcwd()
    os.chdir(os.path.dirname(path))
    try:
        return len(open(os.path.basename(path), "rb").read())
    finally:
        os.chdir(before)


def by_copy(path):
    shutil.copyfile(path, path + ".copy")
    return filecmp.cmp(path, path + ".copy", shallow=False)


def by_hard_link(path):
    os.link(path, path + ".link")
    return os.stat(path).st_nlink


def by_mode(path):
    os.chmod(path, 0o700)
    return os.stat(path).st_mode


def by_time(path):
    os.utime(path, (1, 1))
    return os.path.getmtime(path)


def by_truncation(path):
    os.truncate(path, 1000)
    return os.path.getsize(path)


def by_removal(path):
    os.unlink(path)
    return os.path.exists(path)


def by_replacement(path):
    os.replace(path, path + ".moved")
    return os.path.exists(path)


def by_move(path):
    shutil.move(path, path + ".moved")
    return os.path.getsize(path + ".moved")


def by_archives(path):
    with zipfile.ZipFile(path + ".zip", "w") as archive:
        archive.write(path, "module")
        size = archive.getinfo("module").file_size
    with tarfile.open(path + ".tar", "w") as archive:
        archive.add(path, "module")
    os.remove(path + ".zip")
    os.remove(path + ".tar")
    return size


WAYS = {name[3:]: way for name, way in list(globals().items()) if name.startswith("by_")}


class LookingBuildExt(build_ext):
    def build_extension(self, ext):
        build_ext.build_extension(self, ext)
        try:
            answer = WAYS[ext.name](os.path.abspath(self.get_ext_fullpath(ext.name)))
        except OSError as error:
            answer = error
        with open("answers.txt", "a") as file:
            file.write("{}: {}\n".format(ext.name, answer))


setup(
    name="looks-in-many-ways",
    version="1.0",
    cmdclass={"build_ext": LookingBuildExt},
    ext_modules=[Extension(name, ["value.c"], define_macros=[("NAME", name)]) for name in sorted(WAYS)],
)
