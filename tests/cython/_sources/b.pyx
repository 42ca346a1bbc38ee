"""A class that other modules cimport, and the same included file."""

include "shared.pxi"


cdef class Counter:
    """Counts."""

    def __init__(self):
        self.count = shared_number(0)

    cpdef int add(self, int number):
        self.count += number
        return self.count


def value():
    return Counter().add(2)
