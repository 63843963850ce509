#include "em/starts/search/merges.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include "families/prepare.hpp"

namespace gaussmix::em {
namespace {

constexpr Index most_all_pairs = 64;  // components: of more, each is compared with a few near ones only
constexpr Index n_near = 16;
constexpr double any_price = 1e3;  // nats per row: components with too few rows go first
constexpr Index n_exact = 3;       // pairs per component whose common rows are read, those of least loss

/// Returns -w log w.
double surprise(double w) { return w > 0 ? -w * std::log(w) : 0.0; }

/// Returns pairs (a, b), a < b, of components that may be similar: all, or those with near means.
std::vector<Merge> candidates(const Parts& parts, const ScorerNumbers& scorer) {
    const Index n = parts.size();
    std::vector<Merge> pairs;
    if (n <= most_all_pairs) {
        for (Index a = 0; a < n; ++a) {
            for (Index b = a + 1; b < n; ++b) pairs.push_back({0, a, b});
        }
        return pairs;
    }
    std::vector<std::pair<double, Index>> distances;
    std::vector<double> step(parts.n_features());
    for (Index a = 0; a < n; ++a) {
        distances.clear();
        for (Index b = 0; b < n; ++b) {
            if (a == b) continue;
            for (std::size_t j = 0; j < step.size(); ++j) step[j] = parts[b].mean[j] - parts[a].mean[j];
            distances.emplace_back(whitening::squared_length(scorer, a, step.data()), b);
        }
        std::partial_sort(distances.begin(), distances.begin() + n_near, distances.end());
        for (Index i = 0; i < n_near; ++i) {
            const Index b = distances[i].second;
            pairs.push_back({0, std::min(a, b), std::max(a, b)});
        }
    }
    const auto key = [](const Merge& pair) { return std::pair(pair.a, pair.b); };
    std::sort(pairs.begin(), pairs.end(), [&](const Merge& p, const Merge& q) { return key(p) < key(q); });
    pairs.erase(
        std::unique(pairs.begin(), pairs.end(), [&](const Merge& p, const Merge& q) { return key(p) == key(q); }),
        pairs.end());
    return pairs;
}

bool by_loss(const Merge& p, const Merge& q) { return std::tie(p.loss, p.a, p.b) < std::tie(q.loss, q.a, q.b); }

/// Adds to the loss of each pair the entropy of the responsibilities of rows that belong to both components.
void add_rows_in_common(std::vector<Merge>::iterator first, std::vector<Merge>::iterator last,
                        const Memberships& memberships, const rows::Data& rows, Index n, double total_weight) {
    constexpr Index none = -1;
    std::vector<Index> places(n * n, none);
    for (auto pair = first; pair != last; ++pair) {
        places[pair->a * n + pair->b] = pair - first;
    }
    std::vector<double> shared(last - first);
    std::vector<double> surprises;
    for (Index row = 0; row < memberships.n_rows(); ++row) {
        const double weight = rows.weights ? rows.weights.data[row] : 1.0;
        const Membership* const begin = memberships.begin(row);
        const Membership* const end = memberships.begin(row + 1);
        if (end - begin < 2) continue;
        surprises.clear();
        for (const Membership* a = begin; a != end; ++a) surprises.push_back(surprise(a->responsibility));
        for (const Membership* a = begin; a != end; ++a) {
            for (const Membership* b = a + 1; b != end; ++b) {
                const Index place = places[a->component * n + b->component];
                if (place == none) continue;
                shared[place] += weight * (surprises[a - begin] + surprises[b - begin] -
                                           surprise(a->responsibility + b->responsibility));
            }
        }
    }
    for (Index i = 0; i < signed_size(shared); ++i) first[i].loss += shared[i] / total_weight;
}

}  // namespace

std::vector<Merge> find_merges(const Parts& parts, const Memberships& memberships, const rows::Data& rows,
                               const ScorerNumbers& scorer, LogDeterminant& log_determinant, Index least) {
    const Index n = parts.size();
    const std::vector<double> n_members = memberships.n_members(n);
    std::vector<double> logs;
    for (Index k = 0; k < n && !parts.pools(); ++k) logs.push_back(log_determinant(parts[k]));
    std::vector<Merge> pairs = candidates(parts, scorer);
    std::vector<double> step(parts.n_features());
    parallel::Pace pace;
    for (Merge& pair : pairs) {
        const Part& a = parts[pair.a];
        const Part& b = parts[pair.b];
        const double wa = a.weight / parts.total_weight();
        const double wb = b.weight / parts.total_weight();
        const double both = wa + wb;
        if (!(wa > 0 && wb > 0)) continue;  // costs nothing
        if (parts.pools()) {
            for (std::size_t j = 0; j < step.size(); ++j) step[j] = b.mean[j] - a.mean[j];
            pair.loss = 0.5 * std::log1p(wa * (wb / both) * whitening::squared_length(scorer, 0, step.data()));
        } else {
            const double merged = log_determinant(parts.merged(a, b));
            pair.loss = 0.5 * (both * merged - wa * logs[pair.a] - wb * logs[pair.b]);
            pace.spend(parts.n_features() * parts.n_features() * parts.n_features() / 3);
        }
        pair.loss -= surprise(wa) + surprise(wb) - surprise(both);
        if (std::min(n_members[pair.a], n_members[pair.b]) < static_cast<double>(least)) pair.loss -= any_price;
    }
    std::sort(pairs.begin(), pairs.end(), by_loss);
    const Index n_looked_at = std::min(n_exact * n, signed_size(pairs));
    add_rows_in_common(pairs.begin(), pairs.begin() + n_looked_at, memberships, rows, n, parts.total_weight());
    pairs.erase(pairs.begin() + n_looked_at, pairs.end());
    std::sort(pairs.begin(), pairs.end(), by_loss);
    return pairs;
}

}  // namespace gaussmix::em
