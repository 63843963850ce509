#include "em/run/affinity.hpp"

#include <algorithm>

#include "gaussmix/scoring.hpp"
#include "rows/tile.hpp"

namespace gaussmix::em {
namespace {

constexpr Index rows_together = 4096;

}  // namespace

std::vector<double> affinity(const rows::Data& rows, const Scorer& mixture) {
    const Index n = mixture.n_components();
    const Index n_terms = mixture.numbers().n_terms();
    const Index d = rows.x.n_features;
    std::vector<double> result(n * n);
    std::vector<double> values;
    std::vector<Index> numbers;
    std::vector<double> shares;
    const auto add = [&] {
        MatrixView some = row_major(values.data(), signed_size(numbers), d);
        some.missing = rows.x.missing;
        shares.resize(numbers.size() * n_terms);
        predict_proba(mixture, some, shares, {rows.context.n_threads, rows.context.table.name, rows.context.poll});
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            const std::uint8_t* may = rows.allowed.of(numbers[i]);
            const double weight = rows.weights ? rows.weights.data[numbers[i]] : 1.0;
            const auto size = static_cast<double>(n - std::count(may, may + n, std::uint8_t{0}));
            for (Index k = 0; k < n && size > 0; ++k) {
                for (Index j = 0; j < n && may[k] != 0; ++j) {
                    result[k * n + j] += weight / size * shares[static_cast<Index>(i) * n_terms + j];
                }
            }
        }
        values.clear();
        numbers.clear();
    };
    std::vector<double> row(d);
    for (Index i = 0; i < rows.x.n_rows; ++i) {
        if (rows.allowed.of(i) == nullptr || (rows.weights && rows.weights.data[i] == 0)) continue;
        rows::read_row(rows.x, i, row.data());
        values.insert(values.end(), row.begin(), row.end());
        numbers.push_back(i);
        if (signed_size(numbers) == rows_together) add();
    }
    if (!numbers.empty()) add();
    return result;
}

}  // namespace gaussmix::em
