"""A module in plain Python with types from a `.pxd`."""


class Sum:
    def __init__(self):
        self.total = 0

    def add(self, number):
        self.total += number
        return self.total


def value(count=4):
    total = Sum()
    for number in range(count):
        total.add(number)
    return total.total
