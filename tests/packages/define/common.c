#include <offset.h>

#ifdef NDEBUG
#error "NDEBUG should not be defined"
#endif

int common_value(void) { return VAL + OWN + OFFSET; }
