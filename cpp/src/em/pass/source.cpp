#include "em/pass/source.hpp"

#include <algorithm>
#include <vector>

#include "estep/estep.hpp"
#include "random/random.hpp"

namespace gaussmix::em {
namespace {

Index n_terms(const Source& source) noexcept { return source.n_components + (source.has_background ? 1 : 0); }

void normalise(double* values, Index n) {
    double sum = 0;
    for (Index k = 0; k < n; ++k) sum += values[k];
    for (Index k = 0; k < n; ++k) values[k] /= sum;
}

/// An expectation without a model, which writes the numbers of each row.
template <class T>
class RowwiseExpectation final : public estep::Expectation<T> {
public:
    RowwiseExpectation(const Source& source, rows::Order order)
        : source_(source), order_(order), values_(n_terms(source)) {}

    void find(const rows::TileBuffer<T>& rows, Index first, Index n, const estep::Findings<T>& out) override {
        const Index n_rows = rows.tile().n_rows;
        std::fill_n(out.sums.best, n_rows, T(0));
        std::fill_n(out.sums.sum, n_rows, T(1));
        for (Index i = 0; i < n_rows; ++i) {
            std::fill(values_.begin(), values_.end(), 0.0);
            if (i < n) responsibilities_of(source_, rows::row_at(order_, first + i), values_.data());
            for (std::size_t k = 0; k < values_.size(); ++k) {
                out.values[static_cast<Index>(k) * rows.stride() + i] = rows.weights()[i] * static_cast<T>(values_[k]);
            }
        }
    }

private:
    Source source_;
    rows::Order order_;
    std::vector<double> values_;
};

}  // namespace

void responsibilities_of(const Source& source, Index row, double* values) {
    const Index n = n_terms(source);
    if (const auto* labels = std::get_if<Labels>(&source.from)) {
        const std::int64_t label = labels->data[row];
        values[label < 0 ? n - 1 : label] = 1;
    } else if (const auto* given = std::get_if<Responsibilities>(&source.from)) {
        rows::read_row(given->values, row, values);
        normalise(values, n);
    } else if (const auto* random = std::get_if<Source::Random>(&source.from)) {
        random::Generator generator(random->seed, static_cast<std::uint64_t>(row));
        for (Index k = 0; k < n; ++k) values[k] = generator.uniform();
        normalise(values, n);
    }
}

template <class T>
std::unique_ptr<estep::Expectation<T>> make_expectation(const Source& source, const whitening::Model<T>* model,
                                                        Index tile_rows, const rows::Data& rows) {
    const auto* from = std::get_if<Source::Model>(&source.from);
    if (from == nullptr) return std::make_unique<RowwiseExpectation<T>>(source, rows.order);
    return estep::dense(*model, from->finish, tile_rows, rows.context.table, estep::Keeps::squares,
                        {rows.allowed, rows.order});
}

template std::unique_ptr<estep::Expectation<double>> make_expectation(const Source&, const whitening::Model<double>*,
                                                                      Index, const rows::Data&);
template std::unique_ptr<estep::Expectation<float>> make_expectation(const Source&, const whitening::Model<float>*,
                                                                     Index, const rows::Data&);

}  // namespace gaussmix::em
