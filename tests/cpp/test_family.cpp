/// The family of tests/support/equal_first.cpp, which the library does not have, is fitted, scored, drawn from, saved
/// and loaded as the others are.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "check.hpp"
#include "gaussmix/error.hpp"
#include "gaussmix/gaussmix.hpp"

using namespace gaussmix;

namespace {

constexpr auto equal_first = static_cast<CovarianceType>(100);
constexpr Index n = 600;
constexpr Index d = 3;
constexpr Index n_components = 3;

struct Data {
    Data() {
        std::uint64_t state = 7;
        const auto uniform = [&state] {
            state = state * 48271 % 2147483647;
            return static_cast<double>(state) / 2147483647.0;
        };
        for (Index i = 0; i < n; ++i) {
            for (Index j = 0; j < d; ++j) {
                const double noise = uniform() + uniform() + uniform() - 1.5;
                x.push_back(static_cast<double>((i % n_components) * (j + 1) % 3) * 2 +
                            noise * static_cast<double>(j + 1));
                narrow.push_back(static_cast<float>(x.back()));
            }
            weights.push_back(0.5 + uniform());
        }
    }
    MatrixView view() const { return row_major(x.data(), n, d); }

    std::vector<double> x;
    std::vector<float> narrow;
    std::vector<double> weights;
};
const Data data;

Options options_of() {
    Options options;
    options.n_components = n_components;
    options.covariance_type = equal_first;
    options.reg_covar = 0;
    return options;
}

bool has_equal_first(const Parameters& parameters) {
    for (std::size_t at = d; at < parameters.covariances.size(); at += d) {
        if (parameters.covariances[at] != parameters.covariances[0]) return false;
    }
    return true;
}

/// One iteration of EM in plain loops.
Parameters iterate(const Parameters& before, const std::vector<double>& weights) {
    Parameters after = before;
    std::vector<double> r(n * n_components);
    std::vector<double> counts(n_components);
    for (Index i = 0; i < n; ++i) {
        double sum = 0;
        for (Index k = 0; k < n_components; ++k) {
            double log = std::log(before.weights[k]);
            for (Index j = 0; j < d; ++j) {
                const Index at = k * d + j;
                const double step = data.x[i * d + j] - before.means[at];
                log -= 0.5 * (step * step / before.covariances[at] + std::log(before.covariances[at]));
            }
            sum += r[i * n_components + k] = std::exp(log);
        }
        for (Index k = 0; k < n_components; ++k) {
            double& own = r[i * n_components + k];
            own *= weights[i] / sum;
            counts[k] += own;
        }
    }
    const double total = counts[0] + counts[1] + counts[2];
    std::fill(after.means.begin(), after.means.end(), 0.0);
    for (Index i = 0; i < n; ++i) {
        for (Index k = 0; k < n_components; ++k) {
            const double share = r[i * n_components + k] / counts[k];
            for (Index j = 0; j < d; ++j) {
                after.means[k * d + j] += share * data.x[i * d + j];
            }
        }
    }
    for (Index j = 0; j < d; ++j) {
        double all = 0;
        for (Index k = 0; k < n_components; ++k) {
            double sum = 0;
            for (Index i = 0; i < n; ++i) {
                const double step = data.x[i * d + j] - after.means[k * d + j];
                sum += r[i * n_components + k] * step * step;
            }
            after.covariances[k * d + j] = sum / counts[k];
            all += sum / total;
        }
        if (j > 0) continue;
        for (Index k = 0; k < n_components; ++k) after.covariances[k * d] = all;
    }
    for (std::size_t k = 0; k < counts.size(); ++k) after.weights[k] = counts[k] / total;
    return after;
}

Parameters start_of() {
    Parameters start;
    start.covariance_type = equal_first;
    start.n_components = n_components;
    start.n_features = d;
    start.weights = {0.3, 0.3, 0.4};
    for (Index k = 0; k < n_components; ++k) {
        for (Index j = 0; j < d; ++j) {
            start.means.push_back(data.x[k * d + j]);
            start.covariances.push_back(static_cast<double>(2 + j));
        }
    }
    return start;
}

void its_iterations_are_those_of_plain_loops() {
    Options options = options_of();
    options.tol = 0;
    options.max_iter = 5;
    for (const bool weighted : {false, true}) {
        const std::vector<double> weights = weighted ? data.weights : std::vector<double>(n, 1.0);
        Parameters expected = start_of();
        for (int i = 0; i < 5; ++i) expected = iterate(expected, weights);
        const Model model =
            fit(options, data.view(), weighted ? WeightsView{weights.data(), n} : WeightsView{}, start_of());
        CHECK(has_equal_first(model.parameters));
        for (std::size_t at = 0; at < expected.means.size(); ++at) {
            CHECK_CLOSE(model.parameters.means[at], expected.means[at], 1e-11);
            CHECK_CLOSE(model.parameters.covariances[at], expected.covariances[at], 1e-11);
        }
    }
}

void it_is_fitted_from_any_start() {
    for (const Init init : {Init::kmeans, Init::kmeans_plusplus, Init::random_from_data, Init::random}) {
        for (const Effort effort : {Effort::low, Effort::normal}) {
            Options options = options_of();
            options.init = init;
            options.effort = effort;
            options.reg_covar.reset();
            const Model model = fit(options, data.view());
            CHECK(model.status == Status::converged);
            CHECK(has_equal_first(model.parameters));
        }
    }
}

void it_has_a_prior_and_single_precision() {
    Options options = options_of();
    options.prior.emplace();
    CHECK(has_equal_first(fit(options, data.view()).parameters));
    const Model wide = fit(options_of(), data.view(), {}, start_of());
    const Model narrow = fit(options_of(), row_major(data.narrow.data(), n, d), {}, start_of());
    CHECK_CLOSE(score(narrow, data.view()), score(wide, data.view()), 1e-5);
}

void it_is_scored_drawn_from_saved_and_loaded() {
    const Model model = fit(options_of(), data.view());
    CHECK_EQUAL(n_parameters(model.parameters), 1 + n_components * (d - 1) + n_components * d + n_components - 1);
    CHECK_EQUAL(name(equal_first), "equal_first");
    const double score_before = score(model, data.view());
    CHECK(std::isfinite(score_before));
    const std::string path = "equal-first.safetensors";
    save(model, path);
    const Model loaded = load(path);
    std::remove(path.c_str());
    CHECK(loaded.parameters.covariance_type == equal_first);
    CHECK_EQUAL(loaded.parameters.covariances, model.parameters.covariances);
    CHECK_EQUAL(score(loaded, data.view()), score_before);

    constexpr Index many = 20000;
    std::vector<double> rows(many * d);
    std::vector<std::int64_t> labels(many);
    sample(loaded.parameters, many, 1, rows, labels);
    double square = 0;
    Index count = 0;
    for (Index i = 0; i < many; ++i) {
        if (labels[i] != 0) continue;
        const double step = rows[i * d] - loaded.parameters.means[0];
        square += step * step;
        ++count;
    }
    CHECK_CLOSE(square / static_cast<double>(count) / loaded.parameters.covariances[0], 1.0, 0.1);
}

void its_covariances_stay_so_when_one_is_mended() {
    Options options = options_of();
    std::vector<double> twice = data.x;
    for (std::size_t i = 0; i < twice.size(); i += d) twice[i] = 1;  // a constant feature
    const Model model = fit(options, row_major(twice.data(), n, d));
    CHECK(!model.events.empty());
    CHECK(has_equal_first(model.parameters));
}

void it_is_selected_among_others() {
    SelectOptions options;
    options.covariance_types = {CovarianceType::diag, equal_first, CovarianceType::vve};
    options.n_components = {2, 3};
    for (const Cell& cell : select(options, data.view())) {
        CHECK(cell.model && cell.why.empty());
        if (cell.covariance_type == equal_first) CHECK(has_equal_first(cell.model->parameters));
    }
}

void variational_bayes_is_refused() {
    Options options = options_of();
    options.prior.emplace();
    options.variational.emplace();
    CHECK_THROWS(fit(options, data.view()), Errc::invalid_argument);
}

void unknown_ones_are_refused() {
    Options options = options_of();
    options.covariance_type = static_cast<CovarianceType>(101);
    CHECK_THROWS(fit(options, data.view()), Errc::invalid_argument);
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        TEST(its_iterations_are_those_of_plain_loops());
        TEST(it_is_fitted_from_any_start());
        TEST(it_has_a_prior_and_single_precision());
        TEST(it_is_scored_drawn_from_saved_and_loaded());
        TEST(its_covariances_stay_so_when_one_is_mended());
        TEST(it_is_selected_among_others());
        TEST(variational_bayes_is_refused());
        TEST(unknown_ones_are_refused());
    });
}
