int helper(void) { return 5; }
