/// Where the responsibilities of a tile come from: a model (soft or hard), labels, given numbers, or chance.
#pragma once

#include <memory>
#include <variant>

#include "gaussmix/fit.hpp"
#include "rows/density.hpp"
#include "rows/tile.hpp"

namespace gaussmix::em {

/// One worker's E-step: fills r and lse for the rows of a tile.
class Expectation {
public:
    virtual ~Expectation() = default;

    /// r[k * stride + i] = weight_i p(k | x_i); lse[i] = log density of row i, zero where there is no model.
    /// `first` and `n` say which rows of the matrix the tile's first n rows are; the rest is padding of weight zero.
    virtual void responsibilities(const rows::TileBuffer& rows, Index first, Index n, double* r, double* lse) = 0;
};

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

/// A worker's own expectation from a source.
std::unique_ptr<Expectation> make_expectation(const Source& source, Index tile_rows, const kernels::Table& table);

}  // namespace gaussmix::em
