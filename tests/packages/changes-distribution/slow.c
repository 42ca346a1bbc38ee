#include <Python.h>

int NAME(void) { return VAL + PY_MINOR_VERSION * 0; }
