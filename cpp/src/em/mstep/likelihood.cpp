#include "em/mstep/likelihood.hpp"

#include "em/mstep/estimate.hpp"
#include "em/mstep/prior.hpp"
#include "families/family.hpp"

namespace gaussmix::em {
namespace {

class Likelihood final : public Estimator {
public:
    Likelihood(const Options& options, const Ridge& ridge)
        : family_(families::get(options.covariance_type)), prior_(options.prior), ridge_(ridge), known_(options) {}

    void update(const Moments& moments, Index iteration, std::vector<Event>& events, const rows::Context& context,
                Parameters& parameters) override {
        em::update(moments, family_.covariance, ridge_, prior_, known_, iteration, events, context, parameters);
    }

    double objective(const Moments& moments, const ScorerNumbers& scorer, const std::vector<double>& ridge_traces,
                     const rows::Context& context) const override {
        double prior = 0;
        if (prior_) {
            prior = log_density(*prior_, family_, scorer, context);
            const double divisor = prior_divisor(moments);
            for (const double trace : ridge_traces) prior -= divisor * trace / 2;
        }
        return (moments.log_likelihood + prior) / moments.total_weight;
    }

    bool can_count_ridge() const noexcept override { return true; }
    bool can_accelerate(bool boldly) const noexcept override {
        return (boldly || family_.is_free()) && !known_.is_bounded();
    }

    Shares shares(const Moments& moments) const override {
        const auto first = moments.weights.begin();
        const auto last = first + moments.n_components;
        Shares shares{{first, last}, {first, last}, moments.weights};
        if (prior_) {
            const double divisor = prior_divisor(moments);
            for (double& count : shares.counts) count += prior_->mean_precision;
            for (double& share : shares.divisors) share += divisor;
        }
        for (double& term : shares.terms) term /= moments.total_weight;
        for (double& count : shares.counts) count /= moments.total_weight;
        for (double& share : shares.divisors) share /= moments.total_weight;
        return shares;
    }

private:
    /// Returns what the prior adds to the divisors of scatters.
    double prior_divisor(const Moments& moments) const {
        return posterior_mode(*prior_, family_, moments.n_components, moments.n_features).divisor;
    }

    const families::Family& family_;
    std::optional<Prior> prior_;
    Ridge ridge_;
    Known known_;
};

}  // namespace

std::unique_ptr<Estimator> make_likelihood(const Options& options, const Ridge& ridge) {
    return std::make_unique<Likelihood>(options, ridge);
}

}  // namespace gaussmix::em
