int helper(void);
int one(void) { return helper(); }
