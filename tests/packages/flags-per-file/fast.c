#ifdef FAST
int fast(void) { return VAL * 10; }
#else
int fast(void) { return VAL; }
#endif
