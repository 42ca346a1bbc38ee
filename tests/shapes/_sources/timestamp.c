/* The time of this file and the compiler's date, as text. */
#define TEXT __TIMESTAMP__ " " __DATE__ " " __TIME__
#include "module.h"
