#ifdef OTHER
#define OFFSET 10
#else
#define OFFSET 20
#endif
