#ifndef VAL
#define VAL 3
#endif
int good(void) { return VAL; }
