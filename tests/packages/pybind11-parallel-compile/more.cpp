int common_value();
int more() { return common_value() + VAL; }
