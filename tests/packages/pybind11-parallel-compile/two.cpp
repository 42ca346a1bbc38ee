int common_value();
int two() { return common_value(); }
