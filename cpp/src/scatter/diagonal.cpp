/// diagonal: the sum of squares of each feature, (K, d).
#include <cmath>

#include "scatter/scatter.hpp"

namespace gaussmix::scatter {
namespace {

class DiagonalForm final : public Form {
public:
    constexpr DiagonalForm() : Form(Scatter::diagonal) {}

    bool is_separable() const noexcept override { return true; }
    Index part_size(Index n_features) const noexcept override { return n_features; }
    Index diagonal_at(Index j) const noexcept override { return j; }
    void add_outer(double* part, Index n_features, double factor, const double* step) const noexcept override {
        for (Index j = 0; j < n_features; ++j) part[j] += factor * step[j] * step[j];
    }
    void add_prior(double* part, const std::vector<double>& gap, double precision, double share,
                   const std::vector<double>& covariance) const noexcept override {
        for (std::size_t j = 0; j < gap.size(); ++j) part[j] += precision * gap[j] * gap[j] + share * covariance[j];
    }
    void add_shift(double* part, Index n_features, double sign, const double* s, const double* c,
                   double weight) const noexcept override {
        for (Index j = 0; j < n_features; ++j) {
            part[j] += sign * (s[j] * c[j] + c[j] * s[j] + weight * c[j] * c[j]);
        }
    }
    std::vector<double> matrix(const double* part, Index n_features) const override {
        return {part, part + n_features};
    }
    double log_determinant(const std::vector<double>& part, const Estimate& estimate, const kernels::Table&,
                           std::vector<double>&) const override {
        double sum = 0;
        for (std::size_t j = 0; j < part.size(); ++j) {
            const double prior = estimate.covariance != nullptr ? estimate.share * (*estimate.covariance)[j] : 0;
            const double variance = (part[j] + prior) / estimate.divisor + estimate.ridge[j];
            sum += variance > 0 ? std::log(variance) : log_of_nothing;
        }
        return sum;
    }
    void add_rows(const Job<double>& job) const override { run(job); }
    void add_rows(const Job<float>& job) const override { run(job); }

private:
    template <class T>
    static void run(const Job<T>& job) {
        job.kernels.scatter_diagonal(job.tile, job.groups, job.reference, job.r, job.weight, job.first, job.scatter);
    }
};

const DiagonalForm form;

}  // namespace

const Form& diagonal = form;

}  // namespace gaussmix::scatter
