int common_value();
int one() { return common_value(); }
