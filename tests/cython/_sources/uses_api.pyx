"""Calls another module through the header that Cython has written."""

cdef extern from "api_api.h":
    int import_api() except -1
    int api_number(int number)

import_api()


def value():
    return api_number(3)
