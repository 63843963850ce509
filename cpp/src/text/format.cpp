#include "text/format.hpp"

#include <cassert>

namespace gaussmix::text {

std::string detail::fill(std::string_view pattern, std::initializer_list<std::string> values) {
    std::string out;
    for (const std::string& value : values) {
        const std::size_t place = pattern.find("{}");
        assert(place != std::string_view::npos && "more values than {}");
        out.append(pattern.substr(0, place)).append(value);
        pattern = pattern.substr(place == std::string_view::npos ? pattern.size() : place + 2);
    }
    assert(pattern.find("{}") == std::string_view::npos && "fewer values than {}");
    return out.append(pattern);
}

}  // namespace gaussmix::text
