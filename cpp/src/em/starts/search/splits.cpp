#include "em/starts/search/splits.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "families/family.hpp"
#include "families/prepare.hpp"
#include "linalg/triangular.hpp"
#include "parallel/team.hpp"
#include "random/random.hpp"
#include "rows/plan.hpp"

namespace gaussmix::em {
namespace {

constexpr double telling_responsibility = 0.02;  // rows of smaller responsibility say little about the component
constexpr Index first_iterations = 2;            // of EM from each cut
constexpr Index more_iterations = 6;             // from the best one
constexpr double near_share = 0.6;               // of the rows
constexpr Index axis_iterations = 8;             // an axis need not be exact: EM goes on from the cut
constexpr Index lloyd_iterations = 4;

/// The half that each row goes to.
using Cut = std::vector<std::int64_t>;

/// The rows of one component, weighted by responsibility.
struct Members {
    Index d = 0;
    std::vector<double> values;   // (n, d)
    std::vector<double> weights;  // (n,)
    std::vector<double> white;    // (n, d): minus the mean, whitened by the component
    double weight = 0;            // the sum
    double n_rows = 0;            // by responsibility alone
    double log_likelihood = 0;    // weighted, under the component alone

    Index size() const noexcept { return signed_size(weights); }
    const double* row(Index i) const noexcept { return values.data() + i * d; }
    const double* whitened(Index i) const noexcept { return white.data() + i * d; }
};

double dot(const double* a, const double* b, Index d) noexcept { return std::inner_product(a, a + d, b, 0.0); }

double squared_distance(const double* a, const double* b, Index d) noexcept {
    double sum = 0;
    for (Index j = 0; j < d; ++j) sum += (a[j] - b[j]) * (a[j] - b[j]);
    return sum;
}

/// Computes L^-1 (x - mean) of component k.
void whiten(const ScorerNumbers& scorer, Index k, const double* x, std::vector<double>& step, double* out) {
    const Index d = scorer.n_features;
    step.assign(x, x + d);
    for (Index j = 0; j < d; ++j) step[j] -= scorer.means[k * d + j];
    whitening::of(scorer).apply(whitening::factor_of(scorer, k), d, step.data(), out);
}

Members gather(const std::vector<Memberships::Member>& of_component, const rows::Data& rows,
               const ScorerNumbers& scorer, Index k) {
    Members members;
    const Index d = members.d = scorer.n_features;
    std::vector<double> step;
    for (const Memberships::Member& member : of_component) {
        const double responsibility = member.membership->responsibility;
        const double weight = responsibility * (rows.weights ? rows.weights.data[member.row] : 1.0);
        if (responsibility < telling_responsibility || !(weight > 0)) continue;
        members.values.resize(members.values.size() + d);
        members.white.resize(members.values.size());
        double* const values = members.values.data() + members.size() * d;
        rows::read_row(rows.x, member.row, values);
        whiten(scorer, k, values, step, members.white.data() + members.size() * d);
        members.weights.push_back(weight);
        members.weight += weight;
        members.n_rows += responsibility;
        members.log_likelihood += weight * member.membership->log_density;
    }
    return members;
}

/// Cuts points (n, d) across a direction through their origin.
Cut across(const std::vector<double>& direction, const std::vector<double>& points) {
    const Index d = signed_size(direction);
    Cut cut;
    for (std::size_t i = 0; i < points.size(); i += direction.size()) {
        cut.push_back(dot(points.data() + i, direction.data(), d) > 0 ? 1 : 0);
    }
    return cut;
}

void normalise(std::vector<double>& vector) {
    const double length = std::sqrt(dot(vector.data(), vector.data(), signed_size(vector)));
    if (!(length > 0)) return;
    for (double& number : vector) number /= length;
}

std::vector<double> any_direction(Index d, random::Generator& generator) {
    std::vector<double> direction;
    for (Index j = 0; j < d; ++j) direction.push_back(generator.uniform() - 0.5);
    normalise(direction);
    return direction;
}

/// The upper triangle of sum w x x^T over some points (n, d).
std::vector<double> products(const std::vector<double>& points, const std::vector<double>& weights, Index d) {
    std::vector<double> triangle(linalg::packed_size(d));
    for (Index i = 0; i < signed_size(weights); ++i) {
        const double* x = points.data() + i * d;
        double* row = triangle.data();
        for (Index a = 0; a < d; row += d - a, ++a) {
            const double factor = weights[i] * x[a];
            for (Index b = a; b < d; ++b) row[b - a] += factor * x[b];
        }
    }
    return triangle;
}

/// Cuts across the axis of largest variance, with features in units of their deviations in all rows (by power
/// iteration).
Cut widest(const Members& members, const ScorerNumbers& scorer, Index k, const Summary& summary,
           random::Generator& generator) {
    const Index d = members.d;
    std::vector<double> units;
    for (const double variance : summary.variances) units.push_back(variance > 0 ? 1 / std::sqrt(variance) : 0.0);
    std::vector<double> scaled = members.values;
    for (Index i = 0; i < members.size(); ++i) {
        for (Index j = 0; j < d; ++j) scaled[i * d + j] = (scaled[i * d + j] - scorer.means[k * d + j]) * units[j];
    }
    const std::vector<double> triangle = products(scaled, members.weights, d);
    std::vector<double> axis = any_direction(d, generator);
    for (Index iteration = 0; iteration < axis_iterations; ++iteration) {
        std::vector<double> next(axis.size());
        for (Index i = 0; i < d; ++i) {
            for (Index j = 0; j < d; ++j) {
                next[i] += triangle[linalg::upper_index(std::min(i, j), std::max(i, j), d)] * axis[j];
            }
        }
        axis = std::move(next);
        normalise(axis);
    }
    return across(axis, scaled);
}

/// Cuts across the direction of least kurtosis, in which two halves stand apart: the eigenvector of the least
/// eigenvalue of sum r ||z||^2 z z^T (Cardoso 1989; by inverse iteration). Empty if that fails.
Cut least_kurtosis(const Members& members, const kernels::Table& table, random::Generator& generator) {
    const Index d = members.d;
    const auto at = [d](Index i, Index j) { return linalg::upper_index(i, j, d); };
    std::vector<double> weights = members.weights;
    for (Index i = 0; i < members.size(); ++i) weights[i] *= dot(members.whitened(i), members.whitened(i), d);
    std::vector<double> triangle = products(members.white, weights, d);
    if (!linalg::cholesky(triangle.data(), d, table)) return {};
    std::vector<double> axis = any_direction(d, generator);
    for (Index iteration = 0; iteration < axis_iterations; ++iteration) {
        for (Index i = 0; i < d; ++i) {  // U^T y = axis
            double& y = axis[i];
            for (Index j = 0; j < i; ++j) y -= triangle[at(j, i)] * axis[j];
            y /= triangle[at(i, i)];
        }
        for (Index i = d; i-- > 0;) {  // U x = y
            double& x = axis[i];
            for (Index j = i + 1; j < d; ++j) x -= triangle[at(i, j)] * axis[j];
            x /= triangle[at(i, i)];
        }
        normalise(axis);
    }
    return across(axis, members.white);
}

/// Cuts near rows from far ones.
Cut far(const Members& members) {
    const Index d = members.d;
    std::vector<double> squares;
    for (Index i = 0; i < members.size(); ++i) squares.push_back(dot(members.whitened(i), members.whitened(i), d));
    std::vector<double> sorted = squares;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(near_share * static_cast<double>(sorted.size()));
    std::nth_element(sorted.begin(), middle, sorted.end());
    Cut cut;
    for (const double square : squares) cut.push_back(square > *middle ? 1 : 0);
    return cut;
}

/// The whitened means of both sides of a cut, and their weights.
struct Centres {
    std::array<std::vector<double>, 2> means;
    std::array<double, 2> weights{};
};

Centres centres_of(const Members& members, const Cut& cut) {
    Centres centres;
    for (std::vector<double>& mean : centres.means) mean.resize(members.d);
    for (Index i = 0; i < members.size(); ++i) {
        const auto side = cut[i];
        const double weight = members.weights[i];
        centres.weights[side] += weight;
        for (Index j = 0; j < members.d; ++j) {
            centres.means[side][j] += weight * members.whitened(i)[j];
        }
    }
    for (std::size_t side = 0; side < 2; ++side) {
        for (double& number : centres.means[side]) number /= centres.weights[side];
    }
    return centres;
}

/// Does Lloyd's iterations on whitened rows; stops if a side would have no rows.
Cut two_means(const Members& members, Cut cut) {
    for (Index iteration = 0; iteration < lloyd_iterations; ++iteration) {
        const Centres centres = centres_of(members, cut);
        if (!(centres.weights[0] > 0 && centres.weights[1] > 0)) break;
        Cut next;
        for (Index i = 0; i < members.size(); ++i) {
            next.push_back(squared_distance(members.whitened(i), centres.means[1].data(), members.d) <
                                   squared_distance(members.whitened(i), centres.means[0].data(), members.d)
                               ? 1
                               : 0);
        }
        if (next == cut) break;
        cut = std::move(next);
    }
    return cut;
}

/// What all splits of a search share.
struct Setting {
    const rows::Data& rows;
    const ScorerNumbers& scorer;
    const Options& options;  // of two components
    const Summary& summary;
    double total_weight;
    double least;  // rows of a half
};

/// Returns whether both halves have enough rows.
bool enough(const Setting& setting, const Members& members, double first, double second) {
    return std::min(first, second) * members.n_rows >= setting.least * members.weight;
}

/// A climbing mixture of two.
struct Climb {
    Run run;
    double log_likelihood = 0;  // before the last M-step
    Halves halves{};            // the moments behind it
};

/// Climbs. Returns whether no half was lost or mended.
bool go_on(Climb& climb, Passes& pass, const Setting& setting, const Members& members, Index n_iterations) {
    const Moments* moments = nullptr;
    for (Index iteration = 0; iteration < n_iterations && !climb.run.done(); ++iteration) {
        const ScorerNumbers& scorer = climb.run.scorer().numbers();
        moments = &pass(under(scorer), scorer.means);
        climb.run.advance(*moments);
        if (!climb.run.events().empty()) return false;
    }
    if (moments == nullptr) return false;
    climb.log_likelihood = moments->log_likelihood;
    const Parts parts(*moments);
    climb.halves = {parts[0], parts[1]};
    return enough(setting, members, climb.halves[0].weight, climb.halves[1].weight);
}

/// Returns the best mixture of two from any of the cuts.
std::optional<Split> best_of(const std::vector<Cut>& cuts, const Members& members, const Setting& setting, Index k) {
    const Execution execution{1, setting.rows.context.table.name, parallel::nested_poll()};
    const rows::Context alone(execution);
    const rows::Data rows{
        row_major(members.values.data(), members.size(), members.d), {members.weights.data(), members.size()}, alone};
    Passes pass(rows, 2, families::get(setting.options.covariance_type).scatter);
    const double* mean = setting.scorer.means.data() + k * members.d;
    std::vector<double> reference(mean, mean + members.d);
    reference.insert(reference.end(), mean, mean + members.d);
    Summary summary = setting.summary;
    std::optional<Climb> best;
    for (const Cut& cut : cuts) {
        const Moments& start = pass({Labels{cut.data(), members.size()}, 2}, reference);
        summary.n_rows = start.n_rows;
        summary.total_weight = start.total_weight;
        Climb tried{Run(setting.options, summary, start, execution)};
        if (!tried.run.events().empty() || !go_on(tried, pass, setting, members, first_iterations)) continue;
        if (!best || tried.log_likelihood > best->log_likelihood) best = std::move(tried);
    }
    if (!best) return std::nullopt;
    const auto split = [&](Climb& from) {
        return Split{(from.log_likelihood - members.log_likelihood) / setting.total_weight, from.halves};
    };
    const Split first = split(*best);
    return go_on(*best, pass, setting, members, more_iterations) ? split(*best) : first;
}

/// Returns the same if all components share a covariance, which then loses the scatter between the halves.
std::optional<Split> best_of_shared(const std::vector<Cut>& cuts, const Members& members, const Setting& setting,
                                    Index k) {
    constexpr double most = 0.999;  // of the covariance along the line between the halves
    const Index d = members.d;
    std::optional<Split> best;
    for (const Cut& first : cuts) {
        const Cut cut = two_means(members, first);
        const Centres centres = centres_of(members, cut);
        if (!enough(setting, members, centres.weights[0], centres.weights[1])) continue;
        const double a = centres.weights[0] / members.weight;
        const double share = members.weight / setting.total_weight;
        const double b =
            std::min(a * (1 - a) * share * squared_distance(centres.means[0].data(), centres.means[1].data(), d), most);
        const double gain = -0.5 * std::log1p(-b) + share * (a * std::log(a) + (1 - a) * std::log1p(-a));
        if (best && !(gain > best->gain)) continue;
        Halves halves;
        for (std::size_t side = 0; side < 2; ++side) {
            halves[side].weight = centres.weights[side];
            halves[side].mean.resize(d);
        }
        for (Index i = 0; i < members.size(); ++i) {
            Part& half = halves[cut[i]];
            const double weight = members.weights[i] / half.weight;
            for (Index j = 0; j < d; ++j) {
                const double mean = setting.scorer.means[k * d + j];
                half.mean[j] += weight * (members.row(i)[j] - mean);
            }
        }
        for (Part& half : halves) {
            for (Index j = 0; j < d; ++j) {
                half.mean[j] += setting.scorer.means[k * d + j];
            }
        }
        best = Split{gain, std::move(halves)};
    }
    return best;
}

std::optional<Split> split(const std::vector<Memberships::Member>& of_component, const Setting& setting, Index k,
                           random::Generator generator) {
    const Members members = gather(of_component, setting.rows, setting.scorer, k);
    if (members.n_rows < 2 * setting.least + 2) return std::nullopt;
    const kernels::Table& table = setting.rows.context.table;
    std::vector<Cut> cuts{widest(members, setting.scorer, k, setting.summary, generator),
                          least_kurtosis(members, table, generator), far(members)};
    cuts.erase(std::remove_if(cuts.begin(), cuts.end(),
                              [&](const Cut& cut) {
                                  if (cut.empty()) return true;
                                  const std::array<double, 2> weights = centres_of(members, cut).weights;
                                  return !enough(setting, members, weights[0], weights[1]);
                              }),
               cuts.end());
    return whitening::of(setting.scorer).is_shared() ? best_of_shared(cuts, members, setting, k)
                                                     : best_of(cuts, members, setting, k);
}

/// Returns the cost of the EM from all cuts, roughly.
double flops_of_splits(const std::vector<std::vector<Memberships::Member>>& members, const ScorerNumbers& scorer) {
    constexpr Index n_passes = 3 * first_iterations + more_iterations;
    const double row = rows::em_work(2, scorer.n_features, !whitening::of(scorer).is_separable()).flops;
    double n_members = 0;
    for (const auto& of_component : members) n_members += static_cast<double>(of_component.size());
    return n_members * static_cast<double>(n_passes) * row;
}

}  // namespace

Index least_rows(CovarianceType family, Index n_features) noexcept {
    constexpr Index least = 5;
    const scatter::Form& form = families::get(family).scatter;
    return form.is_triangular() && !form.is_pooled() ? std::max(least, n_features + 1) : least;
}

std::vector<std::optional<Split>> find_splits(const Parts& parts, const Memberships& memberships,
                                              const rows::Data& rows, const ScorerNumbers& scorer,
                                              const Options& options, const Summary& summary, std::uint64_t seed) {
    Options of_two = options;
    of_two.n_components = 2;
    of_two.max_iter = first_iterations + more_iterations;
    of_two.tol = 0;
    of_two.noise.reset();  // whose rows are not among a component's
    const Setting setting{rows,
                          scorer,
                          of_two,
                          summary,
                          parts.total_weight(),
                          static_cast<double>(least_rows(options.covariance_type, scorer.n_features))};
    const std::vector<std::vector<Memberships::Member>> members = memberships.by_component(parts.size());
    std::vector<std::optional<Split>> splits(members.size());
    const int team = parallel::team(flops_of_splits(members, scorer), rows.context.n_threads);
    parallel::parallel_for(parts.size(), team, rows.context.poll, [&](Index k, const parallel::Worker&) {
        splits[k] = split(members[k], setting, k, random::Generator(seed, static_cast<std::uint64_t>(k)));
    });
    return splits;
}

}  // namespace gaussmix::em
