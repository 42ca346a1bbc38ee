#ifdef __cplusplus
extern "C"
#endif
int common_value(void) { return VAL; }
