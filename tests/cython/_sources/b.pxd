cdef class Counter:
    cdef public int count
    cpdef int add(self, int number)
