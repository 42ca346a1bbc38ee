#include <string>
#ifndef VALUE
#define VALUE 5
#endif
extern "C" int common_value(void) { return (int)std::string(VALUE, 'x').size(); }
