cdef extern from "common.h":
    int common_value()


def one():
    return common_value()
