/// The loops behind `Peak`: compiled once for each instruction set, with contraction to FMA allowed.
#include "peak.hpp"

namespace gaussmix::bench {
namespace {

#if defined(__AVX512F__)
constexpr int vector_bytes = 64;
#elif defined(__AVX__)
constexpr int vector_bytes = 32;
#else
constexpr int vector_bytes = 16;
#endif

constexpr int chains = 12;  // enough to hide the latency of two units, few enough for 16 registers

template <class T>
constexpr int width = vector_bytes / static_cast<int>(sizeof(T));

template <class T>
struct VectorOf {
    typedef T type __attribute__((vector_size(vector_bytes)));
};

template <class T>
double multiply_add(std::int64_t rounds) noexcept {
    using Vec = typename VectorOf<T>::type;
    const Vec a = T(0.999) - Vec{};
    const Vec b = T(0.001) - Vec{};
    Vec x[chains];
    for (int c = 0; c < chains; ++c) x[c] = T(c) - Vec{};
    for (std::int64_t i = 0; i < rounds; ++i) {
#pragma GCC unroll 12
        for (int c = 0; c < chains; ++c) x[c] = x[c] * a + b;
    }
    double sum = 0;
    for (int c = 0; c < chains; ++c) sum += static_cast<double>(x[c][0]);
    return sum;
}

double read(const double* data, std::int64_t n) noexcept {
    using Vec = VectorOf<double>::type;
    constexpr int together = 8;
    const auto* vectors = reinterpret_cast<const Vec*>(data);
    Vec sum[together] = {};
    for (std::int64_t i = 0; i < n / width<double>; i += together) {
#pragma GCC unroll 8
        for (int v = 0; v < together; ++v) sum[v] += vectors[i + v];
    }
    Vec total = {};
    for (int v = 0; v < together; ++v) total += sum[v];
    return total[0];
}

}  // namespace

#define GAUSSMIX_BENCH_JOIN(a, b) a##b
#define GAUSSMIX_BENCH_NAME(isa) GAUSSMIX_BENCH_JOIN(peak_, isa)
#define GAUSSMIX_BENCH_TEXT(isa) #isa
#define GAUSSMIX_BENCH_QUOTE(isa) GAUSSMIX_BENCH_TEXT(isa)

extern const Peak GAUSSMIX_BENCH_NAME(GAUSSMIX_BENCH_ISA);
const Peak GAUSSMIX_BENCH_NAME(GAUSSMIX_BENCH_ISA) = {GAUSSMIX_BENCH_QUOTE(GAUSSMIX_BENCH_ISA),
                                                      multiply_add<double>,
                                                      multiply_add<float>,
                                                      2 * chains * width<double>,
                                                      2 * chains * width<float>,
                                                      read};

}  // namespace gaussmix::bench
