int d(void) { return VAL; }
