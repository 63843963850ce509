/// One function per noun, called by module.cpp.
#pragma once

#include <pybind11/pybind11.h>

namespace gaussmix::bindings {

void register_system(pybind11::module_& module);
void register_families(pybind11::module_& module);
void register_model(pybind11::module_& module);
void register_parts(pybind11::module_& module);
void register_options(pybind11::module_& module);
void register_fit(pybind11::module_& module);
void register_select(pybind11::module_& module);
void register_summary(pybind11::module_& module);
void register_moments(pybind11::module_& module);
void register_run(pybind11::module_& module);
void register_shard(pybind11::module_& module);

}  // namespace gaussmix::bindings
