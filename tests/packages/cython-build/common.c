#include "common.h"

int common_value(void) { return VAL; }
