#ifndef HELPER_H
#define HELPER_H
#ifndef VALUE
#define VALUE 3
#endif
static int helper(int number) { return number + VALUE; }
#endif
