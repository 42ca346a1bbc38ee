#ifndef MODULE
#define MODULE a
#endif
#include "module.h"
