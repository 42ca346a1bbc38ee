int bar(void) { return VAL; }
