int first(void) { return VAL; }
