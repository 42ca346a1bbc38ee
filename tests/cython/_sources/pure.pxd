cdef class Sum:
    cdef public int total
    cpdef int add(self, int number)
