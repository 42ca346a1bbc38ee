/* Its value is that of the header a.h, if there is one. */
#if __has_include("a.h")
#include "a.h"
#endif
#ifndef FOUND
#define FOUND -1
#endif
#define VALUE FOUND
#define MODULE NAME
#include "module.h"
