#ifndef VAL
#define VAL 1
#endif
int common_value(void) { return VAL; }
