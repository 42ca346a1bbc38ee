"""An enum, a struct, a C function of the standard library, text of several kinds."""

from libc.math cimport sqrt

cdef enum Colour:
    red = 1
    green = 2

cdef struct Point:
    double x
    double y


cdef double length(Point point) except -1:
    if point.x < 0:
        raise ValueError("negative: %r" % point.x)
    return sqrt(point.x * point.x + point.y * point.y)


def value(text="grün", raw=b"bytes"):
    cdef Point point
    point.x, point.y = 3, 4
    try:
        return {"length": length(point), "colour": <int> green, "text": f"{text!r} {len(raw)}"}
    finally:
        text = None
