/* What a project builds where Cython can't make the module. */
#include <Python.h>

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "broken", NULL, -1, NULL, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_broken(void) { return PyModule_Create(&definition); }
