#include "common.h"

int shared_value(void)
{
    return VAL;
}
