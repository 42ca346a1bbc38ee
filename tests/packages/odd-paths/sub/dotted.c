const char *dotted(void) { return VAL; }
