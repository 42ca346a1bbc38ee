int NAME(void) {
    int value = 0;
#ifdef IN_PLACE
    value += 1;
#endif
#ifdef REPLACED
    value += 10;
#endif
#ifdef BY_METHOD
    value += 100;
#endif
    return value;
}
