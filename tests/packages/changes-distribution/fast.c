int NAME(void) { return VAL; }
