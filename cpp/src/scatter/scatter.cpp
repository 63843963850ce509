/// The list of forms.
#include "scatter/scatter.hpp"

#include <cstddef>

#include "text/enumerator.hpp"

namespace gaussmix {
namespace scatter {

const Form& of(Scatter kind, const char* argument) {
    text::check_enumerator(kind, Scatter::pooled, argument);
    static const Form* const forms[] = {&none, &trace, &diagonal, &full, &pooled};  // in the order of the enumerators
    return *forms[static_cast<Index>(kind)];
}

}  // namespace scatter

Index scatter_size(Scatter kind, Index n_components, Index n_features) {
    return scatter::of(kind).size(n_components, n_features);
}

}  // namespace gaussmix
