#ifdef FAST
int slow(void) { return VAL * 10; }
#else
int slow(void) { return VAL; }
#endif
