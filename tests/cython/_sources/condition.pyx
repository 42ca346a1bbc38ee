"""Its text depends on `compile_time_env`."""

IF WIDE:
    ctypedef long long number
ELSE:
    ctypedef int number


def value():
    return sizeof(number), NAME
