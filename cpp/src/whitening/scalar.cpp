/// scalar: one inverse standard deviation for all features, (K,).
#include "whitening/separable.hpp"

namespace gaussmix::whitening {
namespace {

class ScalarForm final : public Separable {
public:
    constexpr ScalarForm() : Separable(Whitening::scalar) {}

    bool is_uniform() const noexcept override { return true; }
    Index factor_size(Index) const noexcept override { return 1; }
    Index diagonal_at(Index) const noexcept override { return 0; }
    bool has_squares() const noexcept override { return true; }
    void log_densities(const Job<double>& job) const override { run(job); }
    void log_densities(const Job<float>& job) const override { run(job); }

private:
    template <class T>
    static void run(const Job<T>& job) {
        const T factor = *job.model.factor(job.k);
        const T constant = job.model.constant(job.k);
        if (job.model.is_near(job.k)) {
            kernels::Tile<T> centred = job.tile;
            centred.columns = job.tile.statistics;
            job.kernels.log_density_scalar(centred, job.groups, job.model.moved_mean(job.k), factor, constant, nullptr,
                                           job.out);
        } else {
            job.kernels.log_density_scalar(job.tile, job.groups, job.model.means[job.k], factor, constant, job.squares,
                                           job.out);
        }
    }
};

const ScalarForm form;

}  // namespace

const Form& scalar = form;

}  // namespace gaussmix::whitening
