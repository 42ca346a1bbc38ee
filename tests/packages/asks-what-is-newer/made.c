#include <Python.h>

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "made", NULL, -1, NULL};

PyMODINIT_FUNC PyInit_made(void) { return PyModule_Create(&definition); }
