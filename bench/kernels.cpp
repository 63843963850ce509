/// Each kernel, the packing of rows and the whole fused pass against the machine's own peak, on one thread, for each
/// instruction set there is. Prints one JSON object a line. "--quick" only shows that everything runs.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#if defined(__unix__) || defined(__APPLE__)
#include <ctime>
#else
#include <chrono>
#endif

#include "cpu/dispatch.hpp"
#include "gaussmix/gaussmix.hpp"
#include "instruction_sets.hpp"
#include "kernels/layout.hpp"
#include "linalg/aligned.hpp"
#include "peak.hpp"
#include "rows/plan.hpp"
#include "rows/tile.hpp"

namespace gaussmix::bench {

#define GAUSSMIX_BENCH_DECLARE(isa) extern const Peak peak_##isa;
GAUSSMIX_FOR_EACH_ISA(GAUSSMIX_BENCH_DECLARE)
#undef GAUSSMIX_BENCH_DECLARE

namespace {

using linalg::AlignedBuffer;

constexpr Index n_components = 16;
constexpr Index dimensions[] = {2, 4, 8, 16, 32, 64, 128, 256};
constexpr CovarianceType families[] = {CovarianceType::full, CovarianceType::diag, CovarianceType::tied,
                                       CovarianceType::spherical};

volatile double sink;  // results end here, so that no loop is left out

template <class T>
AlignedBuffer<T> zeros(Index size) {
    AlignedBuffer<T> buffer(static_cast<std::size_t>(size));
    buffer.fill_zero();
    return buffer;
}

/// The processor time of this thread: on a shared machine the wall's clock counts others' work too.
double now() {
#if defined(__unix__) || defined(__APPLE__)
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
#else
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
#endif
}

/// How long to look at one thing, how short a measurement may be, and how many rounds of multiply-adds show the peak.
struct Patience {
    double total = 0.03;
    double slice = 1e-3;
    Index rounds = 60000;
};

template <class Work>
double seconds_of(Index times, Work&& work) {
    const double start = now();
    for (Index i = 0; i < times; ++i) work();
    return now() - start;
}

/// Seconds that one `work()` takes: the best of many short repetitions, since others use the machine too. `beside` is
/// told of each of them.
template <class Work, class Beside>
double best_seconds(const Patience& patience, Work&& work, Beside&& beside) {
    work();
    Index times = 1;
    double spent = seconds_of(times, work);
    while (spent < patience.slice) {
        times *= 2;
        spent = seconds_of(times, work);
    }
    double best = spent;
    for (double total = 0; total < patience.total; total += spent) {
        spent = seconds_of(times, work);
        beside(spent / static_cast<double>(times));
        best = std::min(best, spent);
    }
    return best / static_cast<double>(times);
}

template <class Work>
double best_seconds(const Patience& patience, Work&& work) {
    return best_seconds(patience, work, [](double) {});
}

const Peak& peak_of(const std::string& isa) {
#define GAUSSMIX_BENCH_CHOOSE(name) \
    if (isa == #name) return peak_##name;
    GAUSSMIX_FOR_EACH_ISA(GAUSSMIX_BENCH_CHOOSE)
#undef GAUSSMIX_BENCH_CHOOSE
    throw Error(Errc::invalid_argument, "no peak was compiled for " + isa);
}

/// What all measurements of one instruction set share.
struct Setting {
    const kernels::Table& table;
    const Peak& peak;
    Patience patience;
    bool quick;

    /// The start of a line of output.
    void begin(const char* record) const { std::printf("{\"record\": \"%s\", \"isa\": \"%s\", ", record, table.name); }
};

/// Some multiply-adds of numbers T, and how many flops they are.
template <class T>
double multiply_add(const Setting& setting) {
    const Peak& peak = setting.peak;
    constexpr bool wide = std::is_same_v<T, double>;
    sink = wide ? peak.multiply_add_f64(setting.patience.rounds) : peak.multiply_add_f32(setting.patience.rounds);
    return static_cast<double>(setting.patience.rounds * (wide ? peak.flops_per_round_f64 : peak.flops_per_round_f32));
}

/// The best of many short repetitions, and the share of the peak that the median one reached: clocks rise and fall, so
/// each is held against multiply-adds that come right after it.
struct Speed {
    double seconds;
    double share;
};

template <class T, class Work>
Speed speed_of(const Setting& setting, double flops, Work&& work) {
    std::vector<double> shares;
    const double best = best_seconds(setting.patience, work, [&](double seconds) {
        double done = 0;
        const double beside = seconds_of(1, [&] { done = multiply_add<T>(setting); });
        shares.push_back(flops / seconds / (done / beside));
    });
    const auto middle = shares.begin() + static_cast<std::ptrdiff_t>(shares.size() / 2);
    std::nth_element(shares.begin(), middle, shares.end());
    return {best, *middle};
}

void measure_peak(const Setting& setting) {
    double flops = 0;
    const auto gflops = [&](auto multiply) {
        const double seconds = best_seconds(setting.patience, [&] { flops = multiply(setting); });
        return flops / seconds * 1e-9;
    };
    const double f64 = gflops(multiply_add<double>);
    const double f32 = gflops(multiply_add<float>);
    setting.begin("peak");
    std::printf("\"f64_gflops\": %.2f, \"f32_gflops\": %.2f}\n", f64, f32);
}

void measure_bandwidth(const Setting& setting) {
    const Index bytes = Index{setting.quick ? 8 : 256} << 20;  // far more than caches hold
    const AlignedBuffer<double> data = zeros<double>(bytes / 8);
    const double seconds = best_seconds(setting.patience, [&] { sink = setting.peak.read(data.data(), bytes / 8); });
    setting.begin("bandwidth");
    std::printf("\"gb_per_second\": %.2f}\n", static_cast<double>(bytes) / seconds * 1e-9);
}

/// A mixture all of whose components matter to every row: the dense pass has nothing to leave out.
Parameters overlapping(CovarianceType family, Index d) {
    Parameters p{family, n_components, d, {}, {}, {}};
    p.weights.assign(n_components, 1.0 / n_components);
    for (Index i = 0; i < n_components * d; ++i) p.means.push_back(0.05 * std::sin(static_cast<double>(7 * i + 1)));
    Index size = 1;
    for (const Index extent : covariances_shape(family, n_components, d)) size *= extent;
    p.covariances.assign(static_cast<std::size_t>(size), 1.0);
    if (family == CovarianceType::full || family == CovarianceType::tied) {
        for (Index i = 0; i < size; ++i) {
            p.covariances[static_cast<std::size_t>(i)] = i % (d * d) % (d + 1) == 0 ? 1.0 : 0.0;
        }
    }
    return p;
}

std::vector<double> draw(const Parameters& parameters, Index n) {
    std::vector<double> x(static_cast<std::size_t>(n * parameters.n_features));
    std::vector<std::int64_t> labels(static_cast<std::size_t>(n));
    sample(parameters, n, 1, x, labels);
    return x;
}

/// The flops of E-step and M-step that a (row, component) pair needs at least; an FMA counts as 2.
double flops_per_pair(CovarianceType family, Index n_features) {
    const auto d = static_cast<double>(n_features);
    switch (family) {
        case CovarianceType::diag: return 8 * d;
        case CovarianceType::spherical: return 5 * d;
        case CovarianceType::tied: return 5 * d + (2 * d * d + 6 * d) / n_components;
        default: return 2 * d * d + 6 * d;
    }
}

/// What the kernels that compute in T work on: one tile and room for all that they write.
template <class T>
struct Bed {
    Bed(const kernels::Table& table, Index n_features, bool quadratic)
        : n(rows::cut(100000, n_features, {1, quadratic}, sizeof(T)).tile_rows),
          buffer(n, n_features, table, rows::Layouts::columns_and_rows) {
        const std::vector<double> x = draw(overlapping(CovarianceType::diag, n_features), n);
        buffer.load(row_major(x.data(), n, n_features), {}, 0, n);
        const kernels::Tile<T>& tile = buffer.tile();
        const Index width = kernels::round_up(n_features, kernels::lanes);
        mean = zeros<T>(width);
        factor = zeros<T>(std::max(kernels::packed_factor_size(n_features), width));
        std::fill_n(factor.data(), factor.size(), T(0.01));
        scratch = zeros<T>(std::max(kernels::scatter_scratch(n, n_features),
                                    kernels::round_up(n_features, kernels::panel) * table.kernels<T>().max_block));
        r = zeros<T>(n_components * tile.stride);
        for (Index i = 0; i < n_components * tile.stride; ++i) r.data()[i] = T(-1e-3) * static_cast<T>(i % 97);
        out = zeros<T>(std::max(n_features, Index{2}) * tile.stride);
        best = zeros<T>(n);
        sum = zeros<T>(n);
        first = zeros<double>(width);
        weights = zeros<double>(n);
        std::fill_n(weights.data(), n, 1.0);
        scatter = zeros<double>(kernels::padded_scatter_size(n_features));
    }

    Index n;
    rows::TileBuffer<T> buffer;
    AlignedBuffer<T> mean, factor, scratch, r, out, best, sum;
    AlignedBuffer<double> first, scatter, weights;
    double weight = 0;
};

/// Those whose work grows with the square of the number of features, or the others: their tiles differ.
template <class T>
void measure_kernels(const Setting& setting, const char* dtype, Index n_features, bool quadratic) {
    const kernels::Kernels<T>& kernels = setting.table.kernels<T>();
    Bed<T> bed(setting.table, n_features, quadratic);
    const kernels::Tile<T>& tile = bed.buffer.tile();
    const kernels::Point<T> mean{bed.mean.data(), bed.mean.data()};
    T* const out = bed.out.data();
    double* const first = bed.first.data();
    double* const scatter = bed.scatter.data();
    const kernels::LogSums<T> lse{bed.best.data(), bed.sum.data()};

    const auto d = static_cast<double>(n_features);
    const auto pairs = static_cast<double>(bed.n);
    const auto report = [&](const char* kernel, double n_pairs, double flops, auto work) {
        const Speed speed = speed_of<T>(setting, flops * n_pairs, work);
        const double seconds = speed.seconds / n_pairs;
        setting.begin("kernel");
        std::printf(
            "\"kernel\": \"%s\", \"dtype\": \"%s\", \"d\": %d, \"ns_per_pair\": %.4f, \"gflops\": %.3f, "
            "\"share\": %.4f}\n",
            kernel, dtype, static_cast<int>(n_features), seconds * 1e9, flops / seconds * 1e-9, speed.share);
    };
    const T* const r = bed.r.data();
    if (quadratic) {
        report("log_density_full", pairs, d * d + 3 * d,
               [&] { kernels.log_density_full(tile, {}, mean, bed.factor.data(), 0, {}, bed.scratch.data(), out); });
        report("scatter_full", pairs, d * d + 3 * d,
               [&] { kernels.scatter_full(tile, {}, mean, r, &bed.weight, first, scatter, bed.scratch.data()); });
        sink = static_cast<double>(out[0]) + first[0] + scatter[0] + bed.weight;
        return;
    }
    report("responsibilities", pairs * n_components, 0, [&] {
        kernels.responsibilities(bed.r.data(), bed.n, {nullptr, n_components}, tile.stride, nullptr,
                                 bed.buffer.weights(), lse);
        bed.weight += kernels.log_likelihood(bed.weights.data(), lse, bed.n);
    });
    report("whiten", pairs, d * d + 3 * d,
           [&] { kernels.whiten(tile, mean, bed.factor.data(), bed.scratch.data(), out); });
    report("log_density_diagonal", pairs, 4 * d,
           [&] { kernels.log_density_diagonal(tile, {}, mean, bed.factor.data(), 0, out); });
    report("log_density_scalar", pairs, 3 * d,
           [&] { kernels.log_density_scalar(tile, {}, mean, 1, 0, out, out + tile.stride); });
    report("log_density_unit", pairs, 3 * d, [&] { kernels.log_density_unit(tile, mean.high, 0, out); });
    report("scatter_diagonal", pairs, 4 * d,
           [&] { kernels.scatter_diagonal(tile, {}, mean, r, &bed.weight, first, scatter); });
    report("scatter_trace", pairs, 3 * d,
           [&] { kernels.scatter_trace(tile, {}, mean, r, r, &bed.weight, first, scatter); });
    report("first_moment", pairs, 3 * d, [&] { kernels.first_moment(tile, {}, mean, r, &bed.weight, first); });
    bed.buffer.centre(mean, kernels::Squares::each);
    report("log_density_affine", pairs, 4 * d, [&] {
        kernels::Tile<T> centred = tile;
        centred.columns = tile.statistics;
        kernels.log_density_affine(centred, {}, bed.factor.data(), bed.mean.data(), 0, out);
    });
    const Index n_statistics = kernels::n_statistics(n_features, kernels::Squares::each);
    AlignedBuffer<double> sums = zeros<double>(n_components * n_statistics);
    report("weighted_sums", pairs * n_components, 4 * d, [&] {
        kernels.weighted_sums(r, {nullptr, n_components}, tile.statistics, n_statistics, tile.stride, tile.n_rows,
                              sums.data(), n_statistics);
    });
    sink = static_cast<double>(out[0]) + first[0] + scatter[0] + bed.weight;
}

template <class T>
void measure_pack(const Setting& setting, const char* dtype, Index d, rows::Layouts layouts) {
    const Index n = rows::cut(100000, d, {1, layouts == rows::Layouts::columns_and_rows}, sizeof(T)).tile_rows;
    const std::vector<T> x(static_cast<std::size_t>(n * d), T(1));
    rows::TileBuffer<T> buffer(n, d, setting.table, layouts);
    const double seconds = best_seconds(setting.patience, [&] { buffer.load(row_major(x.data(), n, d), {}, 0, n); });
    setting.begin("pack");
    std::printf("\"dtype\": \"%s\", \"layouts\": \"%s\", \"d\": %d, \"ns_per_row\": %.3f}\n", dtype,
                layouts == rows::Layouts::columns ? "columns" : "columns and rows", static_cast<int>(d),
                seconds / static_cast<double>(n) * 1e9);
    sink = static_cast<double>(buffer.tile().columns[0]);
}

/// The whole pass: E-step and M-step's sums, packing included.
template <class T>
void measure_pass(const Setting& setting, const char* dtype, CovarianceType family, Index d) {
    const double least_flops = setting.quick ? 1e5 : 1e8;
    const double least_rows = setting.quick ? 96 : 1920;
    const double flops = flops_per_pair(family, d) * n_components;
    const auto n = static_cast<Index>(std::clamp(least_flops / flops, least_rows, 50000.0));
    const Parameters parameters = overlapping(family, d);
    const std::vector<double> drawn = draw(parameters, n);
    const std::vector<T> x(drawn.begin(), drawn.end());
    const Scorer scorer = prepare(parameters);
    const Execution execution{1, setting.table.name, {}};
    const double all_flops = flops * static_cast<double>(n);
    const Speed speed = speed_of<T>(setting, all_flops, [&] {
        sink = accumulate(scorer, scatter_for(family), row_major(x.data(), n, d), {}, execution).log_likelihood;
    });
    setting.begin("pass");
    std::printf(
        "\"family\": \"%s\", \"dtype\": \"%s\", \"d\": %d, \"K\": %d, \"n\": %d, \"ns_per_pair\": %.4f, "
        "\"gflops\": %.3f, \"share\": %.4f}\n",
        std::string(name(family)).c_str(), dtype, static_cast<int>(d), static_cast<int>(n_components),
        static_cast<int>(n), speed.seconds / static_cast<double>(n * n_components) * 1e9,
        all_flops / speed.seconds * 1e-9, speed.share);
}

void measure_all(const Setting& setting) {
    measure_peak(setting);
    measure_bandwidth(setting);
    for (const Index d : dimensions) {
        if (setting.quick && d > 8) break;
        for (const bool quadratic : {true, false}) {
            measure_kernels<double>(setting, "float64", d, quadratic);
            measure_kernels<float>(setting, "float32", d, quadratic);
        }
        for (const rows::Layouts layouts : {rows::Layouts::columns, rows::Layouts::columns_and_rows}) {
            measure_pack<double>(setting, "float64", d, layouts);
            measure_pack<float>(setting, "float32", d, layouts);
        }
        for (const CovarianceType family : families) {
            measure_pass<double>(setting, "float64", family, d);
            measure_pass<float>(setting, "float32", family, d);
        }
        measure_peak(setting);  // again: clocks rise and fall; the best of all counts
        std::fflush(stdout);
    }
}

}  // namespace
}  // namespace gaussmix::bench

int main(int argc, char** argv) {
    using namespace gaussmix;
    const bool quick = argc > 1 && std::strcmp(argv[1], "--quick") == 0;
    const bench::Patience patience = quick ? bench::Patience{1e-4, 1e-5} : bench::Patience{};
    try {
        std::printf("{\"record\": \"build\", \"compiler\": \"%s\"}\n", __VERSION__);
        for (const kernels::Table* table : cpu::available()) {
            bench::measure_all({*table, bench::peak_of(table->name), patience, quick});
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
