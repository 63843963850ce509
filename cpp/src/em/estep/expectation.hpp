/// Where the responsibilities of a tile come from: a model (soft or hard), labels, given numbers, or chance.
#pragma once

#include <memory>
#include <variant>

#include "gaussmix/fit.hpp"
#include "rows/density.hpp"
#include "rows/tile.hpp"

namespace gaussmix::em {

/// How to assign rows under a model.
enum class Assignment { soft, hard };

/// What the passes of a fit may take responsibilities from.
struct Source {
    /// Under a model.
    struct Model {
        const Scorer* scorer;
        Assignment assignment;
    };
    /// Random numbers, normalised to sum to 1.
    struct Random {
        std::uint64_t seed;
    };
    std::variant<Model, Labels, Responsibilities, Random> from;
    Index n_components;
};

/// One worker's E-step in T: fills r and the log-sum-exps of the rows of a tile.
template <class T>
class Expectation {
public:
    virtual ~Expectation() = default;

    /// r[k * stride + i] = weight_i p(k | x_i); lse: log density of row i less the model's base, zero where there is no
    /// model. `first` and `n` say which rows of the matrix the tile's first n rows are; the rest is padding of
    /// weight zero.
    virtual void responsibilities(const rows::TileBuffer<T>& rows, Index first, Index n, T* r,
                                  kernels::LogSums<T> lse) = 0;

    /// || x_i - mean_k ||^2 of the tile just seen, where they were a step on the way, else null.
    virtual const T* squares(Index k) const noexcept = 0;

    /// The only groups of rows where r[k * stride + ...] is written, and may be other than zero.
    virtual kernels::Groups groups(Index k) const noexcept = 0;
};

/// A worker's own expectation from a source; `model` is that of the source in T, null where it has none.
template <class T>
std::unique_ptr<Expectation<T>> make_expectation(const Source& source, const whitening::Model<T>* model,
                                                 Index tile_rows, const kernels::Table& table);

}  // namespace gaussmix::em
