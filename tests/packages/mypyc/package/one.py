"""Compiled by mypyc."""


def one(number: int) -> int:
    return number + 1
