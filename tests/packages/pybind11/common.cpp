int common_value() { return VAL; }
