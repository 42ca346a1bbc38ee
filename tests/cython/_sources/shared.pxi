cdef int shared_number(int extra):
    return 7 + extra
