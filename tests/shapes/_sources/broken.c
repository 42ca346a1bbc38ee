#include "module.h"
#error "this source does not compile"
