const char *common_text(void) { return VAL; }
