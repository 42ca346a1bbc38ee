/* A whole module by macros: MODULE is its name, VALUE its number, TEXT its text, CALLS a function that gives the number. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#ifdef HEADER
#include HEADER
#endif
#ifndef MODULE
#define MODULE value
#endif
#ifndef VALUE
#define VALUE 0
#endif
#ifndef TEXT
#define TEXT ""
#endif
#define STRING_(x) #x
#define STRING(x) STRING_(x)
#define INIT_(x) PyInit_##x
#define INIT(x) INIT_(x)

#ifdef CALLS
int CALLS(void);
int number(void) { return CALLS(); }
#else
int number(void) { return VALUE; }
#endif
const char *text(void) { return TEXT; }

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, STRING(MODULE), 0, -1, 0, 0, 0, 0, 0};

PyMODINIT_FUNC INIT(MODULE)(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module) {
        PyModule_AddIntConstant(module, "number", number());
        PyModule_AddStringConstant(module, "text", text());
    }
    return module;
}
