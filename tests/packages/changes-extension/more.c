int more(void) { return COUNT_; }
