/// Models of given parameters.
#include "gaussmix/model.hpp"

#include <utility>

namespace gaussmix {

Model make_model(Parameters parameters, const Execution& execution) {
    Model model;
    model.parameters = symmetrised(std::move(parameters));
    model.scorer = prepare(model.parameters, execution);
    return model;
}

Model make_model(Parameters parameters, Posterior posterior, const Execution& execution) {
    Model model;
    model.parameters = symmetrised(std::move(parameters));
    model.scorer = prepare(model.parameters, posterior, execution);
    model.posterior = std::move(posterior);
    return model;
}

}  // namespace gaussmix
