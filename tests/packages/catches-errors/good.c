int common_value(void);
int good(void) { return common_value(); }
