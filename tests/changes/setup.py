"""Changes files in any way that Python knows, at random (SEED), between builds of extensions of which some fail, and some
are linked by a program that nobody understands. The compiler is slow for some seeds."""

import errno
import mmap
import os
import random
import shutil
import tempfile
import time

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

try:
    from setuptools.errors import CompileError
except ImportError:
    from distutils.errors import CompileError

choose = random.Random(int(os.environ["SEED"]))
kept = []
written = [0]


def folder():
    return choose.choice(["work", "work/one", "work/one/two", "work/three"])


def path():
    return folder() + "/" + choose.choice(["a.h", "b.txt", "c.txt"])


def data():
    written[0] += 1
    return b"/* %d */\n" % written[0] * choose.choice([1, 1, 50, 3000]) + b"#define FOUND %d\n" % written[0]


def write():
    with open(path(), choose.choice(["wb", "ab", "xb", "w+b"])) as file:
        file.write(data())


def overwrite():
    with open(path(), "r+b") as file:
        file.seek(choose.randrange(30))
        file.write(data()[:10])


def truncate():
    os.truncate(path(), choose.randrange(40))


def truncate_open():
    with open(path(), "r+b") as file:
        os.ftruncate(file.fileno(), choose.randrange(40))


def low_level():
    descriptor = os.open(path(), os.O_RDWR | choose.choice([0, os.O_CREAT, os.O_TRUNC, os.O_APPEND]), 0o640)
    try:
        os.pwrite(descriptor, data()[:20], choose.randrange(9))
        os.writev(descriptor, [b"/**/", b"\n"])
        if choose.random() < 0.5:
            os.fchmod(descriptor, 0o600)
        if choose.random() < 0.5:
            os.posix_fallocate(descriptor, 0, 60)
    finally:
        os.close(descriptor)


def mapped():
    with open(path(), "r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
        memory[:4] = b"/**/"


def begin_long_write():
    kept.append(open(path(), choose.choice(["wb", "ab", "r+b"]), buffering=choose.choice([0, 100, 100000])))


def go_on_with_long_write():
    choose.choice(kept).write(data())


def end_long_write():
    kept.pop(choose.randrange(len(kept))).close()


def duplicate():
    kept.append(os.fdopen(os.dup(choose.choice(kept).fileno()), "wb", 0))


def send():
    with open(path(), "rb") as source, open(path(), "wb") as target:
        os.sendfile(target.fileno(), source.fileno(), 0, 1000)


def remove():
    choose.choice([os.unlink, os.remove])(path())


def rename():
    choose.choice([os.rename, os.replace, shutil.move])(path(), path())


def link():
    os.link(path(), path())


def symlink():
    os.symlink(choose.choice(["b.txt", "../a.h", "nowhere"]), path())


def copy():
    choose.choice([shutil.copy, shutil.copy2, shutil.copyfile])(path(), path())


def change_mode():
    os.chmod(choose.choice([path, folder])(), choose.choice([0o700, 0o755, 0o777]))


def change_time():
    os.utime(path(), (10 ** 9, 10 ** 9 + choose.randrange(10 ** 6)))


def make_folder():
    choose.choice([os.mkdir, os.makedirs])(folder())


def remove_folder():
    choose.choice([os.rmdir, shutil.rmtree])(folder())


def rename_folder():
    os.rename(folder(), folder())


def copy_folder():
    shutil.copytree(folder(), "work-%d" % choose.randrange(3))


def relative():
    descriptor = os.open(folder(), os.O_RDONLY)
    try:
        os.rename("a.h", "b.txt", src_dir_fd=descriptor, dst_dir_fd=descriptor)
        os.unlink("c.txt", dir_fd=descriptor)
        os.mkdir("new", dir_fd=descriptor)
    finally:
        os.close(descriptor)


def from_another_folder():
    here = os.getcwd()
    os.chdir(folder())
    try:
        with open("c.txt", "wb") as file:
            file.write(data())
        os.rename("c.txt", "a.h")
    finally:
        os.chdir(here)


def temporary():
    with tempfile.NamedTemporaryFile(dir="work") as file, tempfile.TemporaryDirectory(dir="work") as name:
        file.write(data())
        file.flush()
        shutil.copy(file.name, name)


def pause():
    time.sleep(choose.choice([0.01, 0.06]))


def look():
    lines = []
    for root, folders, files in os.walk("work"):
        folders.sort()
        for name in sorted(folders + files):
            status = os.lstat(os.path.join(root, name))
            lines.append("%s %o %d %d" % (name, status.st_mode, status.st_nlink, status.st_size if name in files else 0))
    print(lines)


CHANGES = [
    write, write, overwrite, truncate, truncate_open, low_level, mapped, begin_long_write, go_on_with_long_write,
    end_long_write, duplicate, send, remove, rename, link, symlink, copy, change_mode, change_time, make_folder,
    make_folder, remove_folder, rename_folder, copy_folder, relative, from_another_folder, temporary, pause, look,
]


def change():
    for _ in range(choose.randrange(12)):
        what = choose.choice(CHANGES)
        try:
            what()
        except (OSError, ValueError, IndexError, shutil.Error) as error:
            number = getattr(error, "errno", None)
            print(what.__name__, type(error).__name__, errno.errorcode.get(number))
        else:
            print(what.__name__)


class BuildExt(build_ext):
    def build_extension(self, ext):
        change()
        linker = self.compiler.linker_so
        if choose.random() < 0.15:
            self.compiler.linker_so = ["./join"]
        try:
            super().build_extension(ext)
        except CompileError:
            print("not built:", ext.name)
            change()
        finally:
            self.compiler.linker_so = linker
        change()


def script(name, text):
    with open(name, "w") as file:
        file.write("#!/bin/sh\n" + text)
    os.chmod(name, 0o755)


script(
    "join",
    'while [ "$1" != -o ]; do case "$1" in *.o) objects="$objects $1" ;; esac; shift; done\n'
    'cat $objects > "$2"\n',
)
if choose.random() < 0.5:
    os.mkdir("slow")
    script("slow/gcc", "sleep 0.%d\nexec %s \"$@\"\n" % (choose.randrange(1, 3), shutil.which("gcc")))
    os.environ["CC"] = os.path.abspath("slow/gcc")
os.makedirs("work/one/two")
extensions = []
for name in "abcdefghij":
    source = choose.choice(["looks.c", "looks.c", "looks.c", "broken.c"])
    target = "src_%s.c" % name
    shutil.copy(source, target)
    includes = choose.sample(["work", "work/one", "work/one/two", "work/three"], 2)
    extensions.append(Extension(name, [target], include_dirs=includes, define_macros=[("NAME", name)]))
setup(name="changes", version="1.0", cmdclass={"build_ext": BuildExt}, ext_modules=extensions)
look()
