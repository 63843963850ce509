#include "em/starts/search/parts.hpp"

#include <utility>

#include "em/mstep/prior.hpp"

namespace gaussmix::em {
namespace {

std::vector<double> difference(const std::vector<double>& a, const std::vector<double>& b) {
    std::vector<double> result = a;
    for (std::size_t j = 0; j < result.size(); ++j) result[j] -= b[j];
    return result;
}

/// Returns by how much the scatter of the union exceeds the sum, in units of the squared distance of the means.
double between(const Part& a, const Part& b) {
    const double weight = a.weight + b.weight;
    return weight > 0 ? a.weight * (b.weight / weight) : 0;
}

}  // namespace

Parts::Parts(const Moments& moments)
    : form_(&scatter::of(moments)),
      n_features_(moments.n_features),
      n_rows_(moments.n_rows),
      total_weight_(moments.total_weight),
      background_(moments.weights.begin() + moments.n_components, moments.weights.end()) {
    const Index d = n_features_;
    if (pools()) pooled_ = moments.scatter;
    const Index size = pools() ? 0 : form_->part_size(d);
    for (Index k = 0; k < moments.n_components; ++k) {
        Part part;
        part.weight = moments.weights[k];
        const double* reference = moments.reference.data() + k * d;
        part.mean.assign(reference, reference + d);
        part.scatter.assign(moments.scatter.data() + k * size, moments.scatter.data() + (k + 1) * size);
        if (part.weight > 0) {
            std::vector<double> shift(moments.first.data() + k * d, moments.first.data() + (k + 1) * d);
            for (double& step : shift) step /= part.weight;
            for (std::size_t j = 0; j < shift.size(); ++j) part.mean[j] += shift[j];
            add_outer(-part.weight, shift, pools() ? pooled_ : part.scatter);
        }
        parts_.push_back(std::move(part));
    }
}

/// Adds factor step step^T to the scatter of one component, or to a pooled one.
void Parts::add_outer(double factor, const std::vector<double>& step, std::vector<double>& scatter) const {
    form_->add_outer(scatter.data(), n_features_, factor, step.data());
}

Part Parts::merged(const Part& a, const Part& b) const {
    Part both = a;
    both.weight += b.weight;
    if (!(both.weight > 0)) return both;
    const std::vector<double> step = difference(b.mean, a.mean);
    for (std::size_t j = 0; j < step.size(); ++j) both.mean[j] += step[j] * (b.weight / both.weight);
    if (pools()) return both;
    for (std::size_t i = 0; i < both.scatter.size(); ++i) both.scatter[i] += b.scatter[i];
    add_outer(between(a, b), step, both.scatter);
    return both;
}

void Parts::merge(Index into, Index other) {
    Part& a = parts_[into];
    const Part& b = parts_[other];
    if (pools()) add_outer(between(a, b), difference(b.mean, a.mean), pooled_);
    a = merged(a, b);
}

void Parts::split(Index k, Halves halves, Index free) {
    Part& whole = parts_[k];
    // The halves came from the rows that count most; they get the weight of all.
    const double scale = whole.weight / (halves[0].weight + halves[1].weight);
    for (Part& half : halves) {
        half.weight *= scale;
        for (double& number : half.scatter) number *= scale;
    }
    if (pools()) {
        add_outer(-between(halves[0], halves[1]), difference(halves[1].mean, halves[0].mean), pooled_);
    }
    whole = std::move(halves[0]);
    parts_[free] = std::move(halves[1]);
}

Index Parts::append() {
    parts_.emplace_back();
    return size() - 1;
}

void Parts::remove(const std::vector<char>& marked) {
    std::vector<Part> left;
    for (std::size_t k = 0; k < parts_.size(); ++k) {
        if (marked[k] == 0) left.push_back(std::move(parts_[k]));
    }
    parts_ = std::move(left);
}

Moments Parts::moments() const {
    Moments result;
    result.scatter_kind = form_->kind;
    result.n_components = size();
    result.n_features = n_features_;
    result.n_rows = n_rows_;
    result.total_weight = total_weight_;
    result.scatter = pooled_;
    for (const Part& part : parts_) {
        result.weights.push_back(part.weight);
        result.reference.insert(result.reference.end(), part.mean.begin(), part.mean.end());
        result.scatter.insert(result.scatter.end(), part.scatter.begin(), part.scatter.end());
    }
    result.weights.insert(result.weights.end(), background_.begin(), background_.end());
    result.first.resize(result.reference.size());
    return result;
}

LogDeterminant::LogDeterminant(Options options, Ridge ridge, const kernels::Table& table)
    : options_(std::move(options)),
      ridge_(std::move(ridge)),
      table_(table),
      family_(families::get(options_.covariance_type)) {
    if (!options_.prior) return;
    const PriorShare share = posterior_mode(*options_.prior, family_, options_.n_components, signed_size(ridge_.added));
    prior_covariance_ = share.covariance;
    prior_divisor_ = share.divisor;
}

double LogDeterminant::operator()(const Part& part) {
    const double divisor = part.weight + prior_divisor_;
    if (!(divisor > 0)) return scatter::log_of_nothing * static_cast<double>(part.mean.size());
    const std::vector<double>* covariance = options_.prior ? &options_.prior->covariance : nullptr;
    return family_.scatter.log_determinant(part.scatter, {divisor, prior_covariance_, covariance, ridge_.added}, table_,
                                           work_);
}

}  // namespace gaussmix::em
