# cython: warn.unused=True, warn.maybe_uninitialized=True
"""Makes Cython warn, of methods that Python no longer calls too."""


cdef class Old:
    def __div__(self, other):
        return 1

    def __nonzero__(self):
        return True


def value():
    cdef int never
    cdef int unused = 3
    return never
