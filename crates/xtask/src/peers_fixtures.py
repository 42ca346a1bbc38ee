"""Fixtures that the tests of `setuptools/_distutils` expect of their surroundings: the sdist does not have them."""

import os
import shutil

import pytest


@pytest.fixture
def distutils_managed_tempdir(request):
    request.instance.tempdirs = []
    yield
    for folder in request.instance.tempdirs:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def save_env():
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def suppress_path_mangle():
    from distutils import ccompiler

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ccompiler.CCompiler, "_make_relative", staticmethod(lambda path: path))
        yield
