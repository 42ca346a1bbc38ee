int common_value(void);
int plain(void) { return common_value(); }
