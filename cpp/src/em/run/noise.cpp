#include "em/run/noise.hpp"

#include "families/family.hpp"
#include "text/invalid.hpp"

namespace gaussmix::em {
namespace {

constexpr double first_guess = 0.05;  // of the weight, where nothing is known: EM moves it in a few iterations

/// Gives the components whose weights are not fixed `more` weight, or takes some, in proportion to what they have.
void make_room(Parameters& parameters, const Known& known, double more) {
    const double share = families::share_of_components(parameters);
    double fixed = 0;
    for (Index k = 0; k < parameters.n_components; ++k) fixed += known.weight(k) ? parameters.weights[k] : 0;
    if (!(share - fixed > 0 && share - fixed + more > 0)) {
        text::invalid(
            "fixed weights sum to {}, which leaves the other components no room for a background that comes or goes: "
            "leave one of them free",
            fixed);
    }
    const double factor = (share - fixed + more) / (share - fixed);
    for (Index k = 0; k < parameters.n_components; ++k) {
        if (!known.weight(k)) parameters.weights[k] *= factor;
    }
}

}  // namespace

void check_complete_noise(const Options& options) {
    if (!options.noise || options.noise->log_volume) return;
    text::invalid("noise leaves its volume to be taken from the data: give it to `complete`, or set noise.log_volume");
}

void settle_noise(Parameters& parameters, const Known& known, const Options& options) {
    if (!options.noise) {
        if (!parameters.noise) return;
        if (parameters.noise->weight == 1) {
            text::invalid(
                "init is a mixture whose background has all weight: fit one with noise, or give another init");
        }
        make_room(parameters, known, 1 - families::share_of_components(parameters));
        parameters.noise.reset();
        return;
    }
    if (!parameters.noise || parameters.noise->weight == 0) {
        const double weight = options.noise->weight.value_or(first_guess);
        make_room(parameters, known, -weight);
        parameters.noise.emplace().weight = weight;
    }
    parameters.noise = noise_of(*options.noise, parameters.noise->weight);
}

}  // namespace gaussmix::em
