"""A mistake that Cython finds when it reads the text."""


def value(:
    return 1
