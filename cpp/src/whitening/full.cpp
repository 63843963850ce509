/// full: one inverse Cholesky factor per component. Where components share an orientation, whole tiles are turned once,
/// and then take as long as those without correlations (families/turn.hpp).
#include "kernels/layout.hpp"
#include "tuning/tuning.hpp"
#include "whitening/sizes.hpp"
#include "whitening/triangular.hpp"

namespace gaussmix::whitening {
namespace {

class FullForm final : public Triangular {
public:
    constexpr FullForm() : Triangular(Whitening::full) {}

    bool can_cut() const noexcept override { return true; }
    double most_kept(Index n_components, Index n_features) const noexcept override {
        if (n_components < 4) return 0;
        if (n_features < 5) return n_components < tuning::many_components ? 0 : tuning::most_kept_of_many;
        return n_features < tuning::costly_features ? 0.3 : 0.5;
    }
    double flops_of_row(Index n_components, Index n_features) const noexcept override {
        const auto d = static_cast<double>(n_features);
        return static_cast<double>(n_components) * (10 + d * d);
    }
    void check_sizes(const ScorerNumbers& scorer) const override {
        Form::check_sizes(scorer);
        if (!scorer.is_turned()) return;
        check_size("centre", scorer.centre, 1, scorer.n_features);
        check_size("turn", scorer.turn, kernels::turn_size(scorer.n_features), 1);
        check_size("scales", scorer.scales, scorer.n_components, scorer.n_features);
        check_size("offsets", scorer.offsets, scorer.n_components, scorer.n_features);
    }
    Index whitened_size(Index n_features, Index tile_rows) const noexcept override { return n_features * tile_rows; }
    kernels::Tile<double> whiten_tile(const Model<double>& model, const kernels::Kernels<double>& kernels,
                                      const kernels::Tile<double>& tile, double* work, double* out) const override {
        return turn(model, kernels, tile, work, out);
    }
    kernels::Tile<float> whiten_tile(const Model<float>& model, const kernels::Kernels<float>& kernels,
                                     const kernels::Tile<float>& tile, float* work, float* out) const override {
        return turn(model, kernels, tile, work, out);
    }
    void log_densities(const Job<double>& job) const override { run(job); }
    void log_densities(const Job<float>& job) const override { run(job); }

private:
    template <class T>
    static kernels::Tile<T> turn(const Model<T>& model, const kernels::Kernels<T>& kernels,
                                 const kernels::Tile<T>& tile, T* work, T* out) {
        if (!model.scorer->is_turned()) return tile;
        kernels::Tile<T> turned = tile;
        kernels.turn(tile, model.centre[0], model.turn(), work, out);
        turned.columns = out;
        return turned;
    }

    template <class T>
    static void run(const Job<T>& job) {
        if (job.is_whitened && job.model.scorer->is_turned()) {
            return job.kernels.log_density_affine(job.tile, job.groups, job.model.scales(job.k),
                                                  job.model.turned_offset(job.k), job.model.constant(job.k), job.out);
        }
        job.kernels.log_density_full(job.tile, job.groups, job.model.means[job.k], job.model.factor(job.k),
                                     job.model.constant(job.k), job.cutoff, job.work, job.out);
    }
};

const FullForm form;

}  // namespace

const Form& full = form;

}  // namespace gaussmix::whitening
