#include <pybind11/pybind11.h>

int common_value();

PYBIND11_MODULE(two, module) {
    module.def("value", &common_value);
}
