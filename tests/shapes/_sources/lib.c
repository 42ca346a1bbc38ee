#ifndef VAL
#define VAL 2
#endif
int lib_value(void) { return VAL; }
