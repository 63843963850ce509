/// The logarithm of a product of many numbers.
#pragma once

#include <cmath>
#include <cstdint>

#include "linalg/constants.hpp"

namespace gaussmix::linalg {

/// The exponent is kept apart, so that the product stays within the range of doubles. Only factors near 1 are rounded,
/// whereas a sum of logarithms would round ever larger numbers.
class LogProduct {
public:
    /// Multiplies by a standard deviation, whose exponent is at most half that of a double.
    void multiply(double factor) noexcept {
        mantissa_ *= factor;
        if (!(mantissa_ >= 0x1p-400 && mantissa_ <= 0x1p400)) split();
    }
    double value() noexcept {
        split();
        return std::log(mantissa_) + log_two * static_cast<double>(exponent_);
    }

private:
    void split() noexcept {
        int exponent = 0;
        mantissa_ = std::frexp(mantissa_, &exponent);
        exponent_ += exponent;
    }

    double mantissa_ = 1;
    std::int64_t exponent_ = 0;
};

}  // namespace gaussmix::linalg
