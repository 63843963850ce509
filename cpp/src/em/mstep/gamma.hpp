/// log Gamma and its derivative: the same bits on every platform, and safe in any thread, which std::lgamma is not.
#pragma once

namespace gaussmix::em {

/// Returns log Gamma(x), x > 0.
double log_gamma(double x) noexcept;

/// Returns d/dx log Gamma(x), x > 0.
double digamma(double x) noexcept;

}  // namespace gaussmix::em
