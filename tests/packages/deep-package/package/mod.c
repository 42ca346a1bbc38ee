#include <Python.h>

int common_value(void);

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "mod", NULL, -1, NULL};

PyMODINIT_FUNC PyInit_mod(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module != NULL)
        PyModule_AddIntConstant(module, "value", common_value());
    return module;
}
