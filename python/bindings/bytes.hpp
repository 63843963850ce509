/// Pickles of values that the core writes as bytes, the same in every host.
#pragma once

#include <pybind11/pybind11.h>

#include <string_view>
#include <vector>

#include "gaussmix/bytes.hpp"

namespace gaussmix::bindings {

template <class Value>
pybind11::bytes bytes_of(const Value& value) {
    const std::vector<std::uint8_t> bytes = to_bytes(value);
    return {static_cast<const char*>(static_cast<const void*>(bytes.data())), bytes.size()};
}

template <class Value>
auto pickled_as_bytes(Value (*read)(const void*, std::size_t)) {
    return pybind11::pickle([](const Value& value) { return pybind11::make_tuple(bytes_of(value)); },
                            [read](const pybind11::tuple& state) {
                                const auto bytes = state.cast<std::tuple<pybind11::bytes>>();
                                const std::string_view view = std::get<0>(bytes);
                                return read(view.data(), view.size());
                            });
}

}  // namespace gaussmix::bindings
