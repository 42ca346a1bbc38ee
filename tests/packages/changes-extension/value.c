int NAME(void) { return COUNT_; }
