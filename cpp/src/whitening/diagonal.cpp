/// diagonal: one inverse standard deviation per component and feature, (K, d).
#include "whitening/separable.hpp"

namespace gaussmix::whitening {
namespace {

class DiagonalForm final : public Separable {
public:
    constexpr DiagonalForm() : Separable(Whitening::diagonal) {}

    Index factor_size(Index n_features) const noexcept override { return n_features; }
    Index diagonal_at(Index j) const noexcept override { return j; }
    void log_densities(const Job<double>& job) const override { run(job); }
    void log_densities(const Job<float>& job) const override { run(job); }

private:
    template <class T>
    static void run(const Job<T>& job) {
        const T* factor = job.model.factor(job.k);
        const T constant = job.model.constant(job.k);
        if (job.model.is_near(job.k)) {
            kernels::Tile<T> centred = job.tile;
            centred.columns = job.tile.statistics;
            job.kernels.log_density_affine(centred, job.groups, factor, job.model.offset(job.k), constant, job.out);
        } else {
            job.kernels.log_density_diagonal(job.tile, job.groups, job.model.means[job.k], factor, constant, job.out);
        }
    }
};

const DiagonalForm form;

}  // namespace

const Form& diagonal = form;

}  // namespace gaussmix::whitening
