#include "text/invalid.hpp"

#include <cmath>

namespace gaussmix::text {

void check_numbers(const char* what, const std::vector<double>& numbers, Index expected, const char* shape) {
    if (signed_size(numbers) != expected) {
        invalid("{} has {} numbers, expected {}: {}", what, numbers.size(), expected, shape);
    }
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (std::isfinite(numbers[i])) continue;
        invalid("{} has a number that is not finite, {} at position {}: give finite numbers", what, numbers[i], i);
    }
}

}  // namespace gaussmix::text
