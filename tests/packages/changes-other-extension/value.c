int NAME(void) {
    int value = 0;
#ifdef AFTER_ANT
    value += 1;
#endif
#ifdef AFTER_BEE
    value += 10;
#endif
    return value;
}
