int common_value(void);
int last(void) { return common_value(); }
