#if defined(HAVE_GETPID) && !defined(HAVE_NO_SUCH_FUNCTION_ANYWHERE)
int common_value(void) { return VAL; }
#else
int common_value(void) { return -VAL; }
#endif
