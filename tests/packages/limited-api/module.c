#include <Python.h>

int common_value(void);

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "module", NULL, -1, NULL};

#ifdef Py_LIMITED_API
PyMODINIT_FUNC PyInit_one(void)
#else
PyMODINIT_FUNC PyInit_two(void)
#endif
{
    PyObject *module = PyModule_Create(&definition);
    if (module != NULL)
        PyModule_AddIntConstant(module, "value", common_value());
    return module;
}
