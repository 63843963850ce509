/// The fits of one cell: from parameters of any family to a maximum, abandoned if they will not exceed the best that
/// the cell has.
#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "em/run/iterate.hpp"
#include "gaussmix/model.hpp"

namespace gaussmix::em {

/// A mixture fitted to the rows, with the course of its fit and its quality.
struct Peak {
    Model model;
    double height = -std::numeric_limits<double>::infinity();  ///< mean log-likelihood per row, plus the prior's part
    bool sound = false;                                        ///< no component has collapsed

    bool is_above(const Peak& other) const noexcept { return sound != other.sound ? sound : height > other.height; }
};

/// The height that a few iterations reach from a start.
struct Trial {
    Parameters parameters;
    double height = 0;
};

/// Climbs of one family with one number of components, on the thread that makes it.
class Climber {
public:
    /// `options` are complete; other arguments must outlive it. `allowed`: what rows may have come from.
    Climber(const rows::Data& rows, const Summary& summary, const Options& options, Index n_distinct,
            const AllowedView& allowed = {});

    /// Returns a start with its components in the order that suits what rows may have come from.
    Parameters matched(const Parameters& start) const;

    /// Returns the two starts from which a few iterations climb highest, the better one first, both matched.
    std::vector<Trial> best_of(const std::vector<Parameters>& starts);

    /// Fits until convergence; gives up, and returns nothing, if the remaining gain, estimated by a geometric series,
    /// will not take it above `best`.
    std::optional<Peak> climb(const Parameters& start, const Peak& best);

    /// Returns the start itself, as a mixture of the family.
    Peak stay(const Parameters& start);

    /// Returns the moments under a mixture, valid until the next use.
    const Moments& moments(const Scorer& scorer);

    const rows::Data& rows() const noexcept { return rows_; }

private:
    Run begin(const Options& options, const Parameters& start) const;
    Peak peak_of(LocalRun& local) const;

    Execution execution_;
    rows::Context context_;
    rows::Data rows_;
    const Summary& summary_;
    const Options& options_;
    Index n_distinct_;
    Passes pass_;
};

}  // namespace gaussmix::em
