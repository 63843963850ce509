#include "rows/allowed.hpp"

#include <algorithm>

#include "text/invalid.hpp"

namespace gaussmix::rows {

void check(const AllowedView& allowed, Index n_rows) {
    if (!allowed) return;
    if (allowed.n_terms < 1 || allowed.n_sets < 0) {
        text::invalid("allowed has shape ({}, {}): give a set of components for each row", allowed.n_sets,
                      allowed.n_terms);
    }
    const bool own = allowed.set_of == nullptr;
    const Index n = own ? allowed.n_sets : allowed.n_rows;
    if (n != n_rows) {
        text::invalid("{} has {} rows, but X has {}: give one for each row", own ? "allowed" : "labels", n, n_rows);
    }
    for (Index s = 0; s < allowed.n_sets; ++s) {
        const std::uint8_t* set = allowed.sets + s * allowed.n_terms;
        if (std::any_of(set, set + allowed.n_terms, [](std::uint8_t may) { return may != 0; })) continue;
        if (own) text::invalid("allowed has no component at row {}: each row needs one that it may have come from", s);
        text::invalid("label {} has no component: each label needs one that its rows may have come from", s);
    }
    for (Index i = 0; i < n_rows && !own; ++i) {
        if (allowed.set_of[i] < allowed.n_sets) continue;
        text::invalid("labels has {} at row {}: labels are 0 ... {}, or -1 where they are not known", allowed.set_of[i],
                      i, allowed.n_sets - 1);
    }
}

void check_terms(const AllowedView& allowed, Index n_components, bool has_background) {
    if (!allowed || allowed.n_terms == n_components) return;
    if (allowed.n_terms != n_components + 1) {
        text::invalid(
            "allowed has {} columns, but n_components={}: give one for each component, and perhaps one for a "
            "background",
            allowed.n_terms, n_components);
    }
    for (Index s = 0; s < allowed.n_sets && !has_background; ++s) {
        const std::uint8_t* set = allowed.sets + s * allowed.n_terms;
        if (std::any_of(set, set + n_components, [](std::uint8_t may) { return may != 0; })) continue;
        text::invalid("allowed has only a background at row {}, and there is none: set noise, or allow a component", s);
    }
}

}  // namespace gaussmix::rows
