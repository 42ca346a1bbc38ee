#include <Python.h>

static PyObject *value(PyObject *self, PyObject *unused)
{
    return PyLong_FromLong(VALUE);
}

static PyMethodDef methods[] = {
    {"value", value, METH_NOARGS, "The value that this module was compiled with."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "value", NULL, -1, methods};

PyMODINIT_FUNC INIT(void)
{
    return PyModule_Create(&definition);
}
