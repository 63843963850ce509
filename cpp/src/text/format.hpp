/// Messages made from a pattern and values.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>

#include "text/number.hpp"

namespace gaussmix::text {
namespace detail {

/// Returns text as it is, whole numbers with all their digits, other numbers as `number` does, and enumerators as
/// numbers.
template <class Value>
std::string as_text(const Value& value) {
    if constexpr (std::is_convertible_v<const Value&, std::string_view>) {
        return std::string(std::string_view(value));
    } else if constexpr (std::is_floating_point_v<Value>) {
        return number(value);
    } else if constexpr (std::is_enum_v<Value>) {
        return std::to_string(static_cast<std::underlying_type_t<Value>>(value));
    } else {
        static_assert(std::is_integral_v<Value> && !std::is_same_v<Value, bool> && !std::is_same_v<Value, char>,
                      "give text or a number");
        return std::to_string(value);
    }
}

/// Appends the pattern up to its next `{}`, then the value, and takes what it has used off the pattern.
void append(std::string& out, std::string_view& pattern, const std::string& value);
/// Appends a pattern that has no `{}` left.
void append_rest(std::string& out, std::string_view pattern);

}  // namespace detail

/// Returns the pattern with each `{}` replaced by the next value: text, a number or an enumerator. There must be as
/// many values as `{}`.
template <class... Values>
std::string format(std::string_view pattern, const Values&... values) {
    std::string out;
    (detail::append(out, pattern, detail::as_text(values)), ...);
    detail::append_rest(out, pattern);
    return out;
}

}  // namespace gaussmix::text
