/// Numbers in messages.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

namespace gaussmix::text {

/// As few digits as tell the number, up to six.
inline std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", value);
    return text;
}

/// The same with as many digits more as tell it from a bound that it misses.
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
