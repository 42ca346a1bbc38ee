const char *common_text(void);
const char *my_file(void) { return common_text(); }
