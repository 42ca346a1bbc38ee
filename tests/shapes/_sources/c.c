#ifndef MODULE
#define MODULE c
#endif
#include "module.h"
