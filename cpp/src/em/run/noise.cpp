#include "em/run/noise.hpp"

#include "families/family.hpp"
#include "text/invalid.hpp"

namespace gaussmix::em {
namespace {

constexpr double first_guess = 0.05;  // of the weight, where nothing is known: EM moves it in a few iterations

void scale(std::vector<double>& weights, double by) {
    for (double& weight : weights) weight *= by;
}

}  // namespace

void check_complete_noise(const Options& options) {
    if (!options.noise || options.noise->log_volume) return;
    text::invalid("noise leaves its volume to be taken from the data: give it to `complete`, or set noise.log_volume");
}

void settle_noise(Parameters& parameters, const Options& options) {
    if (!options.noise) {
        if (!parameters.noise) return;
        if (parameters.noise->weight == 1) {
            text::invalid(
                "init is a mixture whose background has all weight: fit one with noise, or give another init");
        }
        scale(parameters.weights, 1 / families::share_of_components(parameters));
        parameters.noise.reset();
        return;
    }
    if (!parameters.noise || parameters.noise->weight == 0) {
        const double weight = options.noise->weight.value_or(first_guess);
        scale(parameters.weights, 1 - weight);
        parameters.noise.emplace().weight = weight;
    }
    parameters.noise->log_volume = *options.noise->log_volume;
}

}  // namespace gaussmix::em
