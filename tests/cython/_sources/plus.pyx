# distutils: language = c++
"""Uses the C++ library."""

from libcpp.string cimport string
from libcpp.vector cimport vector


cdef extern from *:
    """
    template <typename T> T largest(const T &a, const T &b) { return a < b ? b : a; }
    """
    T largest[T](T a, T b) except +


def value():
    cdef vector[int] numbers
    cdef string text = b"text"
    numbers.push_back(largest[int](1, 2))
    return numbers, text
