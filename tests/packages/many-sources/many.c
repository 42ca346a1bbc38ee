#include <Python.h>

#ifdef FEW
#define INIT PyInit_few
#define NAME "few"
#define SUM 0
#else
#define INIT PyInit_many
#define NAME "many"
int part0(void);
int part17(void);
int part36(void);
int part39(void);
#define SUM part0() + part17() + part36() + part39()
#endif

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, NAME, NULL, -1, NULL};

PyMODINIT_FUNC INIT(void)
{
    PyObject *made = PyModule_Create(&module);
    if (made && PyModule_AddIntConstant(made, "sum", SUM) < 0)
        return NULL;
    return made;
}
