/// trace: squared distances, summed over the features, (K,).
#include <cmath>
#include <numeric>

#include "scatter/scatter.hpp"

namespace gaussmix::scatter {
namespace {

class TraceForm final : public Form {
public:
    constexpr TraceForm() : Form(Scatter::trace) {}

    bool is_separable() const noexcept override { return true; }
    bool needs_squares() const noexcept override { return true; }
    Index features_summed(Index n_features) const noexcept override { return n_features; }
    kernels::Squares squares() const noexcept override { return kernels::Squares::summed; }
    Index part_size(Index) const noexcept override { return 1; }
    Index diagonal_at(Index) const noexcept override { return 0; }
    void add_outer(double* part, Index n_features, double factor, const double* step) const noexcept override {
        for (Index j = 0; j < n_features; ++j) *part += factor * step[j] * step[j];
    }
    void add_prior(double* part, const std::vector<double>& gap, double precision, double share,
                   const std::vector<double>& covariance) const noexcept override {
        *part += precision * std::inner_product(gap.begin(), gap.end(), gap.begin(), 0.0) + share * covariance[0];
    }
    void add_shift(double* part, Index n_features, double sign, const double* s, const double* c,
                   double weight) const noexcept override {
        for (Index j = 0; j < n_features; ++j) {
            *part += sign * (s[j] * c[j] + c[j] * s[j] + weight * c[j] * c[j]);
        }
    }
    std::vector<double> matrix(const double* part, Index) const override { return {*part}; }
    double log_determinant(const std::vector<double>& part, const Estimate& estimate, const kernels::Table&,
                           std::vector<double>&) const override {
        const auto n = static_cast<double>(estimate.ridge.size());
        const double ridge = std::accumulate(estimate.ridge.begin(), estimate.ridge.end(), 0.0);
        const double prior = estimate.covariance != nullptr ? estimate.share * estimate.covariance->front() : 0;
        const double variance = (part[0] + prior) / estimate.divisor / n + ridge / n;
        return n * (variance > 0 ? std::log(variance) : log_of_nothing);
    }
    void add_rows(const Job<double>& job) const override { run(job); }
    void add_rows(const Job<float>& job) const override { run(job); }

private:
    template <class T>
    static void run(const Job<T>& job) {
        job.kernels.scatter_trace(job.tile, job.groups, job.reference, job.r, job.squares, job.weight, job.first,
                                  job.scatter);
    }
};

const TraceForm form;

}  // namespace

const Form& trace = form;

}  // namespace gaussmix::scatter
