/* The value that the module was compiled with. */
int shared_value(void);
