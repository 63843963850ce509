/// full: one inverse Cholesky factor per component.
#include "tuning/tuning.hpp"
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
    void log_densities(const Job<double>& job) const override { run(job); }
    void log_densities(const Job<float>& job) const override { run(job); }

private:
    template <class T>
    static void run(const Job<T>& job) {
        job.kernels.log_density_full(job.tile, job.groups, job.model.means[job.k], job.model.factor(job.k),
                                     job.model.constant(job.k), job.cutoff, job.work, job.out);
    }
};

const FullForm form;

}  // namespace

const Form& full = form;

}  // namespace gaussmix::whitening
