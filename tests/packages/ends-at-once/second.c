#include <Python.h>

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "second", NULL, -1, NULL};

PyMODINIT_FUNC PyInit_second(void) { return PyModule_Create(&definition); }
