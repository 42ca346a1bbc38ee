int bar(void);
int common_value(void);
int two(void) { return bar() + common_value(); }
