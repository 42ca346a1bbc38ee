#ifndef MODULE
#define MODULE b
#endif
#include "module.h"
