#include "em/start.hpp"

#include <cmath>
#include <string>

#include "em/kmeans.hpp"
#include "em/options.hpp"
#include "gaussmix/error.hpp"
#include "text/number.hpp"

namespace gaussmix::em {
namespace {

[[noreturn]] void invalid(const std::string& message) { throw Error(Errc::invalid_argument, message); }

std::string shape(Index a, Index b) { return "(" + std::to_string(a) + ", " + std::to_string(b) + ")"; }

/// Moments of rough clusters about the clusters' own means: once for the means, once about them.
Moments about_own_means(const Rows& rows, const Source& source, const Summary& summary, Scatter scatter) {
    std::vector<double> reference;
    for (Index k = 0; k < source.n_components; ++k) {
        reference.insert(reference.end(), summary.means.begin(), summary.means.end());
    }
    const Moments rough = pass(rows, source, reference, Scatter::none);
    for (std::size_t i = 0; i < reference.size(); ++i) {
        const double weight = rough.weights[i / summary.means.size()];
        if (weight > 0) reference[i] += rough.first[i] / weight;
    }
    return pass(rows, source, reference, scatter);
}

Moments from_method(const Rows& rows, const Options& options, const Summary& summary, Index restart) {
    const Index n = options.n_components;
    const Scatter scatter = scatter_for(options.family);
    random::Generator generator(options.seed, static_cast<std::uint64_t>(restart));
    if (options.init == Init::random) {
        return about_own_means(rows, {Source::Random{generator.next()}, n}, summary, scatter);
    }
    std::vector<double> centres = options.init == Init::random_from_data ? seed_rows(rows, n, generator)
                                                                         : seed_plusplus(rows, n, summary, generator);
    if (options.init == Init::kmeans) centres = lloyd(rows, std::move(centres), n, summary);
    const Scorer scorer = distance_scorer(centres, n, summary);
    return about_own_means(rows, {Source::Model{&scorer, Assignment::hard}, n}, summary, scatter);
}

/// What a given start must be, by its type.
struct Check {
    const Options& options;
    const MatrixView& x;

    void operator()(const std::monostate&) const {}

    void operator()(const Labels& labels) const {
        if (labels.size != x.n_rows) {
            invalid("init has " + std::to_string(labels.size) + " labels, but X has " + std::to_string(x.n_rows) +
                    " rows");
        }
        for (Index i = 0; i < labels.size; ++i) {
            if (labels.data[i] >= 0 && labels.data[i] < options.n_components) continue;
            invalid("init has label " + std::to_string(labels.data[i]) + " at row " + std::to_string(i) +
                    ": labels must be 0 ... n_components-1 = " + std::to_string(options.n_components - 1));
        }
    }

    void operator()(const Responsibilities& given) const {
        if (given.values.n_rows != x.n_rows || given.values.n_features != options.n_components) {
            invalid("init has responsibilities of shape " + shape(given.values.n_rows, given.values.n_features) +
                    ", expected (n_rows, n_components) = " + shape(x.n_rows, options.n_components));
        }
        std::vector<double> row(static_cast<std::size_t>(options.n_components));
        for (Index i = 0; i < x.n_rows; ++i) {
            rows::read_row(given.values, i, row.data());
            double sum = 0;
            for (const double r : row) {
                if (!std::isfinite(r) || r < 0) {
                    invalid("init has a responsibility of " + text::number(r) + " at row " + std::to_string(i) +
                            ": they must be finite and not negative");
                }
                sum += r;
            }
            if (!(sum > 0) || !std::isfinite(sum)) {
                invalid("init has responsibilities that sum to " + text::number(sum) + " at row " + std::to_string(i) +
                        ": the sum must be positive and finite");
            }
        }
    }

    void operator()(const Parameters& given) const { check_start(given, options, x.n_features); }
};

}  // namespace

void check(const Start& start, const Options& options, const MatrixView& x) { std::visit(Check{options, x}, start); }

Run begin(const Rows& rows, const Options& options, const Summary& summary, const Start& start, Index restart,
          const Execution& execution) {
    const Scatter scatter = scatter_for(options.family);
    const auto from_clusters = [&](const Source& source) {
        return Run(options, summary, about_own_means(rows, source, summary, scatter), execution);
    };
    if (const auto* parameters = std::get_if<Parameters>(&start)) {
        return Run(options, summary, *parameters, execution);
    }
    if (const auto* labels = std::get_if<Labels>(&start)) return from_clusters({*labels, options.n_components});
    if (const auto* given = std::get_if<Responsibilities>(&start)) {
        return from_clusters({*given, options.n_components});
    }
    return Run(options, summary, from_method(rows, options, summary, restart), execution);
}

}  // namespace gaussmix::em
