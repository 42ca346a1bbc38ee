int c(void) { return VAL; }
