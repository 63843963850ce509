#include "em/ends.hpp"

#include <algorithm>
#include <utility>

namespace gaussmix::em {

void shift(std::vector<End>& ends, double by) {
    for (End& end : ends) end.log_likelihood += by;
}

std::vector<End> distinct(std::vector<End> ends, double tol) {
    std::sort(ends.begin(), ends.end(), [](const End& a, const End& b) {
        return std::pair(a.collapsed, -a.log_likelihood) < std::pair(b.collapsed, -b.log_likelihood);
    });
    std::vector<End> result;
    for (const End& end : ends) {
        const bool known = !result.empty() && result.back().collapsed == end.collapsed &&
                           result.back().log_likelihood - end.log_likelihood < tol;
        if (known) {
            result.back().times += end.times;
        } else {
            result.push_back(end);
        }
    }
    return result;
}

}  // namespace gaussmix::em
