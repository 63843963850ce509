/// Numbers in messages.
#pragma once

#include <cstdio>
#include <string>

namespace gaussmix::text {

/// As few digits as tell the number, up to six.
inline std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", value);
    return text;
}

}  // namespace gaussmix::text
