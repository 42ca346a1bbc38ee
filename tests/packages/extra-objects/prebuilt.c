int prebuilt(void) { return 99; }
