/// EM as a state machine: where to look next, when to go on, and how it ended.
#include "gaussmix/run.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "em/mstep/estimate.hpp"
#include "em/mstep/estimator.hpp"
#include "em/mstep/mend.hpp"
#include "em/mstep/prior.hpp"
#include "em/mstep/unseen.hpp"
#include "em/mstep/variational.hpp"
#include "em/run/accelerator.hpp"
#include "em/run/collapse.hpp"
#include "em/run/identical.hpp"
#include "em/run/noise.hpp"
#include "em/run/options.hpp"
#include "families/prepare.hpp"
#include "families/settle.hpp"
#include "families/turn.hpp"
#include "gaussmix/error.hpp"
#include "kernels/layout.hpp"
#include "rows/summary.hpp"
#include "text/invalid.hpp"
#include "text/number.hpp"
#include "tuning/tuning.hpp"

namespace gaussmix {
namespace {

// While EM gains more than this, it is not accelerated: acceleration is for the neighbourhood of a maximum, and from
// far away it could lead to another one.
constexpr double first_climb = 1e-3;
constexpr double negligible = 1e-6;  // of log-likelihood per row: no loss that matters

/// Returns what is left to gain if the gains of iterations continue as a geometric series (Aitken's rule; Boehning et
/// al. 1994).
double left_to_gain(double gain, double gain_before) {
    const double ratio = gain / gain_before;
    return ratio < 1 ? std::max(gain, gain * ratio / (1 - ratio)) : std::numeric_limits<double>::infinity();
}

/// Returns what the options know of the parameters. Throws Error(invalid_argument) unless it makes sense.
em::Known known_in(const Options& options) {
    em::check(options);
    return em::Known(options);
}

std::uint64_t next_number() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
}

}  // namespace

class Run::State {
public:
    State(const Options& options, const Summary& summary, const Moments& start, const Execution& execution);
    State(const Options& options, const Summary& summary, Parameters start, const Execution& execution,
          Settled settled);
    State(const Options& options, const Summary& summary, Parameters start, Posterior posterior,
          const Execution& execution);

    void advance(const Moments& moments);
    void step(const Moments& moments);
    double objective(const Moments& moments) const;
    void interrupt();
    std::vector<Index> collapsed(Index n_distinct) const;
    Model course() const;
    Model model() const&;
    Model model() &&;
    bool done() const noexcept { return status_ != Status::running; }

private:
    friend class Run;

    /// Sets everything but the scorer, which may depend on a posterior.
    State(const Options& options, const Summary& summary, Parameters start, bool has_posterior,
          const Execution& execution, Settled settled);

    void check(const Summary& summary) const;
    void tell_features(const Summary& summary);
    bool counts_ridge() const noexcept;
    void check_components(const Moments& moments) const;
    void check_pass(const Moments& moments) const;
    void check(const Moments& moments) const;
    void estimate(const Moments& moments, Index iteration);
    void prepare_scorer(Index iteration);
    void subtract_ridge(std::vector<double> traces);
    void turn_rows();
    bool may_accelerate(Index iteration) const;
    bool accelerate(const Parameters& before, const Moments& moments, double value);
    bool look_at(Parameters next);
    bool come_into_family();
    void retreat(double value);
    bool at_rest(double gain) const;
    Status how_ended(double gain, double tolerated) const;
    void finish(Status status);

    std::uint64_t number_ = next_number();
    Options options_;
    Execution execution_;
    Ridge ridge_;
    em::Known known_;
    Index n_rows_;         // of the summary
    double total_weight_;  // likewise
    bool has_holes_;       // likewise
    Parameters parameters_;
    Scorer scorer_;
    std::vector<double> plain_constants_;  // the scorer's, before the ridge was subtracted
    std::vector<double> unseen_;           // the part of missing values in the covariances of the last M-step
    std::vector<double> ridge_traces_;     // tr(Sigma_k^-1 ridge); empty if the ridge does not count
    std::unique_ptr<em::Estimator> estimator_;
    Status status_ = Status::running;
    std::vector<double> history_;
    double gain_ = 0;        // of the last iteration
    double rounding_ = 0;    // the largest of all moments so far
    bool reseeded_ = false;  // by the last M-step
    bool boldly_ = false;    // see Run::accelerate_boldly
    Index n_plain_ = 0;      // likewise
    std::vector<Event> events_;
    std::unique_ptr<em::Accelerator> accelerator_;  // exists once EM creeps
};

Run::State::State(const Options& options, const Summary& summary, const Moments& start, const Execution& execution)
    : options_(options),
      execution_(execution),
      ridge_(make_ridge(options, summary)),
      known_(known_in(options)),
      n_rows_(summary.n_rows),
      total_weight_(summary.total_weight),
      has_holes_(rows::has_holes(summary)) {
    check(summary);
    em::check_nothing_fixed(options_);
    check_components(start);
    const auto first = start.weights.begin();
    if (start.has_background() && std::all_of(first, first + start.n_components, [](double w) { return w == 0; })) {
        text::invalid("init leaves all rows to the background: give each component some");
    }
    rounding_ = start.rounding;
    estimator_ = em::make_estimator(options_, ridge_);
    tell_features(summary);
    if (start.has_background()) parameters_.noise.emplace();
    estimate(start, 0);
    em::settle_noise(parameters_, known_, options_);
    known_.settle(options_, rows::Context(execution_), parameters_);
    em::tell_identical(parameters_, start.weights, events_);
    prepare_scorer(0);
    if (options_.max_iter == 0) finish(Status::max_iter);
}

Run::State::State(const Options& options, const Summary& summary, Parameters start, const Execution& execution,
                  Settled settled)
    : State(options, summary, std::move(start), false, execution, settled) {
    estimator_ = em::make_estimator(options_, ridge_);
    em::tell_identical(parameters_, parameters_.weights, events_);
    scorer_ = prepare(parameters_, execution_);
    if (!done() && counts_ridge()) subtract_ridge(em::ridge_traces(scorer_.numbers(), ridge_, known_));
    turn_rows();
}

Run::State::State(const Options& options, const Summary& summary, Parameters start, bool has_posterior,
                  const Execution& execution, Settled settled)
    : options_(options),
      execution_(execution),
      ridge_(make_ridge(options, summary)),
      known_(known_in(options)),
      n_rows_(summary.n_rows),
      total_weight_(summary.total_weight),
      has_holes_(rows::has_holes(summary)),
      parameters_(symmetrised(std::move(start))) {
    check(summary);
    em::check_start(parameters_, has_posterior, options_, signed_size(summary.means));
    tell_features(summary);
    em::settle_noise(parameters_, known_, options_);
    const rows::Context context(execution_);
    if (known_.fixes_covariances()) {
        em::check_family(parameters_, options_.covariance_type, context);
    } else if (parameters_.covariance_type == options_.covariance_type) {
        if (settled == Settled::no) families::settle(parameters_, context);
    } else {
        parameters_ = families::in_family(parameters_, options_.covariance_type, families::Nearest::exactly, context);
    }
    known_.settle(options_, context, parameters_);
    if (options_.max_iter == 0) status_ = Status::max_iter;
}

Run::State::State(const Options& options, const Summary& summary, Parameters start, Posterior posterior,
                  const Execution& execution)
    : State(options, summary, std::move(start), true, execution, Settled::no) {
    estimator_ = em::make_estimator(options_, ridge_, std::move(posterior), parameters_);
    scorer_ = prepare(parameters_, execution_);
    estimator_->complete(scorer_.numbers());
}

/// Tells which features the rows say too little of.
void Run::State::tell_features(const Summary& summary) {
    if (options_.noise) {
        for (const Index feature : options_.noise->constant) events_.push_back({0, feature, Act::constant});
    }
    if (!has_holes_ || families::get(options_.covariance_type).whitening.is_separable()) return;
    const Index d = signed_size(summary.means);
    for (Index j = 0; j < d; ++j) {
        for (Index i = 0; i < d; ++i) {
            if (summary.together[kernels::packed_index(std::max(i, j), std::min(i, j))] > 0) continue;
            events_.push_back({0, j, Act::apart});
            break;
        }
    }
}

bool Run::State::counts_ridge() const noexcept {
    return options_.acceleration != Acceleration::classic && estimator_->can_count_ridge();
}

void Run::State::check(const Summary& summary) const {
    em::check_size(options_, signed_size(summary.means));
    em::check_variational(options_);
    em::check_complete_noise(options_);
    em::check_spread(options_.bounds, summary);
    if (options_.prior) {
        em::check_complete(*options_.prior, options_, signed_size(summary.means));
    }
}

void Run::State::check_components(const Moments& moments) const {
    if (moments.n_components == options_.n_components) return;
    text::invalid("moments have {} components, but n_components={}: accumulate them under this run's scorer",
                  moments.n_components, options_.n_components);
}

/// Checks what a host may get wrong between passes.
void Run::State::check_pass(const Moments& moments) const {
    if (done()) {
        text::invalid(
            "the run has ended, {}: ask whether it is done before each advance, or start a new run from where it is",
            name(status_));
    }
    check_components(moments);
    if (moments.model != fingerprint(scorer_)) {
        text::invalid(
            "moments are not those under the run's present model: compute all of them again after each "
            "advance, under its present scorer");
    }
}

/// Checks this, and that they are of all rows.
void Run::State::check(const Moments& moments) const {
    check_pass(moments);
    constexpr double rounding = 1e-6;
    const bool weighs_the_same = std::abs(moments.total_weight - total_weight_) <= rounding * total_weight_;
    if (moments.n_rows == n_rows_ && weighs_the_same) return;
    text::invalid(
        "moments are of {} rows of weight {}, but the run's summary is of {} of weight {}: merge the moments of every "
        "piece that was summarised, once each",
        moments.n_rows, text::number(moments.total_weight, total_weight_), n_rows_,
        text::number(total_weight_, moments.total_weight));
}

/// Does the M-step.
void Run::State::estimate(const Moments& moments, Index iteration) {
    const rows::Context context(execution_);
    estimator_->update(moments, iteration, events_, context, parameters_);
    if (!has_holes_) return;
    unseen_ = em::unseen_part(moments, estimator_->shares(moments).divisors, parameters_, ridge_, context);
}

void Run::State::prepare_scorer(Index iteration) {
    const std::size_t told = events_.size();
    std::vector<double> traces = em::prepare(parameters_, ridge_, known_, unseen_, iteration, events_,
                                             rows::Context(execution_), scorer_.numbers());
    estimator_->complete(scorer_.numbers());
    if (counts_ridge()) subtract_ridge(std::move(traces));
    turn_rows();
    if (events_.size() > told) accelerator_.reset();
}

/// Lets passes compute distances along shared axes, where there are such axes and enough rows to pay for finding them.
/// When the run ends, its scorer has those of its factors, as any that is made from its parameters.
void Run::State::turn_rows() {
    const Index d = parameters_.n_features;
    if (done() || has_holes_ || d < tuning::turned_features || parameters_.n_components < tuning::turned_components ||
        n_rows_ < tuning::turned_rows_per_feature * d) {
        return;
    }
    families::turn(parameters_, rows::Context(execution_), scorer_.numbers());
}

void Run::State::subtract_ridge(std::vector<double> traces) {
    ridge_traces_ = std::move(traces);
    plain_constants_ = scorer_.numbers().log_constants;
    for (std::size_t k = 0; k < ridge_traces_.size(); ++k) scorer_.numbers().log_constants[k] -= ridge_traces_[k] / 2;
}

double Run::State::objective(const Moments& moments) const {
    return estimator_->objective(moments, scorer_.numbers(), ridge_traces_, rows::Context(execution_));
}

void Run::State::advance(const Moments& moments) {
    check(moments);
    rounding_ = std::max(rounding_, moments.rounding);
    double value = objective(moments);
    const double unit = estimator_->unit(moments);
    // A log-likelihood near zero has the rounding errors of the distances and logarithms that cancelled in it.
    const double noise = rounding_ * (std::abs(value) + 2 * static_cast<double>(moments.n_features) * unit);
    const Index iteration = signed_size(history_) + 1;
    if (accelerator_ && accelerator_->on_trial() && !accelerator_->has_risen(value, noise)) {
        history_.push_back(history_.back());
        retreat(value);
    } else {
        Parameters before;
        if (may_accelerate(iteration)) before = parameters_;
        const bool was_reseeded = reseeded_;
        const std::size_t told = events_.size();
        estimate(moments, iteration);
        reseeded_ = std::any_of(events_.begin() + static_cast<std::ptrdiff_t>(told), events_.end(),
                                [](const Event& event) { return event.act == Act::reseed; });
        const bool judged_after = estimator_->is_judged_after_update();
        if (judged_after) {
            prepare_scorer(iteration);
            value += estimator_->part_after_update(scorer_.numbers());
        }
        const double gain = history_.empty() ? std::numeric_limits<double>::infinity() : value - history_.back();
        history_.push_back(value);
        // A step across a reseeding does not show how near the end is.
        const bool comparable = !was_reseeded && !reseeded_;
        const bool creeps = gain < std::max(first_climb, options_.tol);
        if (!comparable || events_.size() > told) accelerator_.reset();
        const bool accelerated = comparable && (accelerator_ || creeps) && accelerate(before, moments, value);
        if (!accelerated && !judged_after) prepare_scorer(iteration);
        // A component that had to be mended on the way ends the acceleration.
        if (accelerated ? accelerator_ && accelerator_->at_rest() : comparable && at_rest(gain)) {
            finish(how_ended(gain, std::max(options_.tol, negligible * unit) + noise));
        }
        gain_ = gain;
    }
    if (!done() && iteration >= options_.max_iter) finish(Status::max_iter);
}

void Run::State::step(const Moments& moments) {
    check_pass(moments);
    accelerator_.reset();
    const Index iteration = signed_size(history_) + 1;
    estimate(moments, iteration);
    prepare_scorer(iteration);
}

/// Returns whether quasi-Newton steps are allowed, and cost less than the passes that they save: they multiply and
/// solve with whole matrices, by plain loops, while a pass takes d^2 operations for each row and component.
bool Run::State::may_accelerate(Index iteration) const {
    if (iteration <= n_plain_) return false;
    if (options_.acceleration != Acceleration::automatic || options_.tol == 0) return false;
    if (!estimator_->can_accelerate(boldly_)) return false;
    const families::Family& family = families::get(options_.covariance_type);
    if (family.whitening.is_separable()) return true;
    const auto n_covariances = static_cast<double>(families::n_covariances(family, options_.n_components));
    return n_covariances * static_cast<double>(parameters_.n_features) <=
           tuning::most_step_work * static_cast<double>(n_rows_) * static_cast<double>(options_.n_components);
}

/// Moves from accepted parameters to the next ones to evaluate. Returns false if a plain EM step is needed.
bool Run::State::accelerate(const Parameters& before, const Moments& moments, double value) {
    const auto keep_rows = [](const Parameters& parameters) {
        const std::vector<double> weights = families::weights_of_terms(parameters);
        return std::all_of(weights.begin(), weights.end(), [](double w) { return w > 0; });
    };
    if (!may_accelerate(signed_size(history_)) || !keep_rows(before) || !keep_rows(parameters_)) {
        accelerator_.reset();
        return false;
    }
    if (!accelerator_) accelerator_ = std::make_unique<em::Accelerator>(rows::Context(execution_).table, known_);
    Parameters next = accelerator_->go_on(before, parameters_, estimator_->shares(moments), value, options_.tol);
    if (!accelerator_->at_rest() && !look_at(std::move(next))) retreat(-std::numeric_limits<double>::infinity());
    return true;
}

/// Makes the parameters those of the next pass. Returns false if they are a trial step that is no valid mixture.
bool Run::State::look_at(Parameters next) {
    parameters_ = std::move(next);
    const Index iteration = signed_size(history_);
    if (!accelerator_->on_trial()) {
        prepare_scorer(iteration);
        return true;
    }
    const auto is_usable = [](double w) { return w > std::numeric_limits<double>::min() && std::isfinite(w); };
    const std::vector<double> weights = families::weights_of_terms(parameters_);
    if (!std::all_of(weights.begin(), weights.end(), is_usable)) return false;
    if (!come_into_family()) return false;
    try {
        families::prepare(parameters_, rows::Context(execution_), families::refuse, scorer_.numbers(),
                          families::least_sure_eigenvalue(parameters_.n_features));
    } catch (const Error& error) {
        if (error.code() != Errc::degenerate) throw;
        return false;
    }
    subtract_ridge(em::ridge_traces(scorer_.numbers(), ridge_, known_));
    turn_rows();
    return true;
}

/// A trial step leaves a family whose covariances depend on each other: takes the nearest ones in it. Returns false if
/// there are none.
bool Run::State::come_into_family() {
    const families::Family& family = families::get(parameters_.covariance_type);
    if (family.is_free() || parameters_.n_components == 1) return true;
    const families::Constraint constraint{parameters_.weights, accelerator_->step().covariances};
    return family.constrain(constraint, rows::Context(execution_), parameters_) && accelerator_->settle(parameters_);
}

/// Goes back from a trial step that did not raise the objective.
void Run::State::retreat(double value) {
    while (!look_at(accelerator_->retreat(value))) value = -std::numeric_limits<double>::infinity();
}

bool Run::State::at_rest(double gain) const {
    if (!(std::abs(gain) < options_.tol)) return false;
    if (!counts_ridge() || gain <= 0) return true;
    if (!std::isfinite(gain_)) return false;  // a single gain shows no series
    return left_to_gain(gain, gain_) < options_.tol;
}

/// Returns `converged` or `stalled`. A fall too small to matter, due to the ridge or a mended component, counts as
/// convergence.
Status Run::State::how_ended(double gain, double tolerated) const {
    const double best = *std::max_element(history_.begin(), history_.end());
    const double lost = best - history_.back() + std::max(-gain, 0.0);  // including what the last step will have lost
    return lost <= tolerated ? Status::converged : Status::stalled;
}

void Run::State::finish(Status status) {
    status_ = status;
    if (accelerator_) {  // EM's own step is certain to raise the objective
        parameters_ = accelerator_->step();
        accelerator_.reset();
        prepare_scorer(signed_size(history_));
    }
    scorer_.numbers().turn_back();
    if (counts_ridge()) scorer_.numbers().log_constants = plain_constants_;
}

void Run::accelerate_boldly(Index n_plain) {
    state_->boldly_ = true;
    state_->n_plain_ = n_plain;
}

void Run::State::interrupt() {
    if (done()) {
        status_ = Status::interrupted;
    } else {
        finish(Status::interrupted);
    }
}

std::vector<Index> Run::State::collapsed(Index n_distinct) const {
    if (events_.empty()) return {};
    return em::collapsed(parameters_, ridge_, events_, n_rows_, n_distinct, unseen_, rows::Context(execution_).table);
}

Model Run::State::course() const {
    Model model;
    model.status = status_;
    model.n_iter = signed_size(history_);
    model.history = history_;
    model.events = events_;
    model.collapsed = collapsed(n_rows_);
    if (has_holes_) model.missing = Missing::em;
    return model;
}

/// While the run goes on, its scorer is not exactly that of the mixture.
Model Run::State::model() const& {
    Model model = course();
    model.parameters = parameters_;
    model.posterior = estimator_->posterior();
    model.scorer = scorer_;
    if (!done()) {
        model.scorer = prepare(parameters_, execution_);
        estimator_->complete(model.scorer.numbers());
    }
    return model;
}

Model Run::State::model() && {
    Model model = course();
    model.parameters = std::move(parameters_);
    model.posterior = estimator_->take_posterior();
    model.scorer = std::move(scorer_);
    return model;
}

Run::Run(const Options& options, const Summary& summary, const Moments& start, const Execution& execution)
    : state_(std::make_unique<State>(options, summary, start, execution)) {}
Run::Run(const Options& options, const Summary& summary, Parameters start, const Execution& execution)
    : Run(options, summary, std::move(start), execution, Settled::no) {}
Run::Run(const Options& options, const Summary& summary, Parameters start, const Execution& execution, Settled settled)
    : state_(std::make_unique<State>(options, summary, std::move(start), execution, settled)) {}
Run::Run(const Options& options, const Summary& summary, Parameters start, Posterior posterior,
         const Execution& execution)
    : state_(std::make_unique<State>(options, summary, std::move(start), std::move(posterior), execution)) {}

Run::~Run() = default;
Run::Run(Run&&) noexcept = default;
Run& Run::operator=(Run&&) noexcept = default;

void Run::advance(const Moments& moments) { state_->advance(moments); }
void Run::step(const Moments& moments) { state_->step(moments); }
double Run::objective(const Moments& moments) const { return state_->objective(moments); }
void Run::interrupt() { state_->interrupt(); }

const Scorer& Run::scorer() const& noexcept { return state_->scorer_; }
Scorer Run::scorer() && noexcept { return std::move(state_->scorer_); }
const Parameters& Run::parameters() const& noexcept { return state_->parameters_; }
Parameters Run::parameters() && noexcept { return std::move(state_->parameters_); }
const Options& Run::options() const noexcept { return state_->options_; }
std::uint64_t Run::number() const noexcept { return state_->number_; }
Status Run::status() const noexcept { return state_->status_; }
const std::vector<double>& Run::history() const noexcept { return state_->history_; }
const std::vector<Event>& Run::events() const noexcept { return state_->events_; }
const std::optional<Posterior>& Run::posterior() const noexcept { return state_->estimator_->posterior(); }
Model Run::course() const { return state_->course(); }
Model Run::model() const& { return state_->model(); }
Model Run::model() && { return std::move(*state_).model(); }
std::vector<Index> Run::collapsed() const { return state_->collapsed(state_->n_rows_); }
std::vector<Index> Run::collapsed(Index n_distinct) const { return state_->collapsed(n_distinct); }

}  // namespace gaussmix
