#include <string>

extern "C" int common_value(void);

extern "C" int mixed(void) {
    return static_cast<int>(std::string(static_cast<std::size_t>(common_value()), 'x').size());
}
