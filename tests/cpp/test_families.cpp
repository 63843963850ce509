/// The constrained families: what each has in common between components, and that fits keep it.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "check.hpp"
#include "families/settle.hpp"
#include "gaussmix/error.hpp"
#include "gaussmix/families.hpp"
#include "gaussmix/gaussmix.hpp"
#include "linalg/eigen.hpp"
#include "random/random.hpp"
#include "rows/context.hpp"

using namespace gaussmix;

namespace {

constexpr CovarianceType constrained[] = {
    CovarianceType::eii, CovarianceType::eei, CovarianceType::vei, CovarianceType::evi, CovarianceType::vee,
    CovarianceType::eve, CovarianceType::vve, CovarianceType::eev, CovarianceType::vev, CovarianceType::evv};
constexpr Index n_components = 3;

/// Rows of three overlapping clusters, each of its own size and direction.
struct Rows {
    explicit Rows(Index n_features, Index rows = 400, double scale = 1, std::uint64_t seed = 3) : d(n_features) {
        random::Generator generator(seed, 0);
        const auto normal = [&generator] {
            double sum = -6;
            for (int i = 0; i < 12; ++i) sum += generator.uniform();
            return sum;
        };
        for (Index i = 0; i < rows; ++i) {
            const Index k = i % n_components;
            double before = 0;
            for (Index j = 0; j < d; ++j) {
                const double noise = normal() * (1 + 0.5 * static_cast<double>((j + k) % 3));
                const double value =
                    2.0 * static_cast<double>(k * (j % 2)) + noise + 0.6 * static_cast<double>(k - 1) * before;
                values.push_back(scale * value);
                narrow.push_back(static_cast<float>(values.back()));
                before = noise;
            }
            weights.push_back(0.5 + generator.uniform());
        }
    }

    Index n_rows() const { return static_cast<Index>(values.size()) / d; }
    MatrixView view() const { return row_major(values.data(), n_rows(), d); }
    WeightsView weighted() const { return {weights.data(), n_rows()}; }

    Index d;
    std::vector<double> values;
    std::vector<float> narrow;
    std::vector<double> weights;
};

Options options_of(CovarianceType family, Index components = n_components) {
    Options options;
    options.n_components = components;
    options.covariance_type = family;
    return options;
}

/// The largest difference of two arrays, in units of the second one's largest number.
double apart(const std::vector<double>& a, const std::vector<double>& b) {
    double most = 0;
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        most = std::max(most, std::abs(a[i] - b[i]));
        largest = std::max(largest, std::abs(b[i]));
    }
    return most / largest;
}

std::vector<double> product(const std::vector<double>& a, const std::vector<double>& b, Index d) {
    std::vector<double> result(a.size());
    for (Index i = 0; i < d; ++i) {
        for (Index l = 0; l < d; ++l) {
            for (Index j = 0; j < d; ++j) {
                result[i * d + j] += a[i * d + l] * b[l * d + j];
            }
        }
    }
    return result;
}

/// How far the covariances are from what the code of their family says, taken apart: volumes, shapes, orientations.
double strayed(const Parameters& parameters) {
    const std::string_view code = name(parameters.covariance_type);
    const Index d = parameters.n_features;
    std::vector<double> first, first_shape;
    double first_volume = 0;
    double most = 0;
    for (Index k = 0; k < parameters.n_components; ++k) {
        std::vector<double> matrix = covariance_matrix(parameters, k);
        std::vector<double> values(d);
        std::vector<double> axes(matrix.size());
        if (code[2] == 'I') {
            for (Index j = 0; j < d; ++j) values[j] = matrix[j * d + j];
        } else {
            std::vector<double> spoilt = matrix;
            linalg::eigen(spoilt.data(), d, values.data(), axes.data());
        }
        double log_volume = 0;
        for (const double value : values) log_volume += std::log(value) / static_cast<double>(d);
        std::vector<double> shape = values;
        for (double& value : shape) value /= std::exp(log_volume);
        if (code[1] == 'I') most = std::max(most, apart(shape, std::vector<double>(shape.size(), 1.0)));
        if (k == 0) {
            first = matrix;
            first_shape = shape;
            first_volume = log_volume;
            continue;
        }
        if (code[0] == 'E') most = std::max(most, std::abs(log_volume - first_volume));
        if (code[1] == 'E') most = std::max(most, apart(shape, first_shape));
        if (code[2] == 'E') {
            most = std::max(most, apart(product(first, matrix, d), product(matrix, first, d)));  // they commute
            if (code[1] == 'E') {
                for (double& number : matrix) number *= std::exp(first_volume - log_volume);
                most = std::max(most, apart(matrix, first));
            }
        }
    }
    return most;
}

/// Symmetric matrices (n, d, d), some of them graded, singular or diagonal, in units of this scale.
std::vector<double> matrices_of(Index n, Index d, double scale) {
    random::Generator generator(static_cast<std::uint64_t>(n), static_cast<std::uint64_t>(d));
    std::vector<double> result;
    for (Index k = 0; k < n; ++k) {
        std::vector<double> points(2 * d * d);
        for (double& number : points) number = generator.uniform() - 0.5;
        for (Index i = 0; i < d; ++i) {
            for (Index j = 0; j < d; ++j) {
                double sum = 0;
                for (Index l = 0; l < 2 * d; ++l) sum += points[l * d + i] * points[l * d + j];
                const double grade = k % 3 == 1 ? std::pow(10.0, -static_cast<double>(i + j)) : 1;
                const bool kept = k % 5 != 2 || i == j;
                result.push_back(k % 7 == 3 ? scale : (kept ? scale * grade * sum : 0));
            }
        }
    }
    return result;
}

void eigenvectors_side_by_side_are_those_of_each_matrix() {
    for (const std::string& isa : system_info().instruction_sets) {
        const rows::Context context(Execution{1, isa, {}});
        for (const Index d : {1, 2, 3, 4, 7, 16}) {
            for (const Index n : {1, 5, 8, 11}) {
                for (const double scale : {1.0, 1e-250, 1e250}) {
                    const std::vector<double> matrices = matrices_of(n, d, scale);
                    std::vector<double> values(n * d);
                    std::vector<double> axes(n * d * d);
                    linalg::eigen(matrices.data(), n, d, context.table, values.data(), axes.data());
                    for (Index k = 0; k < n; ++k) {
                        const double* matrix = matrices.data() + k * d * d;
                        const double* own = axes.data() + k * d * d;
                        std::vector<double> spoilt(matrix, matrix + d * d);
                        std::vector<double> expected(d);
                        std::vector<double> ignored(d * d);
                        linalg::eigen(spoilt.data(), d, expected.data(), ignored.data());
                        for (Index i = 0; i < d; ++i) {
                            // A matrix of ones has eigenvalues of zero, which are only rounding.
                            const double size = k % 7 == 3 ? static_cast<double>(d) * scale : std::abs(expected[i]);
                            CHECK(std::abs(values[k * d + i] - expected[i]) <= 1e-12 * size);
                            for (Index j = 0; j < d; ++j) {
                                double along = 0;
                                double overlap = 0;
                                for (Index l = 0; l < d; ++l) {
                                    overlap += own[i * d + l] * own[j * d + l];
                                    along += matrix[j * d + l] / scale * own[i * d + l];
                                }
                                CHECK(std::abs(overlap - (i == j ? 1 : 0)) <= 1e-13);
                                CHECK(std::abs(along - values[k * d + i] / scale * own[i * d + j]) <=
                                      1e-13 * static_cast<double>(d * d));
                            }
                        }
                        std::vector<double> alone(d);
                        linalg::eigen(matrix, 1, d, context.table, alone.data(), ignored.data());
                        for (Index i = 0; i < d; ++i) CHECK(alone[i] == values[k * d + i]);
                    }
                }
            }
        }
    }
}

void codes_are_names_in_any_case() {
    CHECK(covariance_type_from_name("VVV") == CovarianceType::full);
    CHECK(covariance_type_from_name("eee") == CovarianceType::tied);
    CHECK(covariance_type_from_name("Vvi") == CovarianceType::diag);
    CHECK(covariance_type_from_name("vii") == CovarianceType::spherical);
    for (const CovarianceType family : constrained) {
        std::string text(name(family));
        CHECK(covariance_type_from_name(text) == family);
        for (char& letter : text) letter = static_cast<char>(letter - 'A' + 'a');
        CHECK(covariance_type_from_name(text) == family);
    }
    CHECK_THROWS(covariance_type_from_name("EVX"), Errc::invalid_argument);
    CHECK_THROWS(covariance_type_from_name("Full"), Errc::invalid_argument);
    CHECK_THROWS(covariance_type_from_name(""), Errc::invalid_argument);
    CHECK(plain_family(CovarianceType::vev) == CovarianceType::full);
    CHECK(plain_family(CovarianceType::evi) == CovarianceType::diag);
    CHECK(plain_family(CovarianceType::eii) == CovarianceType::spherical);
    CHECK(plain_family(CovarianceType::tied) == CovarianceType::tied);
}

void parameters_are_counted() {
    const Index d = 4;
    const Index expected[] = {1, 4, 6, 10, 12, 16, 18, 22, 24, 28};  // Celeux and Govaert 1995, table 1
    for (std::size_t i = 0; i < std::size(constrained); ++i) {
        Parameters parameters;
        parameters.covariance_type = constrained[i];
        parameters.n_components = n_components;
        parameters.n_features = d;
        CHECK_EQUAL(n_parameters(parameters), expected[i] + n_components * d + n_components - 1);
    }
}

void no_result_leaves_its_family() {
    const Rows rows(3);
    for (const CovarianceType family : constrained) {
        Options options = options_of(family);
        CHECK(strayed(fit(options, rows.view()).parameters) < 1e-10);
        CHECK(strayed(fit(options, rows.view(), rows.weighted()).parameters) < 1e-10);
        CHECK(strayed(fit(options, row_major(rows.narrow.data(), rows.n_rows(), rows.d)).parameters) < 1e-10);
        options.init = Init::random_from_data;
        options.reg_covar = 0.1;
        CHECK(strayed(fit(options, rows.view()).parameters) < 1e-10);
        options.acceleration = Acceleration::classic;
        CHECK(strayed(fit(options, rows.view()).parameters) < 1e-10);
        options.prior.emplace();
        CHECK(strayed(fit(options, rows.view()).parameters) < 1e-10);
    }
}

void the_likelihood_never_falls() {
    const Rows rows(4);
    for (const CovarianceType family : constrained) {
        for (const double ridge : {0.0, 1e-2, 1.0}) {
            for (const bool has_prior : {false, true}) {
                Options options = options_of(family, 4);
                options.init = Init::random_from_data;
                options.reg_covar = ridge;
                options.tol = 0;
                options.max_iter = 60;
                if (has_prior) options.prior.emplace();
                const Model model = fit(options, rows.view());
                for (const Event& event : model.events) {
                    CHECK(event.act == Act::floor || event.act == Act::prune);  // nothing that was mended
                }
                for (std::size_t i = 1; i < model.history.size(); ++i) {
                    CHECK(model.history[i] > model.history[i - 1] - 1e-12 * std::abs(model.history[i]));
                }
            }
        }
    }
}

void bold_runs_stay_in_their_family_and_save_iterations() {
    const Rows rows(3);
    Index plain = 0;
    Index bold = 0;
    Index as_high = 0;
    for (const CovarianceType family : constrained) {
        for (const bool has_prior : {false, true}) {
            Options options = options_of(family);
            options.init = Init::kmeans_plusplus;
            options.max_iter = 5;
            options.tol = 0;
            if (has_prior) options.prior.emplace();
            const Parameters start = fit(options, rows.view()).parameters;
            options.tol = 1e-8;
            options.max_iter = 5000;
            Shard shard(rows.view(), rows.weighted());
            if (has_prior) {
                const std::size_t n_axes = covariance_shape(family, 3).size();
                options.prior->mean = {0, 0, 0};
                options.prior->degrees_of_freedom = 5;
                options.prior->covariance = n_axes == 2   ? std::vector<double>{1, 0, 0, 0, 1, 0, 0, 0, 1}
                                            : n_axes == 1 ? std::vector<double>{1, 1, 1}
                                                          : std::vector<double>{1};
            }
            Run run(options, shard.summary(), start);
            while (!run.done()) run.advance(shard.moments(run));
            plain += signed_size(run.history());
            Run boldly(options, shard.summary(), start);
            boldly.accelerate_boldly();
            while (!boldly.done()) {
                CHECK(strayed(boldly.parameters()) < 1e-10);
                boldly.advance(shard.moments(boldly));
            }
            bold += signed_size(boldly.history());
            CHECK(boldly.status() == Status::converged);
            for (std::size_t i = 1; i < boldly.history().size(); ++i) {
                CHECK(boldly.history()[i] >= boldly.history()[i - 1] - 1e-12 * std::abs(boldly.history()[i]));
            }
            as_high += boldly.history().back() > run.history().back() - 1e-5 ? 1 : 0;
        }
    }
    CHECK(as_high >= 18);  // of 20: it may be another maximum
    CHECK(3 * bold < 2 * plain);
}

void one_component_has_nothing_to_share() {
    const Rows rows(3);
    for (const CovarianceType family : constrained) {
        const Model model = fit(options_of(family, 1), rows.view());
        const Model plain = fit(options_of(plain_family(family), 1), rows.view());
        CHECK_EQUAL(model.parameters.covariances, plain.parameters.covariances);
        CHECK_EQUAL(n_parameters(model.parameters), n_parameters(plain.parameters));
    }
}

void one_feature_has_a_volume_alone() {
    const Rows rows(1);
    for (const CovarianceType family : constrained) {
        const bool equal = name(family)[0] == 'E';
        Options options = options_of(family);
        options.tol = 1e-11;
        options.max_iter = 20000;
        options.effort = Effort::low;
        options.acceleration = Acceleration::off;
        const Model model = fit(options, rows.view());
        options.covariance_type = equal ? CovarianceType::eii : CovarianceType::spherical;
        const Model simple = fit(options, rows.view());
        CHECK_EQUAL(n_parameters(model.parameters), n_parameters(simple.parameters));
        CHECK_CLOSE(score(model, rows.view()), score(simple, rows.view()), 1e-7);
        CHECK(strayed(model.parameters) < 1e-10);
    }
}

void a_feature_may_be_constant() {
    Rows rows(3);
    for (std::size_t i = 1; i < rows.values.size(); i += 3) rows.values[i] = 5;
    for (const CovarianceType family : constrained) {
        for (const bool has_prior : {false, true}) {
            Options options = options_of(family);
            options.reg_covar = 0;
            if (has_prior) options.prior.emplace();
            const Model model = fit(options, rows.view());
            CHECK(std::isfinite(score(model, rows.view())));
            const bool mended = std::any_of(model.events.begin(), model.events.end(),
                                            [](const Event& event) { return event.act == Act::jitter; });
            CHECK(mended != (has_prior || family == CovarianceType::eii));
            CHECK(strayed(model.parameters) < 1e-6);
        }
    }
}

void few_rows_are_enough_where_components_share() {
    const Rows rows(3, 40);
    std::vector<std::int64_t> labels(40, 0);
    labels[0] = 1;  // a component of one row
    labels[1] = labels[2] = 2;
    for (const CovarianceType family : constrained) {
        Options options = options_of(family);
        options.reg_covar = 0;
        options.max_iter = 1;
        const Model model = fit(options, rows.view(), {}, Start(Labels{labels.data(), 40}));
        const std::string_view code = name(family);
        const bool one_row_is_enough = code[0] == 'E' && code[1] != 'V';
        CHECK(model.events.empty() == one_row_is_enough);
        CHECK(std::isfinite(score(model, rows.view())));
        CHECK(strayed(model.parameters) < 1e-4);  // determinants of hardly definite matrices have few digits
    }
}

void scales_far_from_one_are_borne() {
    for (const double scale : {1e-140, 1e140}) {
        const Rows rows(3, 400, scale);
        const Rows plain(3);
        for (const CovarianceType family : constrained) {
            const Model model = fit(options_of(family), rows.view());
            CHECK(strayed(model.parameters) < 1e-9);
            const double expected = score(fit(options_of(family), plain.view()), plain.view());
            CHECK_CLOSE(score(model, rows.view()) + 3 * std::log(scale), expected, 1e-6);
        }
    }
}

void a_start_from_another_family_is_taken_to_this_one() {
    const Rows rows(3);
    for (const CovarianceType family : constrained) {
        Options options = options_of(plain_family(family));
        Parameters start = fit(options, rows.view()).parameters;
        start.covariance_type = family;
        options.covariance_type = family;
        CHECK(strayed(start) > 1e-3);
        options.max_iter = 20;
        options.tol = 0;
        const Model model = fit(options, rows.view(), {}, start);
        CHECK(strayed(model.parameters) < 1e-10);
        CHECK(model.history.back() >= model.history.front());
        Parameters again = model.parameters;
        families::settle(again, rows::Context(Execution{}));
        CHECK_EQUAL(again.covariances, model.parameters.covariances);
    }
}

void files_keep_them() {
    const Rows rows(3);
    for (const CovarianceType family : constrained) {
        const Model model = fit(options_of(family), rows.view());
        const std::string path = "family.safetensors";
        save(model, path);
        const Model loaded = load(path);
        std::remove(path.c_str());
        CHECK(loaded.parameters.covariance_type == family);
        CHECK_EQUAL(loaded.parameters.covariances, model.parameters.covariances);
    }
}

void mirrored_ellipses_have_axes_between() {
    // From either's own axes, or the features', the tangent is flat: both sums of squares have these axes in common.
    std::vector<double> values;
    std::vector<std::int64_t> labels;
    for (Index i = 0; i < 200; ++i) {
        const double t = static_cast<double>(i % 100) * 0.0628318530717958648;
        const double x = 3 * std::cos(t);
        const double y = std::sin(t);
        const bool mirrored = i >= 100;
        values.push_back((mirrored ? x + y : x - y) + (mirrored ? 20 : 0));
        values.push_back(mirrored ? y - x : x + y);
        labels.push_back(mirrored ? 1 : 0);
    }
    for (const CovarianceType family : {CovarianceType::eve, CovarianceType::vve}) {
        Options options = options_of(family, 2);
        options.max_iter = 1;
        options.reg_covar = 0;
        const Model model = fit(options, row_major(values.data(), 200, 2), {}, Start(Labels{labels.data(), 200}));
        Options full = options;
        full.covariance_type = CovarianceType::full;
        const Model best = fit(full, row_major(values.data(), 200, 2), {}, Start(Labels{labels.data(), 200}));
        CHECK_CLOSE(model.history[0], best.history[0], 1e-9);
    }
}

void vve_may_climb_from_families_within_it() {
    const Rows rows(3);
    std::vector<std::int64_t> labels;
    std::vector<double> memberships;
    for (Index i = 0; i < rows.n_rows(); ++i) {
        labels.push_back((i / 3 + i % 2) % n_components);
        for (Index k = 0; k < n_components; ++k) memberships.push_back(labels.back() == k ? 0.7 : 0.15);
    }
    const Start starts[] = {Labels(labels),
                            Responsibilities{row_major(memberships.data(), rows.n_rows(), n_components)}};
    for (const Start& start : starts) {
        for (const bool has_prior : {false, true}) {
            Options options = options_of(CovarianceType::vve);
            options.max_iter = 2000;
            if (has_prior) options.prior.emplace();
            const auto climb = [&](Index last, Index& seen) {
                seen = 0;
                return fit(options, rows.view(), rows.weighted(), start, {},
                           [&](const auto&...) { return ++seen != last; });
            };
            Index all = 0;
            const Model best = climb(-1, all);
            CHECK(best.status == Status::converged);
            CHECK(strayed(best.parameters) < 1e-9);
            for (const Index last : {Index{1}, all / 3, all / 2, all - 1}) {
                Index seen = 0;
                const Model stopped = climb(last, seen);
                CHECK_EQUAL(seen, last);
                CHECK(stopped.status == Status::interrupted);
                CHECK(stopped.history.back() <= best.history.back());
            }
            options.effort = Effort::low;
            Index own = 0;
            const Model low = climb(-1, own);
            CHECK(own < all);
            CHECK(best.history.back() >= low.history.back());
        }
    }
}

void given_covariances_are_raised_within_their_family() {
    const Rows rows(3);
    const Index d = rows.d;
    for (const CovarianceType family : constrained) {
        const Options options = options_of(family);
        Parameters given = fit(options, rows.view()).parameters;
        const bool has_matrices = signed_size(given.covariances) == n_components * d * d;
        const Index stride = has_matrices ? d * d : d;
        for (Index k = 0; k * stride < signed_size(given.covariances) && family != CovarianceType::eii; ++k) {
            for (Index j = 0; j < d; ++j) {  // the last feature varies no more
                if (!has_matrices) continue;
                given.covariances[k * stride + j * d + d - 1] = 0;
                given.covariances[k * stride + (d - 1) * d + j] = 0;
            }
            given.covariances[k * stride + stride - 1] = 0;
        }
        if (family == CovarianceType::eii) std::fill(given.covariances.begin(), given.covariances.end(), 0.0);
        std::vector<Event> events;
        const Scorer scorer = prepare(given, make_ridge(options, summarize(rows.view())), 3, events);
        CHECK(!events.empty());
        for (const Event& event : events) CHECK_EQUAL(event.iteration, 3);
        CHECK(std::isfinite(score(scorer, rows.view())));
        CHECK(strayed(given) < 1e-4);
    }
}

void variational_bayes_is_refused() {
    const Rows rows(2);
    for (const CovarianceType family : constrained) {
        Options options = options_of(family);
        options.prior.emplace();
        options.variational.emplace();
        CHECK_THROWS(fit(options, rows.view()), Errc::invalid_argument);
    }
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        TEST(eigenvectors_side_by_side_are_those_of_each_matrix());
        TEST(codes_are_names_in_any_case());
        TEST(parameters_are_counted());
        TEST(no_result_leaves_its_family());
        TEST(the_likelihood_never_falls());
        TEST(bold_runs_stay_in_their_family_and_save_iterations());
        TEST(one_component_has_nothing_to_share());
        TEST(one_feature_has_a_volume_alone());
        TEST(a_feature_may_be_constant());
        TEST(few_rows_are_enough_where_components_share());
        TEST(scales_far_from_one_are_borne());
        TEST(a_start_from_another_family_is_taken_to_this_one());
        TEST(files_keep_them());
        TEST(mirrored_ellipses_have_axes_between());
        TEST(vve_may_climb_from_families_within_it());
        TEST(given_covariances_are_raised_within_their_family());
        TEST(variational_bayes_is_refused());
    });
}
