int common_value(void);
int one(void) { return common_value(); }
