#include <Python.h>

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "NAME", NULL, -1, NULL};

PyMODINIT_FUNC PyInit_NAME(void)
{
    return PyModule_Create(&definition);
}
