#include "rows/density.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/layout.hpp"

namespace gaussmix::rows {
namespace {

/// A component this much less likely than a row's best one, and less likely than that by its own weight, takes nothing
/// that counts: of all rows together it loses less than this share of what it has, which is below the rounding of the
/// sums. The M-step leaves such rows out, and the E-step those of them it can tell without computing
/// (em/pruning/screening.hpp).
template <class T>
constexpr double negligible = std::is_same_v<T, double> ? 0x1p-60 : 0x1p-40;

/// Beside it exponentials are normal numbers.
template <class T>
constexpr double least_normal = 2 * std::numeric_limits<T>::min();

template <class T>
constexpr bool narrower = !std::is_same_v<T, double>;

double largest(const std::vector<double>& values) noexcept {
    double result = 0;
    for (const double value : values) result = std::max(result, std::abs(value));
    return result;
}

/// The means less the centre, (K, d).
std::vector<double> moved(const std::vector<double>& means, const std::vector<double>& centre) {
    std::vector<double> result = means;
    for (std::size_t at = 0; at < means.size(); ++at) result[at] -= centre[at % centre.size()];
    return result;
}

/// max_j sum_c |W_jc| / W_cc: by how much the rounding of a row may grow on its way through the whitening W. NaN when a
/// number on the diagonal leaves the range that is safe for squares of floats.
double amplification(const double* factor, Index d) noexcept {
    constexpr double limit = 1e12;
    double result = 0;
    for (Index j = 0; j < d; ++j) {
        const double own = factor[kernels::packed_factor_index(j, j)];
        if (!(own <= limit && own >= 1 / limit)) return std::numeric_limits<double>::quiet_NaN();
        double sum = 0;
        for (Index c = 0; c <= j; ++c) {
            sum += std::abs(factor[kernels::packed_factor_index(j, c)]) / factor[kernels::packed_factor_index(c, c)];
        }
        result = std::max(result, sum);
    }
    return result;
}

bool is_tame(const Scorer& scorer) noexcept {
    constexpr double most_amplification = 32;  // five of a float's twenty-four bits, ten in a scatter
    const Index d = scorer.n_features;
    if (is_separable(scorer.whitening)) {
        return std::all_of(scorer.factors.begin(), scorer.factors.end(),
                           [](double scale) { return scale == 0 || (scale <= 1e12 && scale >= 1e-12); });
    }
    const Index size = kernels::packed_factor_size(d);
    for (std::size_t at = 0; at < scorer.factors.size(); at += static_cast<std::size_t>(size)) {
        if (!(amplification(scorer.factors.data() + at, d) <= most_amplification)) return false;
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
Model<T>::Model(const Scorer& given)
    : scorer(&given),
      means(given.means, given.n_features),
      centre(given.centre, given.n_features),
      reach(std::numeric_limits<T>::max()),
      factor_size_(static_cast<Index>(given.factors.size()) /
                   (given.whitening == Whitening::shared ? 1 : given.n_components)),
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
    if (scorer->whitening != Whitening::diagonal) return;
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

std::optional<Model<float>> narrow(const Scorer& scorer, Scalar data) {
    if (!is_single(data) || !is_tame(scorer)) return std::nullopt;
    std::optional<Model<float>> model(std::in_place, scorer);
    const bool near =
        largest(scorer.means) <= static_cast<double>(model->reach) && largest(scorer.whitened_means) <= 300;
    if (!near) model.reset();
    return model;
}

template <class T>
Densities<T>::Densities(const Model<T>& model, Index tile_rows, const kernels::Table& table, Keeps keeps)
    : model_(model), kernels_(table.kernels<T>()), stride_(tile_rows) {
    const Index d = model.scorer->n_features;
    if (keeps == Keeps::squares && model.scorer->whitening == Whitening::scalar) {
        squares_ = linalg::AlignedBuffer<T>(static_cast<std::size_t>(model.scorer->n_components * tile_rows));
        squares_.fill_zero();  // those of rows that are left out are taken times zero
    }
    if (!is_separable(model.scorer->whitening)) {
        centred_ = linalg::AlignedBuffer<T>(
            static_cast<std::size_t>(kernels::round_up(d, kernels::panel) * kernels_.max_block));
    }
    if (model.scorer->whitening == Whitening::shared) {
        whitened_ = linalg::AlignedBuffer<T>(static_cast<std::size_t>(d * tile_rows));
    }
}

template <class T>
void Densities<T>::compute(const TileBuffer<T>& rows, T* out) {
    const kernels::Tile<T>& tile = rows.tile();
    const Index n_components = model_.scorer->n_components;
    if (model_.scorer->whitening != Whitening::shared) {
        for (Index k = 0; k < n_components; ++k) {
            rows.announce_next(k, n_components);
            compute(tile, {}, k, out + k * tile.stride);
        }
        return;
    }
    kernels::Tile<T> whitened = tile;
    kernels_.whiten(tile, model_.centre[0], model_.factor(0), centred_.data(), whitened_.data());
    whitened.columns = whitened_.data();
    for (Index k = 0; k < n_components; ++k) {
        rows.announce_next(k, n_components);
        pace_.spend(tile.n_rows * model_.scorer->n_features);
        kernels_.log_density_unit(whitened, model_.whitened_mean(k), model_.constant(k), out + k * tile.stride);
    }
}

template <class T>
void Densities<T>::compute(const kernels::Tile<T>& tile, kernels::Groups groups, Index k, T* out,
                           kernels::Cutoff<T> cutoff) {
    const T* factor = model_.factor(k);
    const T constant = model_.constant(k);
    const bool near = model_.is_near(k);
    kernels::Tile<T> rows = tile;
    if (near) rows.columns = tile.statistics;
    pace_.spend((groups.first != nullptr ? groups.n * kernels::group_rows<T> : tile.n_rows) * model_.factor_size());
    switch (model_.scorer->whitening) {
        case Whitening::diagonal:
            if (near) return kernels_.log_density_affine(rows, groups, factor, model_.offset(k), constant, out);
            return kernels_.log_density_diagonal(rows, groups, model_.means[k], factor, constant, out);
        case Whitening::scalar:
            if (near)
                return kernels_.log_density_scalar(rows, groups, model_.moved_mean(k), *factor, constant, nullptr, out);
            return kernels_.log_density_scalar(rows, groups, model_.means[k], *factor, constant,
                                               squares_.size() > 0 ? squares_.data() + k * stride_ : nullptr, out);
        case Whitening::full:
        case Whitening::shared: break;
    }
    kernels_.log_density_full(rows, groups, model_.means[k], factor, constant, cutoff, centred_.data(), out);
}

template class Points<double>;
template class Points<float>;
template class Model<double>;
template class Model<float>;
template class Densities<double>;
template class Densities<float>;

}  // namespace gaussmix::rows
