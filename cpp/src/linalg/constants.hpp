/// Logarithms that the formulas use.
#pragma once

namespace gaussmix::linalg {

inline constexpr double log_two = 0.69314718055994530942;
inline constexpr double log_two_pi = 1.8378770664093454836;

}  // namespace gaussmix::linalg
