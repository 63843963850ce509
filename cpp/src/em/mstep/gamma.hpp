/// log Gamma and its derivative: the same bits on every platform, and safe in any thread, which std::lgamma is not.
#pragma once

namespace gaussmix::em {

/// log Gamma(x), x > 0.
double log_gamma(double x) noexcept;

/// d/dx log Gamma(x), x > 0.
double digamma(double x) noexcept;

}  // namespace gaussmix::em
