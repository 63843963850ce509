/// Prints the bits of a few fits, for comparing machines and instruction sets: data from integers alone, so that they
/// are the same everywhere; every family, few and many features, a tail in each dimension.
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <vector>

#include "gaussmix/gaussmix.hpp"

namespace {

using gaussmix::Index;

std::vector<double> overlapping_rows(Index n, Index d) {
    std::vector<double> x(static_cast<std::size_t>(n * d));
    std::uint64_t state = 12345;
    for (std::size_t i = 0; i < x.size(); ++i) {
        double sum = 0;
        for (int draw = 0; draw < 4; ++draw) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            sum += static_cast<double>(state >> 40) * 0x1p-24;
        }
        const auto row = static_cast<Index>(i) / d;
        x[i] = sum + static_cast<double>(row % 3) * 0.5;
    }
    return x;
}

std::uint64_t bits_of(const std::vector<double>& values, std::uint64_t hash) {
    for (const double value : values) {
        std::uint64_t word = 0;
        std::memcpy(&word, &value, sizeof word);
        hash = (hash ^ word) * 1099511628211u;
    }
    return hash;
}

/// Rows of clusters far enough apart for pruning.
std::vector<double> separated_rows(Index n, Index d, Index n_clusters) {
    std::vector<double> x = overlapping_rows(n, d);
    for (Index i = 0; i < n; ++i) {
        for (Index j = 0; j < d; ++j) {
            x[static_cast<std::size_t>(i * d + j)] += 8 * static_cast<double>((i % n_clusters * (j + 3)) % n_clusters);
        }
    }
    return x;
}

void print(const char* dtype, const char* family, Index d, const gaussmix::Model& fit) {
    std::uint64_t hash = bits_of(fit.parameters.weights, 14695981039346656037u);
    hash = bits_of(fit.parameters.means, hash);
    hash = bits_of(fit.parameters.covariances, hash);
    hash = bits_of(fit.history, hash);
    double evaluated = 1;
    for (const gaussmix::PairShare& pairs : fit.pairs)
        evaluated = pairs.evaluated < evaluated ? pairs.evaluated : evaluated;
    std::printf("%s %-9s d=%-2" PRId64 " %016" PRIx64 " %.4f\n", dtype, family, d, hash, evaluated);
}

template <class T>
void print_pruned_fits(const char* dtype, const gaussmix::Execution& execution) {
    for (const char* family : {"full", "diag", "spherical"}) {
        const Index n = 2011;
        const Index d = 9;
        const Index n_clusters = 24;
        const std::vector<double> drawn = separated_rows(n, d, n_clusters);
        const std::vector<T> x(drawn.begin(), drawn.end());
        gaussmix::Options options;
        options.n_components = n_clusters;
        options.covariance_type = gaussmix::covariance_type_from_name(family);
        options.max_iter = 8;
        options.effort = gaussmix::Effort::low;
        options.tol = 0;
        print(dtype, family, d, gaussmix::fit(options, gaussmix::row_major(x.data(), n, d), {}, {}, execution));
    }
}

template <class T>
void print_fits(const char* dtype, const gaussmix::Execution& execution) {
    for (const char* family : {"full", "tied", "diag", "spherical"}) {
        for (const Index d : {1, 2, 3, 4, 5, 8, 13, 16, 33, 70}) {
            const Index n = 613;
            const std::vector<double> drawn = overlapping_rows(n, d);
            const std::vector<T> x(drawn.begin(), drawn.end());
            gaussmix::Options options;
            options.n_components = 5;
            options.covariance_type = gaussmix::covariance_type_from_name(family);
            options.max_iter = 4;
            if (d > 8) options.effort = gaussmix::Effort::low;  // a search takes minutes in an emulator
            options.tol = 0;
            print(dtype, family, d, gaussmix::fit(options, gaussmix::row_major(x.data(), n, d), {}, {}, execution));
        }
    }
}

}  // namespace

/// fingerprint [instruction set]; exit code 1 where the CPU or the build lacks it.
int main(int argc, char** argv) {
    gaussmix::Execution execution;
    if (argc > 1) execution.instruction_set = argv[1];
    try {
        print_fits<double>("float64", execution);
        print_fits<float>("float32", execution);
        print_pruned_fits<double>("float64 pruned", execution);
        print_pruned_fits<float>("float32 pruned", execution);
    } catch (const gaussmix::Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
