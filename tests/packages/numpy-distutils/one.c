int common_value(void);
int helper(void);
int one(void) { return common_value() + helper(); }
