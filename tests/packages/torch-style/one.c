int common_value(void);
int kernel(void);
int one(void) { return common_value() + kernel(); }
