#include "em/pass/source.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "estep/dense.hpp"
#include "random/random.hpp"

namespace gaussmix::em {
namespace {

/// An expectation without a model, which writes the numbers of each row: fill(row of the matrix, values[K]).
template <class T, class Fill>
class RowwiseExpectation final : public estep::Expectation<T> {
public:
    RowwiseExpectation(Index n_components, Fill fill) : values_(n_components), fill_(std::move(fill)) {}

    void find(const rows::TileBuffer<T>& rows, Index first, Index n, const estep::Findings<T>& out) override {
        const Index n_rows = rows.tile().n_rows;
        std::fill_n(out.sums.best, n_rows, T(0));
        std::fill_n(out.sums.sum, n_rows, T(1));
        for (Index i = 0; i < n_rows; ++i) {
            std::fill(values_.begin(), values_.end(), 0.0);
            if (i < n) fill_(first + i, values_.data());
            for (std::size_t k = 0; k < values_.size(); ++k) {
                out.values[static_cast<Index>(k) * rows.stride() + i] = rows.weights()[i] * static_cast<T>(values_[k]);
            }
        }
    }

private:
    std::vector<double> values_;
    Fill fill_;
};

template <class T, class Fill>
std::unique_ptr<estep::Expectation<T>> rowwise(Index n_components, Fill fill) {
    return std::make_unique<RowwiseExpectation<T, Fill>>(n_components, std::move(fill));
}

void normalise(double* values, Index n) {
    double sum = 0;
    for (Index k = 0; k < n; ++k) sum += values[k];
    for (Index k = 0; k < n; ++k) values[k] /= sum;
}

}  // namespace

template <class T>
std::unique_ptr<estep::Expectation<T>> make_expectation(const Source& source, const whitening::Model<T>* model,
                                                        Index tile_rows, rows::Order order,
                                                        const kernels::Table& table) {
    const Index n = source.n_components + (source.has_background ? 1 : 0);
    struct Make {
        Index n;
        const whitening::Model<T>* model;
        Index tile_rows;
        rows::Order order;
        const kernels::Table& table;

        std::unique_ptr<estep::Expectation<T>> operator()(const Source::Model& from) const {
            return estep::dense(*model, from.finish, tile_rows, table, estep::Keeps::squares, {from.allowed, order});
        }
        std::unique_ptr<estep::Expectation<T>> operator()(const Labels& labels) const {
            return rowwise<T>(n, [labels, n = n, order = order](Index position, double* values) {
                const std::int64_t label = labels.data[rows::row_at(order, position)];
                values[label < 0 ? n - 1 : label] = 1;
            });
        }
        std::unique_ptr<estep::Expectation<T>> operator()(const Responsibilities& given) const {
            return rowwise<T>(n, [given, n = n, order = order](Index position, double* values) {
                rows::read_row(given.values, rows::row_at(order, position), values);
                normalise(values, n);
            });
        }
        std::unique_ptr<estep::Expectation<T>> operator()(const Source::Random& random) const {
            return rowwise<T>(n, [random, n = n, order = order](Index position, double* values) {
                const Index row = rows::row_at(order, position);
                random::Generator generator(random.seed, static_cast<std::uint64_t>(row));
                for (Index k = 0; k < n; ++k) values[k] = generator.uniform();
                normalise(values, n);
            });
        }
    };
    return std::visit(Make{n, model, tile_rows, order, table}, source.from);
}

template std::unique_ptr<estep::Expectation<double>> make_expectation(const Source&, const whitening::Model<double>*,
                                                                      Index, rows::Order, const kernels::Table&);
template std::unique_ptr<estep::Expectation<float>> make_expectation(const Source&, const whitening::Model<float>*,
                                                                     Index, rows::Order, const kernels::Table&);

}  // namespace gaussmix::em
