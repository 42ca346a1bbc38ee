"""Coroutines, decorators, a class with properties, lambdas."""


def twice(function):
    return lambda *args: function(*args) * 2


class Plain:
    def __init__(self, number=1, *, extra=None):
        self.number, self.extra = number, extra

    @property
    def doubled(self):
        return self.number * 2


async def later(items):
    for item in items:
        yield item


@twice
def value(number=2):
    return Plain(number).doubled
