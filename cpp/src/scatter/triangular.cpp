#include "scatter/triangular.hpp"

#include <algorithm>
#include <cmath>

#include "linalg/triangular.hpp"

namespace gaussmix::scatter {
namespace {

/// Does part[i, j] += value(i, j) for j <= i.
template <class Value>
void add(double* part, Index n_features, Value value) {
    for (Index i = 0; i < n_features; ++i) {
        for (Index j = 0; j <= i; ++j) *part++ += value(i, j);
    }
}

template <class T>
void run(const Job<T>& job) {
    job.kernels.scatter_full(job.tile, job.groups, job.reference, job.r, job.weight, job.first, job.scatter, job.work);
}

}  // namespace

Index Triangular::part_size(Index n_features) const noexcept { return linalg::packed_size(n_features); }

Index Triangular::diagonal_at(Index j) const noexcept { return linalg::packed_index(j, j); }

void Triangular::add_outer(double* part, Index n_features, double factor, const double* step) const noexcept {
    add(part, n_features, [&](Index i, Index j) { return factor * step[i] * step[j]; });
}

void Triangular::add_prior(double* part, const std::vector<double>& gap, double precision, double share,
                           const std::vector<double>& covariance) const noexcept {
    const Index d = signed_size(gap);
    const double* g = gap.data();
    const double* matrix = covariance.data();
    add(part, d, [&](Index i, Index j) { return precision * g[i] * g[j] + share * matrix[i * d + j]; });
}

void Triangular::add_shift(double* part, Index n_features, double sign, const double* s, const double* c,
                           double weight) const noexcept {
    add(part, n_features, [&](Index i, Index j) { return sign * (s[i] * c[j] + c[i] * s[j] + weight * c[i] * c[j]); });
}

std::vector<double> Triangular::matrix(const double* part, Index n_features) const {
    std::vector<double> matrix;
    matrix.reserve(n_features * n_features);
    for (Index i = 0; i < n_features; ++i) {
        for (Index j = 0; j < n_features; ++j) {
            matrix.push_back(part[linalg::packed_index(std::max(i, j), std::min(i, j))]);
        }
    }
    return matrix;
}

double Triangular::log_determinant(const std::vector<double>& part, const Estimate& estimate,
                                   const kernels::Table& table, std::vector<double>& work) const {
    const Index d = signed_size(estimate.ridge);
    const double* ridge = estimate.ridge.data();
    const double* covariance = estimate.covariance != nullptr ? estimate.covariance->data() : nullptr;
    work.resize(part.size());
    const double* scatter = part.data();
    for (Index i = 0; i < d; ++i) {
        for (Index j = 0; j <= i; ++j) {
            const double prior = covariance != nullptr ? estimate.share * covariance[i * d + j] : 0;
            const double entry = (*scatter++ + prior) / estimate.divisor;
            work[linalg::upper_index(j, i, d)] = entry + (i == j ? ridge[i] : 0);
        }
    }
    if (!linalg::cholesky(work.data(), d, table)) return log_of_nothing * static_cast<double>(d);
    double sum = 0;
    for (Index j = 0; j < d; ++j) {
        const double root = work[linalg::upper_index(j, j, d)];
        sum += 2 * (root > 0 ? std::log(root) : log_of_nothing);
    }
    return sum;
}

void Triangular::add_rows(const Job<double>& job) const { run(job); }
void Triangular::add_rows(const Job<float>& job) const { run(job); }

}  // namespace gaussmix::scatter
