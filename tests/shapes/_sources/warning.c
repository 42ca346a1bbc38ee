#include "module.h"
#warning "this source has a warning"
