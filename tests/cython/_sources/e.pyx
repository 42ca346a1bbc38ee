"""A fused type and a memory view, which bring much of Cython's own code into the output."""

ctypedef fused number:
    int
    double


cdef number total(number[:] items):
    cdef number result = 0
    cdef Py_ssize_t i
    for i in range(items.shape[0]):
        result += items[i]
    return result


def value(int[:] small, double[:] large):
    return total(small), total(large)
