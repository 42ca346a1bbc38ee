#include <Python.h>

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "first", NULL, -1, NULL};

PyMODINIT_FUNC PyInit_first(void) { return PyModule_Create(&definition); }
