int b(void) { return VAL; }
