#include "text/invalid.hpp"

#include <cmath>

#include "gaussmix/error.hpp"
#include "text/number.hpp"

namespace gaussmix::text {

void invalid(const std::string& message) { throw Error(Errc::invalid_argument, message); }

void check_numbers(const char* what, const std::vector<double>& numbers, Index expected, const char* shape) {
    if (signed_size(numbers) != expected) {
        invalid(std::string(what) + " has " + std::to_string(numbers.size()) + " numbers, expected " +
                std::to_string(expected) + ": " + shape);
    }
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (std::isfinite(numbers[i])) continue;
        invalid(std::string(what) + " has a number that is not finite, " + number(numbers[i]) + " at position " +
                std::to_string(i) + ": give finite numbers");
    }
}

}  // namespace gaussmix::text
