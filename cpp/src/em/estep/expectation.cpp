#include "em/estep/expectation.hpp"

#include <algorithm>

#include "random/random.hpp"

namespace gaussmix::em {
namespace {

template <class T>
class ModelExpectation final : public Expectation<T> {
public:
    ModelExpectation(const whitening::Model<T>& model, Assignment assignment, Index tile_rows,
                     const kernels::Table& table)
        : model_(model),
          densities_(model, tile_rows, table, rows::Keeps::squares),
          finish_(assignment == Assignment::soft ? table.kernels<T>().responsibilities : table.kernels<T>().assign) {}

    void responsibilities(const rows::TileBuffer<T>& rows, Index, Index, T* r, kernels::LogSums<T> lse) override {
        densities_.compute(rows, r);
        finish_(r, rows.tile().n_rows, {nullptr, model_.scorer->n_components}, rows.stride(), model_.floor.data(),
                rows.weights(), lse);
    }

    const T* squares(Index k) const noexcept override { return densities_.squares(k); }
    kernels::Groups groups(Index) const noexcept override { return {}; }

private:
    const whitening::Model<T>& model_;
    rows::Densities<T> densities_;
    decltype(kernels::Kernels<T>::responsibilities) finish_;
};

/// The sources without a model write each row's own numbers: `fill(row of the matrix, values[K])`.
template <class T, class Fill>
class RowwiseExpectation final : public Expectation<T> {
public:
    RowwiseExpectation(Index n_components, Fill fill)
        : values_(static_cast<std::size_t>(n_components)), fill_(std::move(fill)) {}

    void responsibilities(const rows::TileBuffer<T>& rows, Index first, Index n, T* r,
                          kernels::LogSums<T> lse) override {
        const Index n_rows = rows.tile().n_rows;
        std::fill_n(lse.best, n_rows, T(0));
        std::fill_n(lse.sum, n_rows, T(1));
        for (Index i = 0; i < n_rows; ++i) {
            std::fill(values_.begin(), values_.end(), 0.0);
            if (i < n) fill_(first + i, values_.data());
            for (std::size_t k = 0; k < values_.size(); ++k) {
                r[static_cast<Index>(k) * rows.stride() + i] = rows.weights()[i] * static_cast<T>(values_[k]);
            }
        }
    }

    const T* squares(Index) const noexcept override { return nullptr; }
    kernels::Groups groups(Index) const noexcept override { return {}; }

private:
    std::vector<double> values_;
    Fill fill_;
};

template <class T, class Fill>
std::unique_ptr<Expectation<T>> rowwise(Index n_components, Fill fill) {
    return std::make_unique<RowwiseExpectation<T, Fill>>(n_components, std::move(fill));
}

void normalise(double* values, Index n) {
    double sum = 0;
    for (Index k = 0; k < n; ++k) sum += values[k];
    for (Index k = 0; k < n; ++k) values[k] /= sum;
}

}  // namespace

template <class T>
std::unique_ptr<Expectation<T>> make_expectation(const Source& source, const whitening::Model<T>* model,
                                                 Index tile_rows, const kernels::Table& table) {
    const Index n = source.n_components;
    struct Make {
        Index n;
        const whitening::Model<T>* model;
        Index tile_rows;
        const kernels::Table& table;

        std::unique_ptr<Expectation<T>> operator()(const Source::Model& from) const {
            return std::make_unique<ModelExpectation<T>>(*model, from.assignment, tile_rows, table);
        }
        std::unique_ptr<Expectation<T>> operator()(const Labels& labels) const {
            return rowwise<T>(n, [labels](Index row, double* values) { values[labels.data[row]] = 1; });
        }
        std::unique_ptr<Expectation<T>> operator()(const Responsibilities& given) const {
            return rowwise<T>(n, [given, n = n](Index row, double* values) {
                rows::read_row(given.values, row, values);
                normalise(values, n);
            });
        }
        std::unique_ptr<Expectation<T>> operator()(const Source::Random& random) const {
            return rowwise<T>(n, [random, n = n](Index row, double* values) {
                random::Generator generator(random.seed, static_cast<std::uint64_t>(row));
                for (Index k = 0; k < n; ++k) values[k] = generator.uniform();
                normalise(values, n);
            });
        }
    };
    return std::visit(Make{n, model, tile_rows, table}, source.from);
}

template std::unique_ptr<Expectation<double>> make_expectation(const Source&, const whitening::Model<double>*, Index,
                                                               const kernels::Table&);
template std::unique_ptr<Expectation<float>> make_expectation(const Source&, const whitening::Model<float>*, Index,
                                                              const kernels::Table&);

}  // namespace gaussmix::em
