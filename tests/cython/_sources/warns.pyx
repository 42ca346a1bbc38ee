# cython: warn.undeclared=True, warn.unused=True, warn.unused_arg=True, warn.unused_result=True, warn.maybe_uninitialized=True
"""Makes Cython warn."""


def value(int number, unused):
    cdef int perhaps
    cdef object nothing
    if number > 2:
        perhaps = 1
        result = perhaps
    number + 1
    return perhaps
