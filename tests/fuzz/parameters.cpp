/// Parameters of any sizes and numbers: refused with a reason, or they can be scored, drawn from and kept.
#include <cmath>

#include "bytes.hpp"
#include "scratch_file.hpp"

namespace {

using namespace gaussmix;

Parameters decode(fuzz::Bytes& bytes) {
    Parameters p;
    p.covariance_type = bytes.pick(fuzz::families);
    p.n_components = bytes.whole(1, 5);
    p.n_features = bytes.whole(1, 9);
    Index size = 1;
    for (const Index extent : covariances_shape(p.covariance_type, p.n_components, p.n_features)) size *= extent;
    p.weights = bytes.numbers(p.n_components);
    p.means = bytes.numbers(p.n_components * p.n_features);
    p.covariances = bytes.numbers(size);

    const std::uint8_t repairs = bytes.byte();  // most inputs would not get past the first check
    if (repairs % 8 != 0) {
        double sum = 0;
        for (double& weight : p.weights) sum += weight = std::isfinite(weight) ? std::fmin(std::fabs(weight), 1e9) : 0;
        for (double& weight : p.weights) weight = sum > 0 ? weight / sum : 1 / static_cast<double>(p.n_components);
    }
    if (repairs % 4 != 1 && (p.covariance_type == CovarianceType::full || p.covariance_type == CovarianceType::tied)) {
        const Index d = p.n_features;
        for (std::size_t first = 0; first < p.covariances.size(); first += static_cast<std::size_t>(d * d)) {
            double* const matrix = p.covariances.data() + first;
            for (Index i = 0; i < d; ++i) {
                matrix[i * d + i] = std::fabs(matrix[i * d + i]);
                for (Index j = 0; j < i; ++j) {
                    if (repairs % 4 == 2) matrix[i * d + j] /= 32;
                    if (repairs % 4 == 3) matrix[i * d + j] = 0;
                    matrix[j * d + i] = matrix[i * d + j];
                }
            }
        }
    }
    if (repairs > 250) p.n_components = bytes.whole(-1, 6);
    if (repairs == 250) p.n_features = bytes.whole(-1, 10);
    return p;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Bytes bytes(data, size);
    Model model;
    model.parameters = decode(bytes);
    const Parameters& p = model.parameters;
    Scorer scorer;
    if (!fuzz::accepted({Errc::invalid_argument, Errc::degenerate}, [&] { scorer = prepare(p); })) return 0;

    for (const double factor : precisions_cholesky(scorer, p.covariance_type)) {
        fuzz::require(std::isfinite(factor), "factors are finite");
    }
    const std::vector<std::uint8_t> sent = to_bytes(scorer);  // which throws where a number is not as it must be
    fuzz::require(fingerprint(scorer_from_bytes(sent.data(), sent.size())) == fingerprint(scorer),
                  "a scorer comes back from its bytes");
    fuzz::require(n_parameters(p) >= p.n_components, "the parameters are counted");

    constexpr Index n_rows = 5;
    std::vector<double> x(static_cast<std::size_t>(n_rows * p.n_features));
    std::int64_t labels[n_rows];
    if (fuzz::accepted({Errc::degenerate}, [&] { sample(p, n_rows, bytes.byte(), x, labels); })) {
        for (const std::int64_t label : labels) {
            fuzz::require(p.weights[static_cast<std::size_t>(label)] > 0, "rows are drawn of components with weight");
        }
    }
    static const fuzz::ScratchFile file;
    save(model, file.path());
    fuzz::require_same(symmetrised(p), load(file.path()).parameters);
    return 0;
}
