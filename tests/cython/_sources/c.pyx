"""Cimports a class; a closure and a generator."""

from b cimport Counter


def numbers(int end):
    cdef int number
    for number in range(end):
        yield number


def value():
    cdef Counter counter = Counter()

    def add(number):
        return counter.add(number)

    return [add(number) for number in numbers(3)]
