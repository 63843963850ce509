/// exp and log of the kernels against long double, on ten million points each, or as many as it is told, and the
/// log-likelihood that is made of them. Built once an instruction set.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <vector>

#include "kernels/likelihood.hpp"
#include "kernels/math.hpp"

namespace {

int n_points = 10'000'000;

#if defined(__FMA__) || defined(__aarch64__)
constexpr double most_ulp = 1.0;
#else
constexpr double most_ulp = 1.3;
#endif

/// The largest error seen of results in T, in units in the last place of the true value.
template <class T>
struct Worst {
    double ulp = 0;
    double at = 0;

    void see(T x, T got, long double wanted) {
        int exponent = 0;
        std::frexp(static_cast<double>(wanted), &exponent);
        const long double unit = std::ldexp(1.0L, exponent - std::numeric_limits<T>::digits);
        const auto error = static_cast<double>(std::fabs((got - wanted) / unit));
        if (!(error <= ulp)) *this = {error, static_cast<double>(x)};
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

std::mt19937_64 generator(1);
std::uniform_real_distribution<double> uniform(0, 1);

template <class T>
T exp_of(T x) {
    Vec<T> v[1] = {broadcast(x)};
    exp_nonpositive<T>(v);
    return v[0][0];
}

/// exp in T, with the logarithm of its smallest normal number.
template <class T>
int check_exp(const char* name, double last) {
    const auto draw = [&](int i) {  // near zero, over all magnitudes, over the whole range
        const double u = uniform(generator);
        return static_cast<T>(i % 3 == 0 ? -u : i % 3 == 1 ? -std::exp((std::log(-last) + 9.3) * u - 9.4) : u * last);
    };
    constexpr int together = 2;
    Worst<T> worst;
    for (int i = 0; i < n_points / (together * width<T>); ++i) {
        Vec<T> x[together];
        Vec<T> e[together];
        for (int v = 0; v < together; ++v) {
            for (int lane = 0; lane < width<T>; ++lane) x[v][lane] = draw(i);
            e[v] = x[v];
        }
        exp_nonpositive<T>(e);
        for (int v = 0; v < together; ++v) {
            for (int lane = 0; lane < width<T>; ++lane) {
                worst.see(x[v][lane], e[v][lane], std::exp(static_cast<long double>(x[v][lane])));
            }
        }
    }
    std::printf("%s exp: %.4f ulp at %.17g\n", name, worst.ulp, worst.at);
    int failures = check(worst.ulp <= most_ulp, "exp is within its bound");
    failures += check(exp_of(T(0)) == 1, "exp(0) is 1");
    failures += check(exp_of(static_cast<T>(last * (1 - 1e-6))) >= std::numeric_limits<T>::min(), "the last normal");
    failures += check(exp_of(static_cast<T>(last * (1 + 1e-6))) == 0, "below it, zero");
    failures += check(exp_of(-std::numeric_limits<T>::max()) == 0, "far below it, zero");
    failures += check(exp_of(-std::numeric_limits<T>::infinity()) == 0, "exp(-infinity) is 0");
    return failures;
}

int check_log() {
    const auto draw = [&](int i) {  // near one, and over all magnitudes
        const double u = uniform(generator);
        return i % 2 == 0 ? 1 + 3 * u : std::exp(700 * u);
    };
    Worst<double> worst;
    for (int i = 0; i < n_points / width<double>; ++i) {
        Vec<double> x;
        for (int lane = 0; lane < width<double>; ++lane) x[lane] = draw(i);
        const Vec<double> l = log_positive(x);
        for (int lane = 0; lane < width<double>; ++lane) {
            worst.see(x[lane], l[lane], std::log(static_cast<long double>(x[lane])));
        }
    }
    std::printf("log: %.4f ulp at %.17g\n", worst.ulp, worst.at);
    return check(worst.ulp <= 1.0, "log is within one unit") +
           check(log_positive(broadcast(1.0))[0] == 0, "log(1) is 0");
}

/// Rows that share a logarithm and rows that cannot, in every place of a group of them.
template <class T>
int check_likelihood(const char* name) {
    constexpr int step = virtual_width<T>;
    double worst = 0;
    for (int n = step; n <= 9 * step; n += step) {
        for (int odd = -1; odd < n; ++odd) {  // the row of another weight; -1: none
            std::vector<T> best(static_cast<std::size_t>(n));
            std::vector<T> sum(best.size());
            std::vector<double> weight(best.size(), 0.7);
            if (odd >= 0) weight[static_cast<std::size_t>(odd)] = odd % 2 == 0 ? 0 : 1e3;
            long double wanted = 0;
            long double size = 0;
            for (std::size_t i = 0; i < best.size(); ++i) {
                best[i] = static_cast<T>(200 * uniform(generator) - 100);
                sum[i] = static_cast<T>(i % 5 == 0 ? 1 : std::exp(40 * uniform(generator)));
                const long double term = static_cast<long double>(best[i]) + std::log(static_cast<long double>(sum[i]));
                wanted += weight[i] * term;
                size += std::fabs(weight[i] * term);
            }
            const double got = log_likelihood<T>(weight.data(), {best.data(), sum.data()}, n);
            worst = std::fmax(worst, static_cast<double>(std::fabs(got - wanted) / size));
            std::vector<double> each(best.size());
            log_sum_exp<T>({best.data(), sum.data()}, n, each.data());
            for (std::size_t i = 0; i < best.size(); ++i) {
                const double alone = static_cast<double>(best[i]) + std::log(static_cast<double>(sum[i]));
                worst = std::fmax(worst, std::fabs(each[i] - alone) / 100);
            }
        }
    }
    std::printf("%s log-likelihood: %.3g\n", name, worst);
    return check(worst < 1e-15, "the log-likelihood is that of its rows");
}

}  // namespace

/// test_math [points]
int main(int argc, char** argv) {
    if (!supported()) return 77;
    if (argc > 1) n_points = std::atoi(argv[1]);
    return check_exp<double>("double", -708.396418532264106) + check_exp<float>("float", -87.3365447505531) +
           check_log() + check_likelihood<double>("double") + check_likelihood<float>("float");
}
