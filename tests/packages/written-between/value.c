#include "config.h"

int value(void) { return VAL; }
