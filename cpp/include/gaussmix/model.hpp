/// A mixture and how it was fitted: what `fit` returns, `save` writes and `load` reads.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gaussmix/end.hpp"
#include "gaussmix/event.hpp"
#include "gaussmix/execution.hpp"
#include "gaussmix/export.h"
#include "gaussmix/matrix_view.hpp"
#include "gaussmix/pairs.hpp"
#include "gaussmix/parameters.hpp"
#include "gaussmix/posterior.hpp"
#include "gaussmix/scorer.hpp"
#include "gaussmix/status.hpp"

namespace gaussmix {

/// A mixture and how it was fitted. It can be given wherever parameters or a scorer are expected: score(model, x),
/// n_parameters(model).
struct Model {
    Parameters parameters;
    std::optional<Posterior> posterior;      ///< of variational Bayes, else empty
    Scorer scorer;                           ///< of the parameters, or of the posterior if there is one
    std::vector<std::string> feature_names;  ///< (d,) in UTF-8, or empty

    // How it was fitted.
    Status status = Status::given;
    Index n_iter = 0;
    std::vector<double> history;  ///< as `Run::history`
    std::vector<Event> events;
    std::vector<Index> collapsed;      ///< as `Run::collapsed`; empty: none
    Missing missing = Missing::error;  ///< em: it was fitted around missing values

    // Known only after a fit; files do not keep it.
    Index restart = 0;             ///< the best restart
    std::vector<PairShare> pairs;  ///< one per iteration
    std::vector<End> ends;         ///< distinct ones, highest first, collapsed ones last; the first is this model's,
                                   ///< up to the tolerance
    int n_threads = 1;             ///< threads that the fit could use

    operator const Parameters&() const& noexcept { return parameters; }
    operator const Scorer&() const& noexcept { return scorer; }
};

/// Returns a model of given parameters, made symmetric by `symmetrised`. Throws as `prepare` does.
GAUSSMIX_EXPORT Model make_model(Parameters parameters, const Execution& execution = {});
/// Returns a model of given parameters with the posterior of variational Bayes.
GAUSSMIX_EXPORT Model make_model(Parameters parameters, Posterior posterior, const Execution& execution = {});

}  // namespace gaussmix
