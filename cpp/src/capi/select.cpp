/// The choice among covariance families and numbers of components.
#include "gaussmix/select.hpp"

#include <cmath>
#include <limits>

#include "capi/options.hpp"
#include "gaussmix/error.hpp"
#include "text/format.hpp"
#include "text/invalid.hpp"

using namespace gaussmix;
using namespace gaussmix::capi;

namespace {

/// Returns a list that the caller gave, or `otherwise` for NULL.
std::vector<std::int64_t> list_of(const std::int64_t* values, std::int64_t n, const char* count,
                                  const std::vector<std::int64_t>& otherwise) {
    if (values == nullptr) return otherwise;
    if (n < 1) text::invalid("{}={} must be at least 1", count, n);
    return {values, values + n};
}

SelectOptions select_options_of(const gaussmix_select_options& given, const MatrixView& x) {
    SelectOptions options;
    gaussmix_options of_fits;
    if (given.fit == nullptr) {
        gaussmix_options_init(&of_fits, sizeof(of_fits));
        of_fits.tol = 1e-5;
        of_fits.max_iter = 1000;
    } else {
        of_fits = whole(given.fit);
    }
    if (of_fits.start_labels != nullptr || of_fits.start_responsibilities != nullptr ||
        of_fits.start_model != nullptr) {
        text::invalid("select finds starts itself: leave those of options->fit NULL");
    }
    options.fit = options_of(of_fits, x.n_features);
    std::vector<std::int64_t> all;
    for (const CovarianceType family : sensible_families(x.n_rows, x.n_features, options.fit.prior.has_value())) {
        all.push_back(static_cast<std::int64_t>(family));
    }
    for (const std::int64_t family :
         list_of(given.covariance_types, given.n_covariance_types, "n_covariance_types", all)) {
        options.covariance_types.push_back(family_of(family));
    }
    options.n_components =
        list_of(given.n_components, given.n_n_components, "n_n_components", {1, 2, 3, 4, 5, 6, 7, 8, 9});
    if (given.max_fits != 0) options.max_fits = given.max_fits;
    if (!std::isnan(given.max_seconds)) options.max_seconds = given.max_seconds;
    return options;
}

/// Returns what rows may have come from, of one number of components; empty: nothing is known.
std::vector<AllowedView> allowed_in(const gaussmix_select_options& given, Index n_rows) {
    if (given.fit == nullptr) return {};
    const gaussmix_options of_fits = whole(given.fit);
    if (of_fits.allowed == nullptr) return {};
    return {allowed_of(of_fits.allowed, n_rows)};
}

OnCells observer_of(const gaussmix_select_options& given) {
    if (given.on_step == nullptr) return {};
    return [observe = given.on_step, data = given.on_step_data](const SelectProgress& progress) {
        return observe(progress.n_done, progress.n_steps, data) == 0;
    };
}

const Cell& cell_of(const gaussmix_selection* selection, std::int64_t i) {
    const std::vector<Cell>& cells = required(selection, "selection").cells;
    if (i >= 0 && i < signed_size(cells)) return cells[i];
    text::invalid("i={} must be one of {} cells", i, signed_size(cells));
}

Criteria criteria_of(const Cell& cell) {
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    return cell.model ? criteria(cell.evidence, n_parameters(*cell.model)) : Criteria{none, none, none};
}

}  // namespace

int32_t gaussmix_select(const gaussmix_matrix* x, const double* sample_weight, const gaussmix_select_options* options,
                        const gaussmix_execution* execution, gaussmix_selection** selection, gaussmix_error* error) {
    return guarded(error, [&] {
        gaussmix_selection*& out = required(selection, "selection");
        const MatrixView view = view_of(x);
        const gaussmix_select_options given = whole(options);
        out =
            new gaussmix_selection{select(select_options_of(given, view), view, weights_of(sample_weight, view),
                                          execution_of(execution), observer_of(given), allowed_in(given, view.n_rows))};
    });
}

void gaussmix_selection_free(gaussmix_selection* selection) { delete selection; }

int64_t gaussmix_selection_n_cells(const gaussmix_selection* selection) {
    return selection == nullptr ? 0 : signed_size(selection->cells);
}

int32_t gaussmix_selection_cell(const gaussmix_selection* selection, int64_t i, gaussmix_cell* cell,
                                gaussmix_error* error) {
    return guarded(error, [&] {
        gaussmix_cell& out = required(cell, "cell");
        const Cell& found = cell_of(selection, i);
        const Criteria values = criteria_of(found);
        out = {static_cast<std::int64_t>(found.covariance_type),
               found.n_components,
               values.bic,
               values.aic,
               values.icl,
               found.why.empty() ? 1 : 0};
    });
}

const char* gaussmix_selection_reason(const gaussmix_selection* selection, int64_t i) {
    const bool is_cell = selection != nullptr && i >= 0 && i < signed_size(selection->cells);
    return is_cell ? selection->cells[i].why.c_str() : nullptr;
}

int32_t gaussmix_selection_model(const gaussmix_selection* selection, int64_t i, gaussmix_model** model,
                                 gaussmix_error* error) {
    return guarded(error, [&] {
        gaussmix_model*& out = required(model, "model");
        const Cell& cell = cell_of(selection, i);
        if (!cell.model) text::invalid("i={} has no model: {}", i, cell.why);
        out = new gaussmix_model{*cell.model};
    });
}

int32_t gaussmix_selection_best(const gaussmix_selection* selection, int64_t criterion, int64_t* i,
                                gaussmix_error* error) {
    return guarded(error, [&] {
        std::int64_t& out = required(i, "i");
        const std::vector<Cell>& cells = required(selection, "selection").cells;
        if (criterion < GAUSSMIX_BIC || criterion > GAUSSMIX_ICL) {
            text::invalid("criterion={} is unknown: use 0 ... 2", criterion);
        }
        std::int64_t best = -1;
        double least = std::numeric_limits<double>::infinity();
        for (Index at = 0; at < signed_size(cells); ++at) {
            const Criteria values = criteria_of(cells[at]);
            const double value = criterion == GAUSSMIX_BIC   ? values.bic
                                 : criterion == GAUSSMIX_AIC ? values.aic
                                                             : values.icl;
            if (!cells[at].why.empty() || !(value < least)) continue;
            best = at;
            least = value;
        }
        if (best < 0) {
            throw Error(Errc::degenerate,
                        text::format("no cell may be chosen ({}): select with a prior, fewer components or families "
                                     "with fewer parameters",
                                     cells.front().why));
        }
        out = best;
    });
}
