/// A mixture and how it came about: what `fit` returns, `save` keeps and `load` brings back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gaussmix/event.hpp"
#include "gaussmix/execution.hpp"
#include "gaussmix/export.h"
#include "gaussmix/pairs.hpp"
#include "gaussmix/parameters.hpp"
#include "gaussmix/posterior.hpp"
#include "gaussmix/scorer.hpp"
#include "gaussmix/status.hpp"

namespace gaussmix {

/// Where parameters or a scorer are asked for, a model can be given: score(model, x), n_parameters(model).
struct Model {
    Parameters parameters;
    std::optional<Posterior> posterior;      ///< of variational Bayes, else empty; also in files of versions without it
    Scorer scorer;                           ///< of both, ready to score
    std::vector<std::string> feature_names;  ///< (d,) in UTF-8, or empty

    // How it was fitted.
    Status status = Status::given;
    Index n_iter = 0;
    std::vector<double> history;  ///< as `Run::history`
    std::vector<Event> events;
    std::vector<Index> collapsed;  ///< as `Run::collapsed`; empty: none

    // Of a fit alone; files do not keep it.
    Index restart = 0;             ///< the restart that was kept
    std::vector<PairShare> pairs;  ///< of each iteration
    int n_threads = 1;             ///< threads it could use

    operator const Parameters&() const& noexcept { return parameters; }
    operator const Scorer&() const& noexcept { return scorer; }
};

/// Returns the model of given parameters, made symmetric by `symmetrised`. Throws as `prepare` does.
GAUSSMIX_EXPORT Model make_model(Parameters parameters, const Execution& execution = {});
/// The same with what variational Bayes knows beyond them.
GAUSSMIX_EXPORT Model make_model(Parameters parameters, Posterior posterior, const Execution& execution = {});

}  // namespace gaussmix
