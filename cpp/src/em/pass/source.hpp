/// Where the responsibilities of a pass come from: a model, labels, given numbers, or random numbers.
#pragma once

#include <memory>
#include <variant>

#include "estep/expectation.hpp"
#include "gaussmix/fit.hpp"
#include "rows/data.hpp"
#include "whitening/model.hpp"

namespace gaussmix::em {

struct Source {
    /// Under a model.
    struct Model {
        const ScorerNumbers* scorer;
        estep::Finish finish;  ///< responsibilities or assignments
    };
    /// Random numbers, normalised to sum to 1.
    struct Random {
        std::uint64_t seed;
    };
    std::variant<Model, Labels, Responsibilities, Random> from;
    Index n_components;
    bool has_background = false;  ///< labels may be -1, responsibilities have one more column; a scorer knows itself
};

/// Returns the responsibilities under a scorer, which must outlive the source.
inline Source under(const ScorerNumbers& scorer) {
    return {Source::Model{&scorer, estep::Finish::responsibilities}, scorer.n_components};
}

/// Adds the responsibilities of a row that do not come from a model to zeros, (K,).
void responsibilities_of(const Source& source, Index row, double* values);

/// Makes a worker's expectation of rows from a source; `model` is that of the source in T, null if it has none.
template <class T>
std::unique_ptr<estep::Expectation<T>> make_expectation(const Source& source, const whitening::Model<T>* model,
                                                        Index tile_rows, const rows::Data& rows);

}  // namespace gaussmix::em
