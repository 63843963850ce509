/// Numbers in messages.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

namespace gaussmix::text {

/// Returns the number with up to six significant digits.
inline std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", value);
    return text;
}

/// Returns the same with as many more digits as it takes to differ from a bound that the value violates.
inline std::string number(double value, double bound) {
    constexpr int enough = 17;
    char text[32];
    for (int digits = 6; digits <= enough; ++digits) {
        std::snprintf(text, sizeof text, "%.*g", digits, value);
        if (std::strtod(text, nullptr) != bound) break;
    }
    return text;
}

}  // namespace gaussmix::text
