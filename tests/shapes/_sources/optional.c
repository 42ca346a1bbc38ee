/* Another number when optional.h exists. */
#if __has_include("optional.h")
#include "optional.h"
#else
#define VALUE -1
#endif
#include "module.h"
