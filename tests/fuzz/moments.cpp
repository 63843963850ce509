/// Moments of any sizes and numbers: merged, and taken by a run, or refused with a reason.
#include <cmath>

#include "bytes.hpp"

namespace {

using namespace gaussmix;

Moments decode(fuzz::Bytes& bytes, Index k, Index d) {
    constexpr Scatter kinds[] = {Scatter::full, Scatter::diagonal, Scatter::pooled, Scatter::trace, Scatter::none};
    Moments m;
    m.n_components = k;
    m.n_features = d;
    m.scatter_kind = bytes.pick(kinds);
    m.n_rows = bytes.whole(0, 300);
    m.total_weight = bytes.number();
    m.log_likelihood = bytes.number();
    m.weights = bytes.numbers(k);
    m.reference = bytes.numbers(k * d);
    m.first = bytes.numbers(k * d);
    m.scatter = bytes.numbers(scatter_size(m.scatter_kind, k, d));
    const std::uint8_t repairs = bytes.byte();
    if (repairs % 4 != 0) {  // else most would not get past the first check
        m.total_weight = 0;
        for (double& weight : m.weights) m.total_weight += weight = std::fmin(std::fabs(weight), 1e100);
    }
    if (repairs == 255) m.scatter.push_back(1);
    if (repairs == 254) m.n_features = bytes.whole(-1, 9);
    return m;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::accepted({Errc::invalid_argument}, [&] { moments_from_bytes(data, size); });
    fuzz::accepted({Errc::invalid_argument}, [&] { summary_from_bytes(data, size); });
    fuzz::Bytes bytes(data, size);
    const Index k = bytes.whole(1, 4);
    const Index d = bytes.whole(1, 6);
    const Moments a = decode(bytes, k, d);
    const Moments b = decode(bytes, k, bytes.byte() == 255 ? d + 1 : d);
    std::vector<std::uint8_t> sent;
    if (fuzz::accepted({Errc::invalid_argument}, [&] { sent = to_bytes(a); })) {
        fuzz::require(to_bytes(moments_from_bytes(sent.data(), sent.size())) == sent, "bytes come back");
    }
    Moments sum = a;
    if (fuzz::accepted({Errc::invalid_argument}, [&] { sum = merge(a, b); })) {
        fuzz::require(sum.scatter.size() == a.scatter.size(), "a merge has the size of both");
        fuzz::require(sum.n_rows == a.n_rows + b.n_rows, "rows are added");
        for (std::size_t i = 0; i < sum.weights.size(); ++i) {
            fuzz::require(sum.weights[i] == a.weights[i] + b.weights[i], "weights are added");
        }
    }

    Options options;
    options.n_components = k;
    options.covariance_type = bytes.pick(fuzz::families);
    options.strict = bytes.flag();
    if (bytes.flag()) options.reg_covar = std::fabs(bytes.number());
    Summary summary;
    summary.n_rows = sum.n_rows > 0 ? sum.n_rows : 1;
    summary.total_weight = sum.total_weight;
    summary.means = std::vector<double>(static_cast<std::size_t>(d), 0.0);
    summary.variances = std::vector<double>(static_cast<std::size_t>(d), 1.0);
    summary.minima = std::vector<double>(static_cast<std::size_t>(d), -1.0);
    summary.maxima = std::vector<double>(static_cast<std::size_t>(d), 1.0);
    fuzz::accepted({Errc::invalid_argument, Errc::degenerate}, [&] {
        Run run(options, summary, sum);
        sum.model = fingerprint(run.scorer());
        sum.n_rows = summary.n_rows;
        run.advance(sum);
        const Parameters& p = run.parameters();
        validate(p);
    });
    return 0;
}
