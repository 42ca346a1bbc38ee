#define HELPER 7
