#include <Python.h>

#include "common.h"

static PyObject *value(PyObject *self, PyObject *unused)
{
    return PyLong_FromLong(shared_value());
}

static PyMethodDef methods[] = {
    {"value", value, METH_NOARGS, "The value that this module was compiled with."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "mod1", NULL, -1, methods};

PyMODINIT_FUNC PyInit_mod1(void)
{
    return PyModule_Create(&definition);
}
