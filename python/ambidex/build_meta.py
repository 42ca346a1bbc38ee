"""Knows the hooks of PEP 517 and PEP 660: those of the project's setuptools, with extensions built by ambidex.

The config settings `jobs` and `verbose` are for ambidex; `verbose` and all others are passed on.
"""

from setuptools import build_meta as _setuptools

from ambidex import _enable

__all__ = [
    "get_requires_for_build_wheel",
    "get_requires_for_build_sdist",
    "prepare_metadata_for_build_wheel",
    "build_wheel",
    "build_sdist",
]


def _for_setuptools(config_settings):
    return {name: value for name, value in (config_settings or {}).items() if name != "jobs"}


def _enabled(config_settings):
    """Have commands captured from now on; returns the config settings that are setuptools'."""
    settings = config_settings or {}
    verbose = str(settings.get("verbose", "0")).lower() not in ("false", "no", "0", "off")
    _enable.enable(settings.get("jobs"), verbose)
    return _for_setuptools(config_settings)


def get_requires_for_build_wheel(config_settings=None):
    return _setuptools.get_requires_for_build_wheel(_for_setuptools(config_settings))


def get_requires_for_build_sdist(config_settings=None):
    return _setuptools.get_requires_for_build_sdist(_for_setuptools(config_settings))


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    return _setuptools.prepare_metadata_for_build_wheel(metadata_directory, _for_setuptools(config_settings))


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return _setuptools.build_wheel(wheel_directory, _enabled(config_settings), metadata_directory)


def build_sdist(sdist_directory, config_settings=None):
    return _setuptools.build_sdist(sdist_directory, _for_setuptools(config_settings))


# Before setuptools 64 there are no editable wheels: a frontend tells that by the absence of the hooks (PEP 660).
if hasattr(_setuptools, "build_editable"):
    __all__ += ["get_requires_for_build_editable", "prepare_metadata_for_build_editable", "build_editable"]

    def get_requires_for_build_editable(config_settings=None):
        return _setuptools.get_requires_for_build_editable(_for_setuptools(config_settings))

    def prepare_metadata_for_build_editable(metadata_directory, config_settings=None):
        return _setuptools.prepare_metadata_for_build_editable(metadata_directory, _for_setuptools(config_settings))

    def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
        return _setuptools.build_editable(wheel_directory, _enabled(config_settings), metadata_directory)
