int common_value(void);
int two(void) { return common_value(); }
