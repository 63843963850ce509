/// exp and log of the kernels against long double, on ten million points each. Built once an instruction set.
#include <cmath>
#include <cstdio>
#include <limits>
#include <random>

#include "kernels/math.hpp"

namespace {

constexpr int n_vectors = 10'000'000 / vector_width;
constexpr double smallest_normal = std::numeric_limits<double>::min();

#if defined(__FMA__) || defined(__aarch64__)
constexpr double most_ulp = 1.0;
#else
constexpr double most_ulp = 1.3;
#endif

/// The largest error seen, in units in the last place of the true value.
struct Worst {
    double ulp = 0;
    double at = 0;

    void see(double x, double got, long double wanted) {
        int exponent = 0;
        std::frexp(static_cast<double>(wanted), &exponent);
        const long double unit = std::ldexp(1.0L, exponent - 53);
        const auto error = static_cast<double>(std::fabs((got - wanted) / unit));
        if (!(error <= ulp)) *this = {error, x};
    }
};

bool supported() {
#if defined(__AVX512F__)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
#elif defined(__AVX2__)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return true;
#endif
}

int check(bool good, const char* what) {
    if (!good) std::printf("FAIL: %s\n", what);
    return good ? 0 : 1;
}

}  // namespace

int main() {
    if (!supported()) return 77;
    std::mt19937_64 generator(1);
    std::uniform_real_distribution<double> uniform(0, 1);
    const auto draw_exp = [&](int i) {  // near zero, over all magnitudes, over the whole range
        const double u = uniform(generator);
        return i % 3 == 0 ? -u : i % 3 == 1 ? -std::exp(15.9 * u - 9.4) : -u * 708.39;
    };
    const auto draw_log = [&](int i) {  // near one, and over all magnitudes
        const double u = uniform(generator);
        return i % 2 == 0 ? 1 + 3 * u : std::exp(700 * u);
    };
    Worst exp_error;
    Worst log_error;
    for (int i = 0; i < n_vectors; ++i) {
        Vec x;
        Vec y;
        for (int lane = 0; lane < vector_width; ++lane) {
            x[lane] = draw_exp(i);
            y[lane] = draw_log(i);
        }
        const Vec e = exp_nonpositive(x);
        const Vec l = log_positive(y);
        for (int lane = 0; lane < vector_width; ++lane) {
            exp_error.see(x[lane], e[lane], std::exp(static_cast<long double>(x[lane])));
            log_error.see(y[lane], l[lane], std::log(static_cast<long double>(y[lane])));
        }
    }
    std::printf("exp: %.4f ulp at %.17g\nlog: %.4f ulp at %.17g\n", exp_error.ulp, exp_error.at, log_error.ulp,
                log_error.at);

    const double infinity = std::numeric_limits<double>::infinity();
    int failures = check(exp_error.ulp <= most_ulp, "exp is within its bound");
    failures += check(log_error.ulp <= 1.0, "log is within one unit");
    failures += check(exp_nonpositive(Vec{})[0] == 1, "exp(0) is 1");
    failures += check(exp_nonpositive(broadcast(-708.396418532264))[0] >= smallest_normal, "the last normal number");
    failures += check(exp_nonpositive(broadcast(-708.5))[0] == 0, "below it, zero");
    failures += check(exp_nonpositive(Vec{} - infinity)[0] == 0, "exp(-infinity) is 0");
    failures += check(log_positive(Vec{} + 1.0)[0] == 0, "log(1) is 0");
    return failures;
}
