int common_value(void);
int foo(void) { return VAL * common_value(); }
