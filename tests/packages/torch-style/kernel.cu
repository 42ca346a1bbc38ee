int kernel(void) { return VAL; }
