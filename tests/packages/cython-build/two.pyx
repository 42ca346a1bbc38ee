cdef extern from "common.h":
    int common_value()


def two():
    return common_value()
