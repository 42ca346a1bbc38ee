#include "value.h"

int value(void) { return VAL; }
