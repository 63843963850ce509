/// The E-step, tile by tile, for all that uses a mixture: EM, k-means, scoring, prediction, the search for a start.
///
/// A tile of rows is loaded, an `Expectation` computes the requested values for it, and the tile keeps both. Rows in
/// single precision are computed on as such where their distances allow it, else as doubles: that is decided here, tile
/// by tile, and nowhere else.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "estep/expectation.hpp"
#include "estep/models.hpp"
#include "estep/tile.hpp"
#include "gaussmix/allowed.hpp"
#include "kernels/table.hpp"
#include "linalg/aligned.hpp"
#include "parallel/parallel.hpp"
#include "rows/workers.hpp"
#include "whitening/model.hpp"

namespace gaussmix::estep {

/// What is kept besides log densities.
enum class Keeps { nothing, squares };

/// The E-step's first half: log pi_k N(x_i; mu_k, Sigma_k) for a tile of rows and every term, computed in T by one
/// worker.
template <class T>
class Densities {
public:
    Densities(const whitening::Model<T>& model, Index tile_rows, const kernels::Table& table,
              Keeps keeps = Keeps::nothing);

    /// Writes out[k * rows.stride() + i], (n_terms, tile rows): the log densities minus `model.base`. Prefetches the
    /// rows of the next tile meanwhile.
    void compute(const rows::TileBuffer<T>& rows, T* out);

    /// Writes those of component k for some groups of rows. Not available for a shared form; a cutoff only
    /// where the form can cut.
    void compute(const kernels::Tile<T>& tile, kernels::Groups groups, Index k, T* out, kernels::Cutoff<T> cutoff = {});

    /// Returns || x_i - mean_k ||^2 of the last tile, if they are kept and the whitening is scalar; else null.
    const T* squares(Index k) const noexcept { return squares_.size() > 0 ? squares_.data() + k * stride_ : nullptr; }

private:
    void compute(const kernels::Tile<T>& tile, kernels::Groups groups, Index k, T* out, kernels::Cutoff<T> cutoff,
                 bool is_whitened);

    const whitening::Model<T>& model_;
    const kernels::Kernels<T>& kernels_;
    linalg::AlignedBuffer<T> work_;
    linalg::AlignedBuffer<T> whitened_;
    linalg::AlignedBuffer<T> squares_;
    Index stride_;
    parallel::Pace pace_;
};

extern template class Densities<double>;
extern template class Densities<float>;

/// The components that rows may have come from, and the order in which a walk visits these rows.
struct Allowed {
    AllowedView view;
    rows::Order order = nullptr;
};

/// Makes the expectation that computes every pair under a model, which must outlive it.
template <class T>
std::unique_ptr<Expectation<T>> dense(const whitening::Model<T>& model, Finish finish, Index tile_rows,
                                      const kernels::Table& table, Keeps keeps = Keeps::nothing, Allowed allowed = {});

/// Makes a worker's expectation under a model of its precision, which is null if there is none.
template <class T>
using Make = std::function<std::unique_ptr<Expectation<T>>(const whitening::Model<T>*)>;

/// How the E-step of a walk is done. When `number` changes, workers make their expectations anew.
struct Method {
    const Models* models = nullptr;  ///< null: values do not come from a mixture
    Make<double> wide;
    Make<float> narrow;
    Index number = 0;
};

/// One worker's E-step in the precision that each tile needs.
class EStep {
public:
    /// Both must outlive it.
    EStep(const Walk& walk, const Method& method) : walk_(walk), method_(method) {}

    /// Does the E-step of the rows at positions [first, first + n). Returns false if none of them has weight, or if
    /// they are checked and not all finite.
    bool expect(Index first, Index n);

    /// Calls use(tile) with the tile just computed, in its precision.
    template <class Use>
    decltype(auto) visit(Use&& use) {
        return is_narrow_ ? use(*narrow_) : use(*wide_);
    }

private:
    template <class T>
    Tile<T>& tile(std::optional<Tile<T>>& tile, const Make<T>& make, Index& number);
    bool has_ordinary_weights(Index first, Index n) const;

    const Walk& walk_;
    const Method& method_;
    std::optional<Tile<double>> wide_;
    std::optional<Tile<float>> narrow_;
    Index wide_number_ = 0;
    Index narrow_number_ = 0;
    bool is_narrow_ = false;  // the precision of the tile just computed
};

/// Calls use(tile, chunk) for each tile of the walk that has weight, in parallel over chunks.
template <class Use>
void for_each_tile(const Walk& walk, const Method& method, Use use) {
    rows::Workers<EStep> workers(walk.rows.context);
    workers.for_each_chunk(
        walk.plan, walk.rows.context, [&] { return std::make_unique<EStep>(walk, method); },
        [&](EStep& estep, Index chunk) {
            rows::for_each_tile(walk.plan, chunk, [&](Index first, Index n) {
                if (estep.expect(first, n)) estep.visit([&](auto& tile) { use(tile, chunk); });
            });
        });
}

}  // namespace gaussmix::estep
