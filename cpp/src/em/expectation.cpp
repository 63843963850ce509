#include "em/expectation.hpp"

#include <algorithm>

#include "random/random.hpp"

namespace gaussmix::em {
namespace {

class ModelExpectation final : public Expectation {
public:
    ModelExpectation(const Source::Model& model, Index tile_rows, const kernels::Table& table)
        : scorer_(*model.scorer),
          densities_(scorer_, tile_rows, table),
          finish_(model.assignment == Assignment::soft ? table.responsibilities : table.assign) {}

    void responsibilities(const rows::TileBuffer& rows, Index, Index, double* r, double* lse) override {
        densities_.compute(rows.tile(), scorer_, r);
        finish_(r, rows.tile().n_rows, scorer_.n_components, rows.stride(), rows.weights(), lse);
    }

private:
    const Scorer& scorer_;
    rows::Densities densities_;
    decltype(kernels::Table::responsibilities) finish_;
};

/// The sources without a model write each row's own numbers: `fill(row of the matrix, values[K])`.
template <class Fill>
class RowwiseExpectation final : public Expectation {
public:
    RowwiseExpectation(Index n_components, Fill fill)
        : values_(static_cast<std::size_t>(n_components)), fill_(std::move(fill)) {}

    void responsibilities(const rows::TileBuffer& rows, Index first, Index n, double* r, double* lse) override {
        const Index n_rows = rows.tile().n_rows;
        std::fill_n(lse, n_rows, 0.0);
        for (Index i = 0; i < n_rows; ++i) {
            std::fill(values_.begin(), values_.end(), 0.0);
            if (i < n) fill_(first + i, values_.data());
            for (std::size_t k = 0; k < values_.size(); ++k) {
                r[static_cast<Index>(k) * rows.stride() + i] = rows.weights()[i] * values_[k];
            }
        }
    }

private:
    std::vector<double> values_;
    Fill fill_;
};

template <class Fill>
std::unique_ptr<Expectation> rowwise(Index n_components, Fill fill) {
    return std::make_unique<RowwiseExpectation<Fill>>(n_components, std::move(fill));
}

void normalise(double* values, Index n) {
    double sum = 0;
    for (Index k = 0; k < n; ++k) sum += values[k];
    for (Index k = 0; k < n; ++k) values[k] /= sum;
}

}  // namespace

std::unique_ptr<Expectation> make_expectation(const Source& source, Index tile_rows, const kernels::Table& table) {
    const Index n = source.n_components;
    struct Make {
        Index n;
        Index tile_rows;
        const kernels::Table& table;

        std::unique_ptr<Expectation> operator()(const Source::Model& model) const {
            return std::make_unique<ModelExpectation>(model, tile_rows, table);
        }
        std::unique_ptr<Expectation> operator()(const Labels& labels) const {
            return rowwise(n, [labels](Index row, double* values) { values[labels.data[row]] = 1; });
        }
        std::unique_ptr<Expectation> operator()(const Responsibilities& given) const {
            return rowwise(n, [given, n = n](Index row, double* values) {
                rows::read_row(given.values, row, values);
                normalise(values, n);
            });
        }
        std::unique_ptr<Expectation> operator()(const Source::Random& random) const {
            return rowwise(n, [random, n = n](Index row, double* values) {
                random::Generator generator(random.seed, static_cast<std::uint64_t>(row));
                for (Index k = 0; k < n; ++k) values[k] = generator.uniform();
                normalise(values, n);
            });
        }
    };
    return std::visit(Make{n, tile_rows, table}, source.from);
}

}  // namespace gaussmix::em
