/// The choice of the estimator.
#include "em/mstep/estimator.hpp"

#include <utility>

#include "em/mstep/likelihood.hpp"
#include "em/mstep/variational.hpp"
#include "text/invalid.hpp"

namespace gaussmix::em {

std::unique_ptr<Estimator> make_estimator(const Options& options, const Ridge& ridge) {
    return options.variational ? make_variational(options, ridge, std::nullopt) : make_likelihood(options, ridge);
}

std::unique_ptr<Estimator> make_estimator(const Options& options, const Ridge& ridge, Posterior posterior,
                                          const Parameters& parameters) {
    if (!options.variational) {
        text::invalid(
            "a posterior to start from was given, but no variational Bayes asked for: set "
            "Options::variational, or give the parameters alone");
    }
    if (is_process(posterior) != options.variational->process) {
        text::invalid("init is a mixture under a Dirichlet {} is asked for: they must be the same",
                      options.variational->process ? "distribution, but a process" : "process, but a distribution");
    }
    validate(posterior, parameters);
    return make_variational(options, ridge, std::move(posterior));
}

}  // namespace gaussmix::em
