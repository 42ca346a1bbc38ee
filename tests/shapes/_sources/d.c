#ifndef MODULE
#define MODULE d
#endif
#include "module.h"
