"""Describes the module _one."""

from cffi import FFI

ffibuilder = FFI()
ffibuilder.cdef("int common_value(void);")
ffibuilder.set_source(
    "_one", '#include "common.h"', sources=["common.c"], include_dirs=["."], define_macros=[("VAL", "1")]
)
