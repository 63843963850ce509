/// Checks that report where they failed and count, so that one program can say all that is wrong.
#pragma once

#include <cmath>
#include <cstring>
#include <exception>
#include <iostream>
#include <vector>

namespace check {

inline int failures = 0;

inline void report(bool good, const char* what, const char* file, int line) {
    if (good) return;
    ++failures;
    std::cerr << file << ":" << line << ": failed: " << what << "\n";
}

/// Whether a and b agree to a share of the larger, or to that number itself near zero.
inline bool close(double a, double b, double tolerance) {
    return std::fabs(a - b) <= tolerance * std::fmax(1.0, std::fmax(std::fabs(a), std::fabs(b)));
}

/// Whether a and b are equal bit for bit: -0 is not 0, and NaN is itself.
inline bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

/// Runs a test program; an exception that nobody expected is a failure too.
template <class Test>
int run(Test&& test) {
    try {
        test();
    } catch (const std::exception& error) {
        report(false, error.what(), "uncaught", 0);
    }
    return failures;
}

}  // namespace check

#define CHECK(condition) check::report((condition), #condition, __FILE__, __LINE__)

#define CHECK_CLOSE(a, b, tolerance) \
    check::report(check::close((a), (b), (tolerance)), #a " is close to " #b, __FILE__, __LINE__)

/// The expression throws gaussmix::Error of that code.
#define CHECK_THROWS(expression, expected)                                                \
    do {                                                                                  \
        bool as_expected = false;                                                         \
        try {                                                                             \
            static_cast<void>(expression);                                                \
        } catch (const gaussmix::Error& error) {                                          \
            as_expected = error.code() == (expected);                                     \
        }                                                                                 \
        check::report(as_expected, #expression " throws " #expected, __FILE__, __LINE__); \
    } while (false)
