int a(void) { return VAL; }
