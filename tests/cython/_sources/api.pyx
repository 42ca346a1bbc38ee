"""Functions and a class for C: Cython writes `api.h` and `api_api.h`."""

cdef public class Thing [object ThingObject, type ThingType]:
    cdef public int number


cdef public int public_number(int number):
    return number + 1


cdef api int api_number(int number):
    return number + 2


def value():
    return public_number(1), api_number(1)
