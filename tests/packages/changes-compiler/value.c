#ifdef NDEBUG
int NAME(void) { return 1; }
#else
int NAME(void) { return 2; }
#endif
