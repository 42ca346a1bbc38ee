#include <Python.h>

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#define JOIN_OF(x, y) x##y
#define JOIN(x, y) JOIN_OF(x, y)

int generated(void);

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, TEXT(NAME), NULL, -1, NULL};

PyMODINIT_FUNC JOIN(PyInit_, NAME)(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module != NULL)
        PyModule_AddIntConstant(module, "value", VAL);
    return module;
}
