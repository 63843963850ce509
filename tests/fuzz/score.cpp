/// Rows of any type, strides and numbers under a valid mixture: not finite is refused, the rest has finite scores.
#include <cmath>

#include "rows.hpp"

namespace {

using namespace gaussmix;

/// Valid whatever the bytes: means of any magnitude, covariances well conditioned in units of any magnitude.
Parameters decode_mixture(fuzz::Bytes& bytes) {
    Parameters p;
    p.covariance_type = bytes.pick(fuzz::families);
    p.n_components = bytes.whole(1, 7);
    p.n_features = bytes.whole(1, bytes.flag() ? 70 : 9);
    const Index k_total = p.n_components;
    const Index d = p.n_features;
    double sum = 0;
    for (Index k = 0; k < k_total; ++k) sum += p.weights.emplace_back(bytes.byte() + (k == 0 ? 1 : 0));
    for (double& weight : p.weights) weight /= sum;
    const double unit = std::ldexp(1.0, static_cast<int>(bytes.whole(-200, 200)) * (bytes.byte() % 8 == 1 ? 2 : 0));
    const double centre = bytes.number();
    for (Index i = 0; i < k_total * d; ++i) {
        const double place = unit * (bytes.byte() - 128.0) / 8;
        p.means.push_back(place + (std::isfinite(centre) ? centre : 0));
    }
    const auto variance = [&] { return unit * unit * (0.25 + bytes.byte() / 32.0); };
    switch (p.covariance_type) {
        case CovarianceType::spherical:
            for (Index k = 0; k < k_total; ++k) p.covariances.push_back(variance());
            break;
        case CovarianceType::diag:
            for (Index i = 0; i < k_total * d; ++i) p.covariances.push_back(variance());
            break;
        default:  // one number in all entries off the diagonal, smaller than those on it
            for (Index k = 0; k < (p.covariance_type == CovarianceType::tied ? 1 : k_total); ++k) {
                const double shared = unit * unit * (bytes.byte() % 64) / 300.0;
                for (Index i = 0; i < d * d; ++i) p.covariances.push_back(i % (d + 1) == 0 ? variance() : shared);
            }
    }
    return p;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Bytes bytes(data, size);
    const Parameters p = decode_mixture(bytes);
    const Scorer scorer = prepare(p);
    const Index n = bytes.whole(1, bytes.flag() ? 700 : 40);
    const Index k_total = p.n_components;
    const Index n_features = bytes.byte() == 255 ? p.n_features + 1 : p.n_features;
    const fuzz::Rows rows(bytes, n, n_features);
    const std::vector<double> weights = fuzz::decode_weights(bytes, bytes.byte() == 255 ? n + 1 : n);
    const MatrixView& x = rows.view();
    Execution execution;
    execution.n_threads = static_cast<int>(bytes.whole(1, 3));

    std::vector<double> log_density(static_cast<std::size_t>(n));
    const auto score_all = [&] { score_samples(scorer, x, log_density, execution); };
    if (!fuzz::accepted({Errc::not_finite, Errc::invalid_argument}, score_all)) return 0;
    fuzz::require(n_features == p.n_features, "rows have the features of the mixture");
    for (const double value : log_density) fuzz::require(std::isfinite(value), "a log density is finite");

    std::vector<double> probability(static_cast<std::size_t>(n * k_total));
    predict_proba(scorer, x, probability, execution);
    std::vector<std::int64_t> labels(static_cast<std::size_t>(n));
    predict(scorer, x, labels, execution);
    for (Index i = 0; i < n; ++i) {
        double sum = 0;
        double top = 0;
        for (Index k = 0; k < k_total; ++k) {
            const double r = probability[static_cast<std::size_t>(i * k_total + k)];
            fuzz::require(r >= 0 && r <= 1 + 1e-6, "a probability is in 0 ... 1");
            fuzz::require(r == 0 || p.weights[static_cast<std::size_t>(k)] > 0,
                          "no row is of a component without weight");
            sum += r;
            top = std::fmax(top, r);
        }
        const double rounding = x.scalar == Scalar::f32 || x.scalar == Scalar::f16 ? 1e-5 : 1e-12;
        fuzz::require(std::fabs(sum - 1) <= rounding, "the probabilities of a row sum to 1");
        const std::int64_t label = labels[static_cast<std::size_t>(i)];
        fuzz::require(label >= 0 && label < k_total, "a label is of a component");
        fuzz::require(probability[static_cast<std::size_t>(i * k_total + label)] >= top * (1 - 1e-5),
                      "a label is of the likeliest component");
    }
    const Evidence found = evidence(scorer, x, {}, execution);
    fuzz::require(
        found.n_rows == n && found.total_weight == static_cast<double>(n) && std::isfinite(found.log_top_probability),
        "the evidence is finite");
    double mean = 0;
    if (fuzz::accepted({Errc::invalid_argument}, [&] { mean = score(scorer, x, fuzz::view_of(weights), execution); })) {
        fuzz::require(!std::isnan(mean), "a score is a number");
    }
    return 0;
}
