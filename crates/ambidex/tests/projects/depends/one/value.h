#define VAL 1
