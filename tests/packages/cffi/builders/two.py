"""Describes the module _two."""

from cffi import FFI

ffibuilder = FFI()
ffibuilder.cdef("int common_value(void);")
ffibuilder.set_source(
    "_two", '#include "common.h"', sources=["common.c"], include_dirs=["."], define_macros=[("VAL", "2")]
)
