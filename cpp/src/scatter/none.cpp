/// none: only weights and first moments.
#include "scatter/scatter.hpp"

namespace gaussmix::scatter {
namespace {

class NoneForm final : public Form {
public:
    constexpr NoneForm() : Form(Scatter::none) {}

    Index part_size(Index) const noexcept override { return 0; }
    Index diagonal_at(Index) const noexcept override { return 0; }
    void add_outer(double*, Index, double, const double*) const noexcept override {}
    void add_prior(double*, const std::vector<double>&, double, double,
                   const std::vector<double>&) const noexcept override {}
    void add_shift(double*, Index, double, const double*, const double*, double) const noexcept override {}
    std::vector<double> matrix(const double*, Index) const override { return {}; }
    double log_determinant(const std::vector<double>&, const Estimate&, const kernels::Table&,
                           std::vector<double>&) const override {
        return log_of_nothing;
    }
    void add_rows(const Job<double>& job) const override { run(job); }
    void add_rows(const Job<float>& job) const override { run(job); }

private:
    template <class T>
    static void run(const Job<T>& job) {
        job.kernels.first_moment(job.tile, job.groups, job.reference, job.r, job.weight, job.first);
    }
};

const NoneForm form;

}  // namespace

const Form& none = form;

}  // namespace gaussmix::scatter
