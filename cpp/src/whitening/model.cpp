#include "whitening/model.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <type_traits>

namespace gaussmix::whitening {
namespace {

/// A component counts as impossible for a row if it is this much less likely than the row's best one, and its own
/// weight times less likely still. Over all rows it then loses less than this share of its sums, which is below their
/// rounding. The M-step leaves such rows out, and the E-step those of them that it can recognise without computing them
/// (em/pruning/screening.hpp).
template <class T>
constexpr double negligible = std::is_same_v<T, double> ? 0x1p-60 : 0x1p-40;

/// Exponentials added to this are normal numbers.
template <class T>
constexpr double least_normal = 2 * std::numeric_limits<T>::min();

template <class T>
constexpr bool narrower = !std::is_same_v<T, double>;

double largest(const std::vector<double>& values) noexcept {
    double result = 0;
    for (const double value : values) result = std::max(result, std::abs(value));
    return result;
}

/// Returns the means minus the centre, (K, d).
std::vector<double> moved(const std::vector<double>& means, const std::vector<double>& centre) {
    std::vector<double> result = means;
    for (std::size_t at = 0; at < means.size(); ++at) result[at] -= centre[at % centre.size()];
    return result;
}

bool is_tame(const ScorerNumbers& scorer) noexcept {
    const Form& form = of(scorer);
    for (Index k = 0; k < form.n_factors(scorer.n_components); ++k) {
        if (!form.is_narrow(factor_of(scorer, k), scorer.n_features)) return false;
    }
    return true;
}

}  // namespace

template <class T>
Points<T>::Points(const std::vector<double>& points, Index n_features)
    : n_features_(n_features), points_(points.data()) {
    if constexpr (narrower<T>) {
        for (const double value : points) {
            high_.push_back(static_cast<T>(value));
            low_.push_back(static_cast<T>(value - static_cast<double>(high_.back())));
        }
    }
}

template <class T>
kernels::Point<T> Points<T>::operator[](Index k) const noexcept {
    if constexpr (narrower<T>) {
        return {high_.data() + k * n_features_, low_.data() + k * n_features_};
    } else {
        return {points_ + k * n_features_, nullptr};
    }
}

template <class T>
Model<T>::Model(const ScorerNumbers& given)
    : scorer(&given),
      form(&of(given)),
      means(given.means, given.n_features),
      centre(given.centre, given.n_features),
      reach(std::numeric_limits<T>::max()),
      factor_stride_(form->is_shared() ? 0 : form->factor_size(given.n_features)),
      moved_means_(moved_, given.n_features) {
    floor.reserve(given.weights.size());
    for (const double weight : given.weights) {
        floor.push_back(static_cast<T>(std::log(std::max(negligible<T> * weight, least_normal<T>))));
    }
    if constexpr (narrower<T>) {
        const auto convert = [](const std::vector<double>& from, std::vector<T>& to) {
            std::transform(from.begin(), from.end(), std::back_inserter(to),
                           [](double value) { return static_cast<T>(value); });
        };
        convert(given.factors, factors_);
        convert(given.whitened_means, whitened_means_);
        convert(given.turn, turn_);
        convert(given.scales, scales_);
        convert(given.offsets, turned_offsets_);
        base = *std::max_element(given.log_constants.begin(), given.log_constants.end());
        // Squares of distances stay below 1e36 and those of rows times weights below 1e35.
        const double widest = std::max(1.0, largest(given.factors)) * static_cast<double>(given.n_features);
        reach = static_cast<T>(std::min(1e12 / std::sqrt(static_cast<double>(given.n_features)), 1e17 / widest));
    }
}

template <class T>
void Model<T>::settle(const Neighbourhood& neighbourhood) {
    if (neighbourhood.near.empty()) return;
    near_ = neighbourhood.near;
    moved_ = moved(scorer->means, neighbourhood.centre);
    moved_means_ = Points<T>(moved_, scorer->n_features);
    if (form->is_uniform()) return;
    std::transform(moved_.begin(), moved_.end(), scorer->factors.begin(), std::back_inserter(offsets_),
                   [](double mean, double factor) { return static_cast<T>(-mean * factor); });
}

template <class T>
const T* Model<T>::numbers(const std::vector<T>& own, [[maybe_unused]] const std::vector<double>& given) noexcept {
    if constexpr (narrower<T>) {
        return own.data();
    } else {
        return given.data();
    }
}

std::optional<Model<float>> narrow(const ScorerNumbers& scorer, bool data_is_single) {
    if (!data_is_single || !is_tame(scorer)) return std::nullopt;
    std::optional<Model<float>> model(std::in_place, scorer);
    const bool near =
        largest(scorer.means) <= static_cast<double>(model->reach) && largest(scorer.whitened_means) <= 300;
    if (!near) model.reset();
    return model;
}

template class Points<double>;
template class Points<float>;
template class Model<double>;
template class Model<float>;

}  // namespace gaussmix::whitening
