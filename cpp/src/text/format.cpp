#include "text/format.hpp"

#include <cassert>

namespace gaussmix::text::detail {

void append(std::string& out, std::string_view& pattern, const std::string& value) {
    const std::size_t place = pattern.find("{}");
    assert(place != std::string_view::npos && "more values than {}");
    out.append(pattern.substr(0, place)).append(value);
    pattern.remove_prefix(place == std::string_view::npos ? pattern.size() : place + 2);
}

void append_rest(std::string& out, std::string_view pattern) {
    assert(pattern.find("{}") == std::string_view::npos && "fewer values than {}");
    out.append(pattern);
}

}  // namespace gaussmix::text::detail
