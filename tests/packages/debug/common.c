int common_value(void) { return VAL; }
