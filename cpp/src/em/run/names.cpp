/// The names of starts, efforts, statuses and acts, in both directions, and descriptions of events.
#include <array>
#include <string>
#include <utility>

#include "gaussmix/event.hpp"
#include "gaussmix/options.hpp"
#include "gaussmix/status.hpp"
#include "text/enumerator.hpp"
#include "text/format.hpp"
#include "text/invalid.hpp"

namespace gaussmix {
namespace {

template <class Value, std::size_t n>
using Names = std::array<std::pair<Value, std::string_view>, n>;

constexpr Names<Init, 4> inits{{{Init::kmeans, "kmeans"},
                                {Init::kmeans_plusplus, "k-means++"},
                                {Init::random_from_data, "random_from_data"},
                                {Init::random, "random"}}};

constexpr Names<Pruning, 2> prunings{{{Pruning::automatic, "auto"}, {Pruning::off, "off"}}};

constexpr Names<Acceleration, 3> accelerations{
    {{Acceleration::automatic, "auto"}, {Acceleration::off, "off"}, {Acceleration::classic, "classic"}}};

constexpr Names<Effort, 3> efforts{{{Effort::low, "low"}, {Effort::normal, "normal"}, {Effort::high, "high"}}};

constexpr Names<Status, 6> statuses{{{Status::running, "running"},
                                     {Status::converged, "converged"},
                                     {Status::max_iter, "max_iter"},
                                     {Status::stalled, "stalled"},
                                     {Status::interrupted, "interrupted"},
                                     {Status::given, "given"}}};

constexpr Names<Act, 7> acts{{{Act::jitter, "jitter"},
                              {Act::floor, "floor"},
                              {Act::reseed, "reseed"},
                              {Act::prune, "prune"},
                              {Act::identical, "identical"},
                              {Act::constant, "constant"},
                              {Act::apart, "apart"}}};

template <class Value, std::size_t n>
std::string_view find_name(const Names<Value, n>& names, Value value) noexcept {
    for (const auto& [known, name] : names) {
        if (known == value) return name;
    }
    return "unknown";
}

template <class Value, std::size_t n>
Value find_value(const Names<Value, n>& names, std::string_view wanted, const char* argument, const char* also = "") {
    std::string valid;
    for (const auto& [value, known] : names) {
        if (known == wanted) return value;
        valid += text::format(valid.empty() ? "'{}'" : ", '{}'", known);
    }
    text::invalid("{}='{}' is unknown: use one of {}{}", argument, wanted, valid, also);
}

}  // namespace

std::string_view name(Init init) noexcept { return find_name(inits, init); }

Init init_from_name(std::string_view text) {
    return find_value(inits, text, "init", ", or give labels, responsibilities or a mixture");
}

std::string_view name(Pruning pruning) noexcept { return find_name(prunings, pruning); }

Pruning pruning_from_name(std::string_view text) { return find_value(prunings, text, "pruning"); }

std::string_view name(Acceleration acceleration) noexcept { return find_name(accelerations, acceleration); }

Acceleration acceleration_from_name(std::string_view text) { return find_value(accelerations, text, "acceleration"); }

std::string_view name(Effort effort) noexcept { return find_name(efforts, effort); }

Effort effort_from_name(std::string_view text) { return find_value(efforts, text, "effort"); }

std::string_view name(Status status) noexcept { return find_name(statuses, status); }

Status status_from_name(std::string_view text) { return find_value(statuses, text, "status"); }

std::string_view name(Act act) noexcept { return find_name(acts, act); }

Act act_from_name(std::string_view text) { return find_value(acts, text, "act"); }

std::string describe(const Event& event) {
    text::check_enumerator(event.act, Act::apart, "act");
    const std::string component = text::format("component {}", event.component);
    const std::string when = event.iteration == 0 ? "at the start" : text::format("in iteration {}", event.iteration);
    switch (event.act) {
        case Act::jitter:
            return text::format(
                "the covariance of {} was not positive definite {}: use fewer components, a covariance_type with fewer "
                "parameters, or a larger reg_covar",
                component, when);
        case Act::floor:
            return text::format(
                "{} collapsed {}, its rows vary less than the ridge in some direction: use fewer components, a "
                "covariance_type with fewer parameters, or a larger reg_covar; a smaller one if the component is meant "
                "to be so narrow",
                component, when);
        case Act::reseed:
            return text::format("{} had no rows {}: use fewer components, or another start", component, when);
        case Act::identical:
            return text::format(
                "{} began as a copy of another one, which EM cannot part: give a start in which they differ",
                component);
        case Act::constant:
            return text::format(
                "feature {} is constant, so that the volume of the background leaves it out: leave the feature out, or "
                "give the volume",
                event.component);
        case Act::apart:
            return text::format(
                "no row has both feature {} and some other, so that none tells how the two correlate: leave one out, "
                "add rows that have both, or give a prior",
                event.component);
        case Act::prune: break;
    }
    return text::format("{} lost all its rows {}: use fewer components", component, when);
}

}  // namespace gaussmix
