/// Distances in coordinates that all components share: as those of each component's own factor, in every precision, and
/// left alone where digits would be lost.
#include <algorithm>
#include <cmath>
#include <vector>

#include "check.hpp"
#include "families/turn.hpp"
#include "gaussmix/bytes.hpp"
#include "gaussmix/gaussmix.hpp"
#include "random/random.hpp"
#include "whitening/scorer.hpp"

using namespace gaussmix;

namespace {

constexpr CovarianceType with_shared_axes[] = {CovarianceType::vee, CovarianceType::eve, CovarianceType::vve};
constexpr Index n_components = 4;

/// Rows of clusters whose axes are alike but for noise, as many as a run turns.
struct Rows {
    explicit Rows(Index n_features) : d(n_features), n_rows(64 * n_features + 5) {
        random::Generator generator(5, static_cast<std::uint64_t>(d));
        const auto normal = [&generator] {
            double sum = -6;
            for (int i = 0; i < 12; ++i) sum += generator.uniform();
            return sum;
        };
        for (Index i = 0; i < n_rows; ++i) {
            const Index k = i % n_components;
            double before = 0;
            for (Index j = 0; j < d; ++j) {
                const double noise = normal() * (1 + 0.3 * static_cast<double>((j + k) % 3));
                values.push_back(0.6 * std::sin(static_cast<double>(1 + k * (j + 1))) + noise + 0.5 * before);
                narrow.push_back(static_cast<float>(values.back()));
                before = noise;
            }
        }
    }
    MatrixView view() const { return row_major(values.data(), n_rows, d); }
    MatrixView single() const { return row_major(narrow.data(), n_rows, d); }

    Index d;
    Index n_rows;
    std::vector<double> values;
    std::vector<float> narrow;
};

Options options_of(CovarianceType family) {
    Options options;
    options.n_components = n_components;
    options.covariance_type = family;
    options.reg_covar = 0.0;
    options.effort = Effort::low;
    options.acceleration = Acceleration::off;
    options.tol = 0;
    return options;
}

/// A mixture of the family, after some iterations.
Parameters start_of(CovarianceType family, const Rows& rows) {
    Options options = options_of(family);
    options.max_iter = 4;
    return fit(options, rows.view()).parameters;
}

/// The moments of the rows by plain loops with long doubles.
Moments expected_moments(const Parameters& parameters, const Rows& rows) {
    const Index d = rows.d;
    Moments result;
    result.weights.assign(n_components, 0.0);
    result.first.assign(n_components * d, 0.0);
    result.scatter.assign(n_components * d * (d + 1) / 2, 0.0);
    std::vector<std::vector<long double>> roots;
    for (Index k = 0; k < n_components; ++k) {
        std::vector<long double> root(d * d);
        for (Index i = 0; i < d; ++i) {
            for (Index j = 0; j <= i; ++j) {
                long double sum = parameters.covariances[(k * d + i) * d + j];
                for (Index l = 0; l < j; ++l) sum -= root[i * d + l] * root[j * d + l];
                root[i * d + j] = i == j ? std::sqrt(sum) : sum / root[j * d + j];
            }
        }
        roots.push_back(std::move(root));
    }
    std::vector<long double> y(d);
    for (Index i = 0; i < rows.n_rows; ++i) {
        const double* row = rows.values.data() + i * d;
        std::vector<long double> logs;
        for (Index k = 0; k < n_components; ++k) {
            const std::vector<long double>& root = roots[k];
            long double log = std::log(static_cast<long double>(parameters.weights[k])) -
                              0.918938533204672741780329736405617639861L * static_cast<long double>(d);
            for (Index j = 0; j < d; ++j) {
                y[j] = static_cast<long double>(row[j]) - parameters.means[k * d + j];
                for (Index l = 0; l < j; ++l) y[j] -= root[j * d + l] * y[l];
                y[j] /= root[j * d + j];
                log -= y[j] * y[j] / 2 + std::log(root[j * d + j]);
            }
            logs.push_back(log);
        }
        const long double most = *std::max_element(logs.begin(), logs.end());
        long double sum = 0;
        for (const long double log : logs) sum += std::exp(log - most);
        result.log_likelihood += static_cast<double>(most + std::log(sum));
        for (Index k = 0; k < n_components; ++k) {
            const auto share = static_cast<double>(std::exp(logs[k] - most) / sum);
            const double* mean = parameters.means.data() + k * d;
            result.weights[k] += share;
            for (Index j = 0; j < d; ++j) {
                result.first[k * d + j] += share * (row[j] - mean[j]);
                for (Index l = 0; l <= j; ++l) {
                    result.scatter[k * d * (d + 1) / 2 + j * (j + 1) / 2 + l] +=
                        share * (row[j] - mean[j]) * (row[l] - mean[l]);
                }
            }
        }
    }
    return result;
}

double apart(const std::vector<double>& a, const std::vector<double>& b) {
    double most = 0;
    double largest = 0;
    for (std::size_t i = 0; i < b.size(); ++i) {
        most = std::max(most, std::abs(a[i] - b[i]));
        largest = std::max(largest, std::abs(b[i]));
    }
    return most / largest;
}

/// First moments may be all but zero: they are compared in units of the weight.
double apart(const Moments& a, const Moments& b) {
    double most = std::max(std::abs(a.log_likelihood / b.log_likelihood - 1), apart(a.scatter, b.scatter));
    for (Index at = 0; at < signed_size(b.first); ++at) {
        const double weight = b.weights[at * n_components / signed_size(b.first)];
        most = std::max(most, std::abs(a.first[at] - b.first[at]) / weight);
    }
    return std::max(most, apart(a.weights, b.weights));
}

void moments_are_those_of_plain_loops() {
    for (const CovarianceType family : with_shared_axes) {
        for (const Index d : {12, 13, 16, 19, 37}) {
            const Rows rows(d);
            const Run run(options_of(family), summarize(rows.view()), start_of(family, rows));
            CHECK(run.scorer().numbers().is_turned());
            const Moments expected = expected_moments(run.parameters(), rows);
            const Moments found = accumulate(run.scorer(), Scatter::full, rows.view());
            CHECK(apart(found, expected) < 1e-12);
            CHECK(apart(accumulate(run.scorer(), Scatter::full, rows.single()), expected) < 1e-4);
            for (const int n_threads : {2, 3, 7}) {
                Execution execution;
                execution.n_threads = n_threads;
                const Moments same = accumulate(run.scorer(), Scatter::full, rows.view(), {}, execution);
                CHECK(same.log_likelihood == found.log_likelihood && same.scatter == found.scatter);
            }
            std::vector<Moments> of_each;
            for (const std::string& isa : system_info().instruction_sets) {
                if (isa == "baseline") continue;
                const Execution execution{1, isa, {}};
                of_each.push_back(accumulate(run.scorer(), Scatter::full, rows.view(), {}, execution));
                CHECK(of_each.back().log_likelihood == of_each.front().log_likelihood);
                CHECK(of_each.back().scatter == of_each.front().scatter);
            }
            const Execution baseline{1, system_info().instruction_sets.front(), {}};
            CHECK(apart(accumulate(run.scorer(), Scatter::full, rows.view(), {}, baseline), expected) < 1e-12);

            const std::vector<std::uint8_t> bytes = to_bytes(run.scorer());
            const Scorer read = scorer_from_bytes(bytes.data(), bytes.size());
            CHECK(accumulate(read, Scatter::full, rows.view()).scatter == found.scatter);
        }
    }
}

void runs_go_where_they_went() {
    for (const CovarianceType family : with_shared_axes) {
        const Rows rows(14);
        Options options = options_of(family);
        options.max_iter = 12;
        const Parameters start = start_of(family, rows);
        Run run(options, summarize(rows.view()), start);
        Run plain(options, summarize(rows.view()), start);
        while (!run.done()) {
            CHECK(run.scorer().numbers().is_turned());
            run.advance(accumulate(run.scorer(), Scatter::full, rows.view()));
            Scorer unturned = plain.scorer();
            unturned.numbers().turn_back();
            plain.advance(accumulate(unturned, Scatter::full, rows.view()));
        }
        CHECK(!run.scorer().numbers().is_turned());
        CHECK(apart(run.parameters().covariances, plain.parameters().covariances) < 1e-9);
        for (std::size_t i = 0; i < run.history().size(); ++i) {
            CHECK(std::abs(run.history()[i] - plain.history()[i]) < 1e-11);
            CHECK(i == 0 || run.history()[i] >= run.history()[i - 1] - 1e-12);
        }
        // In memory, with pruning, and accelerated.
        Start from;
        options.tol = 1e-6;
        options.max_iter = 500;
        options.acceleration = Acceleration::automatic;
        const Model pruned = fit(options, rows.view(), {}, start);
        options.pruning = Pruning::off;
        const Model model = fit(options, rows.view(), {}, start);
        CHECK(std::abs(pruned.history.back() - model.history.back()) < 1e-8);
        CHECK(pruned.status == Status::converged);
    }
}

void it_is_left_alone_where_digits_would_be_lost() {
    const CovarianceType family = CovarianceType::eve;
    const Rows rows(12);
    const rows::Context context{Execution{}};
    const Parameters start = start_of(family, rows);
    const auto is_turned = [&](const Parameters& parameters) {
        Scorer scorer = prepare(parameters);
        families::turn(parameters, context, scorer.numbers());
        return scorer.numbers().is_turned();
    };
    CHECK(is_turned(start));
    Parameters far = start;
    for (Index j = 0; j < rows.d; ++j) far.means[j] += 300;
    CHECK(!is_turned(far));
    Parameters thin = start;  // beside its other deviations, its least one is rounding
    for (double& mean : thin.means) mean = 0;
    std::fill(thin.covariances.begin(), thin.covariances.end(), 0.0);
    for (Index k = 0; k < n_components; ++k) {
        for (Index j = 0; j < rows.d; ++j) {
            for (Index l = 0; l < rows.d; ++l) {
                thin.covariances[(k * rows.d + j) * rows.d + l] = (j == l ? 1e-6 : 0) + 1;
            }
        }
    }
    CHECK(!is_turned(thin));
    Parameters skew = start;  // not of the family
    for (Index j = 1; j < rows.d; ++j) {
        skew.covariances[j] *= 0.5;
        skew.covariances[j * rows.d] *= 0.5;
    }
    CHECK(!is_turned(skew));
    Parameters full = start;
    full.covariance_type = CovarianceType::full;
    CHECK(!is_turned(full));

    // Few rows, few features, few components: not worth it.
    const auto begins_turned = [&](const MatrixView& x) {
        return Run(options_of(family), summarize(x), start).scorer().numbers().is_turned();
    };
    CHECK(begins_turned(rows.view()));
    CHECK(!begins_turned(row_major(rows.values.data(), 60 * rows.d, rows.d)));
    const Rows narrow(7);
    CHECK(!Run(options_of(family), summarize(narrow.view()), start_of(family, narrow)).scorer().numbers().is_turned());
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        TEST(moments_are_those_of_plain_loops());
        TEST(runs_go_where_they_went());
        TEST(it_is_left_alone_where_digits_would_be_lost());
    });
}
