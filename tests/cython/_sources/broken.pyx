"""Two mistakes that Cython finds late, and one that only matters without them."""


cdef int whole(int number):
    return number


def value():
    cdef int number = "text"
    cdef Unknown other
    return whole(number, 2)
