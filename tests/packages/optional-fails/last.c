int good(void);
int last(void) { return good(); }
