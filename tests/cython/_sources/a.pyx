"""Includes a file, and calls a C function of a header."""

include "shared.pxi"

cdef extern from "helper.h":
    int helper(int number)


def value():
    """Returns a number."""
    return helper(shared_number(1))
