/// The logarithm of a product of many numbers.
#pragma once

#include <cmath>
#include <cstdint>

#include "linalg/constants.hpp"

namespace gaussmix::linalg {

/// The exponent is kept apart: the product does not leave the range of doubles, and what rounds on the way are factors
/// near 1, where a sum of logarithms would round numbers that grow.
class LogProduct {
public:
    /// Of a standard deviation, whose exponent is half that of a double at most.
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
