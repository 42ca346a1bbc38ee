int common_value(void);
int helper(void) { return common_value() + VAL; }
