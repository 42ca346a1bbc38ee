int common_value(void);
int again(void) { return common_value() * 2; }
