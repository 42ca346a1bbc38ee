int nowhere_to_be_found(void);
int unlinked(void) { return nowhere_to_be_found(); }
