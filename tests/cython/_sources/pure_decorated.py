"""A module in plain Python with Cython's decorators."""

import cython


@cython.cfunc
@cython.returns(cython.int)
@cython.locals(number=cython.int)
def square(number):
    return number * number


def value():
    return square(5) if cython.compiled else -1
