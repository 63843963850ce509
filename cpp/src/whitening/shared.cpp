/// shared: one inverse Cholesky factor for all components. Rows are whitened once, and compared with whitened means.
#include <algorithm>
#include <cmath>

#include "kernels/layout.hpp"
#include "whitening/sizes.hpp"
#include "whitening/triangular.hpp"

namespace gaussmix::whitening {
namespace {

/// If a mean is more than this many standard deviations from the centre, rows are not whitened about the centre: the
/// difference of whitened numbers would lose about as many units in the last place.
constexpr double most_whitened = 32;

/// Sets ScorerNumbers::whitened_means.
void whiten_means(ScorerNumbers& scorer) {
    const Index d = scorer.n_features;
    scorer.centre = centre_of(scorer);
    scorer.whitened_means.assign(scorer.means.size(), 0.0);
    parallel::Pace pace;
    for (Index k = 0; k < scorer.n_components; ++k) {
        const double* mean = scorer.means.data() + k * d;
        for (Index i = 0; i < d; ++i) {
            pace.spend(i);
            double sum = 0;
            for (Index j = 0; j <= i; ++j) {
                sum += scorer.factors[kernels::packed_factor_index(i, j)] * (mean[j] - scorer.centre[j]);
            }
            scorer.whitened_means[k * d + i] = sum;
        }
    }
}

/// Gives each component a copy of the shared factor, so that rows are whitened about each mean.
void whiten_apart(ScorerNumbers& scorer) {
    scorer.whitening = full.kind;
    const std::vector<double> shared = scorer.factors;
    for (Index k = 1; k < scorer.n_components; ++k) {
        scorer.factors.insert(scorer.factors.end(), shared.begin(), shared.end());
    }
    scorer.centre.clear();
    scorer.whitened_means.clear();
}

class SharedForm final : public Triangular {
public:
    constexpr SharedForm() : Triangular(Whitening::shared) {}

    bool is_shared() const noexcept override { return true; }
    /// A distance costs as little as a comparison.
    double most_kept(Index, Index) const noexcept override { return 0; }
    void complete(ScorerNumbers& scorer) const override {
        whiten_means(scorer);
        if (farthest_mean(scorer) > most_whitened) whiten_apart(scorer);
    }
    void check_sizes(const ScorerNumbers& scorer) const override {
        Form::check_sizes(scorer);
        check_size("centre", scorer.centre, 1, scorer.n_features);
        check_size("whitened_means", scorer.whitened_means, scorer.n_components, scorer.n_features);
    }
    Index flops(Index n_features) const noexcept override { return n_features; }
    double flops_of_row(Index n_components, Index n_features) const noexcept override {
        const auto d = static_cast<double>(n_features);
        return static_cast<double>(n_components) * (10 + d) + d * d;
    }
    Index whitened_size(Index n_features, Index tile_rows) const noexcept override { return n_features * tile_rows; }
    kernels::Tile<double> whiten_tile(const Model<double>& model, const kernels::Kernels<double>& kernels,
                                      const kernels::Tile<double>& tile, double* work, double* out) const override {
        return whiten(model, kernels, tile, work, out);
    }
    kernels::Tile<float> whiten_tile(const Model<float>& model, const kernels::Kernels<float>& kernels,
                                     const kernels::Tile<float>& tile, float* work, float* out) const override {
        return whiten(model, kernels, tile, work, out);
    }
    void log_densities(const Job<double>& job) const override { run(job); }
    void log_densities(const Job<float>& job) const override { run(job); }

private:
    template <class T>
    static kernels::Tile<T> whiten(const Model<T>& model, const kernels::Kernels<T>& kernels,
                                   const kernels::Tile<T>& tile, T* work, T* out) {
        kernels::Tile<T> whitened = tile;
        kernels.whiten(tile, model.centre[0], model.factor(0), work, out);
        whitened.columns = out;
        return whitened;
    }

    template <class T>
    static void run(const Job<T>& job) {
        job.kernels.log_density_unit(job.tile, job.model.whitened_mean(job.k), job.model.constant(job.k), job.out);
    }
};

const SharedForm form;

}  // namespace

const Form& shared = form;

double farthest_mean(const ScorerNumbers& scorer) {
    double farthest = 0;
    for (Index k = 0; k < scorer.n_components; ++k) {
        double square = 0;
        for (Index j = 0; j < scorer.n_features; ++j) {
            const double y = scorer.whitened_means[k * scorer.n_features + j];
            square += y * y;
        }
        farthest = std::max(farthest, std::sqrt(square));
    }
    return farthest;
}

}  // namespace gaussmix::whitening
