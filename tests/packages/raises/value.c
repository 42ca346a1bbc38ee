int NAME(void) { return sizeof(int); }
