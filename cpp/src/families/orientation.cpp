#include "families/orientation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "families/axes.hpp"
#include "families/shape.hpp"
#include "linalg/rotation.hpp"
#include "parallel/team.hpp"

namespace gaussmix::families {
namespace {

constexpr int tight_sweeps = 200;
constexpr double tight = 1e-9;  // of the sine of an angle: near its minimum, the objective changes only by its square
constexpr int warm_sweeps = 2;  // a single one led to a lower maximum
constexpr double least_variance = 1e-100;  // of all of a component: squares of its inverse are no infinities

double trace(const double* matrix, Index d) {
    double sum = 0;
    for (Index j = 0; j < d; ++j) sum += matrix[j * d + j];
    return sum;
}

/// The objective and its tangent, as functions of the logarithms of (prod_j b_kj)^(1/d).
class Profile {
public:
    Profile(Volume volume, const std::vector<double>& weights) : volume_(volume), weights_(weights) {
        total_ = std::accumulate(weights.begin(), weights.end(), 0.0);
    }

    /// m_k, (K,), of the tangent sum_kj m_k b_kj / (b_kj where it touches).
    void tangent(const std::vector<double>& log_volumes, std::vector<double>& m) const {
        m = weights_;
        if (volume_ == Volume::variable) return;
        const double top = *std::max_element(log_volumes.begin(), log_volumes.end());
        double sum = 0;
        for (std::size_t k = 0; k < m.size(); ++k) sum += m[k] *= std::exp(log_volumes[k] - top);
        for (double& share : m) share *= total_ / sum;
    }

    /// Whether the tangent changes with the volumes; otherwise they matter by their differences alone.
    bool bends() const noexcept { return volume_ == Volume::equal; }

    /// Returns the objective divided by n d.
    double value(const std::vector<double>& log_volumes) const {
        if (volume_ == Volume::equal) return log_mean(weights_, log_volumes);
        return std::inner_product(weights_.begin(), weights_.end(), log_volumes.begin(), 0.0) / total_;
    }

private:
    Volume volume_;
    const std::vector<double>& weights_;
    double total_;
};

/// Axes, and the covariances along them, which rotations turn together: entry (i, j) of all components stands side by
/// side, so that turning two axes is one loop over two rows of all of them.
class Orientation {
public:
    Orientation(const Profile& profile, const std::vector<double>& covariances, Index n_features,
                std::vector<double> axes)
        : profile_(profile),
          d_(n_features),
          n_(signed_size(covariances) / (n_features * n_features)),
          axes_(std::move(axes)),
          matrices_(covariances.size()),
          log_volumes_(n_) {
        least_.reserve(n_);
        for (Index k = 0; k < n_; ++k) {
            const std::vector<double> turned = along(axes_, covariances.data() + k * d_ * d_, d_);
            for (Index at = 0; at < d_ * d_; ++at) matrices_[at * n_ + k] = turned[at];
            least_.push_back(trace(turned.data(), d_) * least_variance);
        }
        if (profile_.bends()) measure();
        profile_.tangent(log_volumes_, m_);
    }

    /// Does at most this many sweeps, until one turns no pair by more than `settled`.
    void solve(int most_sweeps, double settled) {
        for (int n = 0; n < most_sweeps && sweep() > settled; ++n) {
            if (profile_.bends()) measure();
        }
    }

    double value() {
        measure();
        return profile_.value(log_volumes_);
    }
    /// Makes the axes orthogonal to rounding again: errors add up over many rotations.
    std::vector<double> axes() && {
        for (Index i = 0; i < d_; ++i) {
            double* own = axes_.data() + i * d_;
            for (Index j = 0; j < i; ++j) {
                const double* other = axes_.data() + j * d_;
                const double overlap = std::inner_product(own, own + d_, other, 0.0);
                for (Index l = 0; l < d_; ++l) own[l] -= overlap * other[l];
            }
            const double length = std::sqrt(std::inner_product(own, own + d_, own, 0.0));
            for (Index l = 0; l < d_; ++l) own[l] /= length;
        }
        return std::move(axes_);
    }

private:
    /// Returns the entries of all components, (K,).
    double* entries(Index i, Index j) noexcept { return matrices_.data() + (i * d_ + j) * n_; }
    /// Keeps variances positive: rounding may leave nothing of a small one.
    double variance(Index k, Index j) noexcept { return std::max(entries(j, j)[k], least_[k]); }

    void measure() {
        for (Index k = 0; k < n_; ++k) {
            double sum = 0;
            for (Index j = 0; j < d_; ++j) sum += std::log(variance(k, j));
            log_volumes_[k] = sum / static_cast<double>(d_);
        }
    }

    double sweep() {
        double most = 0;
        parallel::Pace pace;
        for (Index i = 0; i < d_; ++i) {
            for (Index j = i + 1; j < d_; ++j) {
                pace.spend(6 * d_ * n_);
                most = std::max(most, turn(i, j));
            }
        }
        return most;
    }

    /// Turns two axes to where their tangent is least. Returns |sin 2t|.
    double turn(Index i, Index j) {
        if (profile_.bends()) profile_.tangent(log_volumes_, m_);
        double p = 0;
        double q = 0;
        double size = 0;  // what p and q are small against
        for (Index k = 0; k < n_; ++k) {
            const double a = variance(k, i);
            const double b = variance(k, j);
            const double slope = m_[k] / a - m_[k] / b;
            p += slope * (a / 2 - b / 2);
            q += slope * entries(i, j)[k];
            size += 2 * m_[k];
        }
        linalg::Rotation by{std::sqrt(0.5), std::sqrt(0.5)};
        double turned = 1;
        if (std::abs(q) > 1e-14 * size) {
            const double length = std::sqrt(p * p + q * q);
            turned = std::abs(q) / length;
            by.cos = std::sqrt((1 - p / length) / 2);
            by.sin = -q / length / (2 * by.cos);
        } else if (-p > 1e-12 * size || !gains_at_45_degrees(i, j)) {
            return 0;
        }
        before_.clear();
        for (Index k = 0; profile_.bends() && k < n_; ++k) before_.emplace_back(variance(k, i), variance(k, j));
        turn_matrices(i, j, by);
        for (Index k = 0; k < signed_size(before_); ++k) {
            const double ratio = variance(k, i) / before_[k].first * (variance(k, j) / before_[k].second);
            log_volumes_[k] += std::log(ratio) / static_cast<double>(d_);
        }
        linalg::turn_axes(axes_.data(), d_, i, j, by);
        return turned;
    }

    void turn_matrices(Index i, Index j, linalg::Rotation by) {
        double* corner = entries(i, i);
        double* opposite = entries(j, j);
        const double* off = entries(i, j);
        const double twice = 2 * by.cos * by.sin;
        const double cos_square = by.cos * by.cos;
        const double sin_square = by.sin * by.sin;
        turned_.resize(3 * n_);
        double* to = turned_.data();
        for (Index k = 0; k < n_; ++k) {
            const double c = off[k];
            const double a = corner[k];
            const double b = opposite[k];
            to[k] = cos_square * a + twice * c + sin_square * b;
            to[n_ + k] = sin_square * a - twice * c + cos_square * b;
            to[2 * n_ + k] = (cos_square - sin_square) * c + by.cos * by.sin * (b - a);
        }
        linalg::turn_axes(matrices_.data(), d_ * n_, i, j, by);
        for (Index l = 0; l < d_; ++l) {
            std::copy_n(entries(i, l), n_, entries(l, i));
            std::copy_n(entries(j, l), n_, entries(l, j));
        }
        std::copy_n(to, n_, corner);
        std::copy_n(to + n_, n_, opposite);
        std::copy_n(to + 2 * n_, n_, entries(i, j));
        std::copy_n(to + 2 * n_, n_, entries(j, i));
    }

    /// Where the tangent is flat, as for two mirrored ellipses, the axes may lie at a maximum.
    bool gains_at_45_degrees(Index i, Index j) {
        std::vector<double> turned = log_volumes_;
        for (Index k = 0; k < n_; ++k) {
            const double a = variance(k, i);
            const double b = variance(k, j);
            const double c = entries(i, j)[k];
            const double middle = a / 2 + b / 2;
            const auto log_of = [&](double v) { return std::log(std::max(v, least_[k])); };
            turned[k] +=
                (log_of(middle + c) + log_of(middle - c) - std::log(a) - std::log(b)) / static_cast<double>(d_);
        }
        return profile_.value(turned) < profile_.value(log_volumes_) - 1e-12;
    }

    const Profile& profile_;
    Index d_;
    Index n_;  // components
    std::vector<double> axes_;
    std::vector<double> matrices_;     // (d, d, K)
    std::vector<double> least_;        // (K,)
    std::vector<double> log_volumes_;  // up to date only where the tangent needs them
    std::vector<double> m_;
    std::vector<std::pair<double, double>> before_;  // both variances, before a turn that changes the tangent
    std::vector<double> turned_;                     // the numbers of both axes alone, after it
};

/// The sum of some multiples of the covariances, each over its trace.
std::vector<double> combined(const std::vector<double>& covariances, Index d, const std::vector<double>& multiples) {
    const Index size = d * d;
    std::vector<double> sum(size);
    for (Index k = 0; k < signed_size(multiples); ++k) {
        for (Index at = 0; at < size; ++at) sum[at] += multiples[k] * covariances[k * size + at];
    }
    return sum;
}

std::vector<double> inverse_traces(const std::vector<double>& covariances, Index d) {
    std::vector<double> result;
    result.reserve(covariances.size() / (d * d));
    for (const double* matrix = covariances.data(); matrix != covariances.data() + covariances.size();
         matrix += d * d) {
        result.push_back(1 / trace(matrix, d));
    }
    return result;
}

/// Returns axes to start from: those of the pooled covariance, with and without regard to volumes, those of each
/// component, and the features.
std::vector<std::vector<double>> candidates(const std::vector<double>& weights, const std::vector<double>& covariances,
                                            Index d, const rows::Context& context) {
    std::vector<double> scaled = inverse_traces(covariances, d);
    for (std::size_t k = 0; k < scaled.size(); ++k) scaled[k] *= weights[k];
    std::vector<double> matrices = combined(covariances, d, weights);
    const std::vector<double> shapes = combined(covariances, d, scaled);
    matrices.insert(matrices.end(), shapes.begin(), shapes.end());
    matrices.insert(matrices.end(), covariances.begin(), covariances.end());
    const std::vector<double> axes = spectra(matrices, d, context).axes;
    std::vector<std::vector<double>> result;
    for (auto at = axes.begin(); at != axes.end(); at += d * d) result.emplace_back(at, at + d * d);
    result.emplace_back(d * d);
    for (Index j = 0; j < d; ++j) result.back()[j * d + j] = 1;
    return result;
}

}  // namespace

/// Starts from the eigenvectors of a sum of the covariances, with multiples that keep its eigenvalues apart, and turns
/// them where some nearly coincide.
std::vector<double> axes_of(const std::vector<double>& covariances, Index n_features, const rows::Context& context) {
    const Index d = n_features;
    std::vector<double> multiples = inverse_traces(covariances, d);
    for (std::size_t k = 0; k < multiples.size(); ++k) {
        const double turn = 0.61803398874989485 * static_cast<double>(k);
        multiples[k] *= 1 + turn - std::floor(turn);
    }
    const std::vector<double> alike(multiples.size(), 1.0);
    const Profile profile(Volume::variable, alike);
    Orientation orientation(profile, covariances, d, spectra(combined(covariances, d, multiples), d, context).axes);
    constexpr int few = 10;
    orientation.solve(few, tight);
    return std::move(orientation).axes();
}

std::vector<double> common_axes(Volume volume, const Constraint& constraint, const std::vector<double>& covariances,
                                Index n_features, const rows::Context& context) {
    const Profile profile(volume, constraint.weights);
    if (!constraint.before.empty()) {
        Orientation orientation(profile, covariances, n_features, axes_of(constraint.before, n_features, context));
        orientation.solve(warm_sweeps, tight);
        return std::move(orientation).axes();
    }
    std::vector<std::vector<double>> starts = candidates(constraint.weights, covariances, n_features, context);
    std::vector<double> values(starts.size());
    const auto solve = [&](Index at, const parallel::Worker&) {
        Orientation orientation(profile, covariances, n_features, starts[at]);
        orientation.solve(tight_sweeps, tight);
        values[at] = orientation.value();
        starts[at] = std::move(orientation).axes();
    };
    constexpr double sweeps = 20;
    const auto d = static_cast<double>(n_features);
    const double flops = sweeps * 6 * d * static_cast<double>(covariances.size()) * static_cast<double>(starts.size());
    const int team = parallel::team(flops, context.n_threads);
    parallel::parallel_for(static_cast<Index>(starts.size()), team, context.poll, solve);
    return starts[std::min_element(values.begin(), values.end()) - values.begin()];
}

}  // namespace gaussmix::families
