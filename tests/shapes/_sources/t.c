/* Small enough to be preprocessed; the result serves as a header. */
#ifndef VAL
#define VAL 3
#endif
static int preprocessed_value(void) { return VAL; }
