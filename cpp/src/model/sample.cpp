/// Draw rows from a mixture.
#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "families/prepare.hpp"
#include "gaussmix/error.hpp"
#include "gaussmix/model.hpp"
#include "linalg/triangular.hpp"
#include "random/random.hpp"
#include "rows/context.hpp"

namespace gaussmix {
namespace {

constexpr Index block_rows =
    4096;  // rows that share a stream of random numbers: fixed, so that seeds keep their meaning

Index draw_component(const std::vector<double>& cumulative, double uniform) {
    const auto found = std::upper_bound(cumulative.begin(), cumulative.end(), uniform * cumulative.back());
    return std::min(found - cumulative.begin(), static_cast<std::ptrdiff_t>(cumulative.size()) - 1);
}

/// x = mean + R^T z, R a diagonal or a packed upper triangle.
void colour(const double* mean, const double* root, bool diagonal, const kernels::Table& table,
            const std::vector<double>& z, double* x) {
    const auto d = static_cast<Index>(z.size());
    std::copy_n(mean, d, x);
    for (Index j = 0; j < d; ++j) {
        const double step = z[static_cast<std::size_t>(j)];
        if (diagonal) {
            x[j] += root[j] * step;
        } else {
            table.axpy(step, root + linalg::upper_index(j, j, d), x + j, d - j);
        }
    }
}

}  // namespace

void sample(const Parameters& parameters, Index n_rows, std::uint64_t seed, double* x, std::int64_t* labels,
            const Execution& execution) {
    if (n_rows < 1) {
        throw Error(Errc::invalid_argument, "n_samples=" + std::to_string(n_rows) + " must be at least 1");
    }
    const Index d = parameters.n_features;
    if (n_rows > std::numeric_limits<Index>::max() / static_cast<Index>(sizeof(double)) / d - block_rows) {
        throw Error(Errc::invalid_argument,
                    "n_samples=" + std::to_string(n_rows) + " of " + std::to_string(d) + " features have no address");
    }
    const families::Family& family = families::get(parameters.family);
    const rows::Context context(execution);
    const std::vector<double> roots = families::roots(parameters, context);
    const Index n_roots = families::n_covariances(family, parameters.n_components);
    const auto root_size = static_cast<Index>(roots.size()) / n_roots;
    const bool diagonal = rows::is_separable(family.whitening);
    std::vector<double> cumulative(parameters.weights);
    for (std::size_t k = 1; k < cumulative.size(); ++k) cumulative[k] += cumulative[k - 1];

    const Index blocks = (n_rows + block_rows - 1) / block_rows;
    parallel::parallel_for(blocks, context.n_threads, context.poll, [&](Index block, const parallel::Worker&) {
        random::Generator generator(seed, static_cast<std::uint64_t>(block));
        std::vector<double> z(static_cast<std::size_t>(d));
        for (Index i = block * block_rows; i < std::min(n_rows, (block + 1) * block_rows); ++i) {
            const Index k = draw_component(cumulative, generator.uniform());
            for (double& value : z) value = generator.normal();
            labels[i] = k;
            colour(parameters.means.data() + k * d, roots.data() + (n_roots == 1 ? 0 : k) * root_size, diagonal,
                   context.table, z, x + i * d);
        }
    });
}

}  // namespace gaussmix
