"""Compiled by mypyc, uses the other module."""

from package.one import one


def two(number: int) -> int:
    return one(number) + 1
