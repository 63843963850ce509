/// The search for the best mixture of a sample: over-fit, merge down, then split and merge.
///
/// EM finds the local maximum near its start. With more components than wanted, no cluster is left without one; merged
/// down pair by pair, each time the pair whose merging costs least, they lead to a high maximum (Figueiredo and Jain
/// 2002 and Runnalls 2007 merge down in this way for other purposes). From there a component is cut in two where that
/// gains more than merging two others loses, for as long as the likelihood rises (Ueda, Nakano, Ghahramani and Hinton
/// 2000).
#pragma once

#include <functional>
#include <vector>

#include "em/starts/sample.hpp"
#include "gaussmix/end.hpp"

namespace gaussmix::em {

/// Returns whether a fit begins with a search: if it is wanted, for more than one component, and for few enough that
/// their pairs can be searched. Variational Bayes drops components in its own way.
bool searches(const Options& options) noexcept;

/// The best mixture found, its height (the log-likelihood per row of the sample), and the other ends.
struct Found {
    Parameters best;
    double height;
    std::vector<End> others;
};

/// Searches for the best mixture. It begins from an over-fit and, if the result is in doubt (a swap was worth a trial,
/// or there are few components), once more from another beginning. With few or many components, one of the two is the
/// start without a search, which `usual` gives. High effort always uses five beginnings.
Found search(const Sample& sample, const Options& options, const Summary& summary,
             const std::function<Parameters()>& usual, random::Generator& generator, const rows::Context& context);

/// Returns where splits and merges lead to from a mixture. A background takes part.
Parameters improved(const Sample& sample, const Options& options, const Summary& summary, const Parameters& start,
                    random::Generator& generator, const rows::Context& context);

}  // namespace gaussmix::em
