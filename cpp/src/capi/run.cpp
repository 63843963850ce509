/// EM over rows that come in pieces: summaries, moments and the run.
#include <cstring>
#include <string>
#include <utility>

#include "capi/options.hpp"
#include "text/invalid.hpp"

using namespace gaussmix;
using namespace gaussmix::capi;

int32_t gaussmix_summarize(const gaussmix_matrix* x, const double* sample_weight, const gaussmix_execution* execution,
                           gaussmix_summary** summary, gaussmix_error* error) {
    return guarded(error, [&] {
        gaussmix_summary*& out = required(summary, "summary");
        const MatrixView view = view_of(x);
        out = new gaussmix_summary{summarize(view, weights_of(sample_weight, view), execution_of(execution))};
    });
}

int32_t gaussmix_summary_merge(gaussmix_summary* into, const gaussmix_summary* other, gaussmix_error* error) {
    return guarded(error, [&] {
        Summary& merged = required(into, "into").summary;
        merged = merge(merged, required(other, "other").summary);
    });
}

void gaussmix_summary_free(gaussmix_summary* summary) { delete summary; }

int32_t gaussmix_run_create(const gaussmix_summary* summary, const gaussmix_options* options,
                            const gaussmix_execution* execution, gaussmix_run** run, gaussmix_error* error) {
    return guarded(error, [&] {
        gaussmix_run*& out = required(run, "run");
        const Summary& data = required(summary, "summary").summary;
        const gaussmix_options given = whole(options);
        const gaussmix_model& start = required(given.start_model, "start_model");
        Options chosen = options_of(given, signed_size(data.means));
        if (chosen.prior) chosen.prior = complete(*chosen.prior, chosen, data);
        if (chosen.noise) chosen.noise = complete(*chosen.noise, chosen, data);
        const Execution how = execution_of(execution);
        out = chosen.variational && start.model.posterior
                  ? new gaussmix_run{Run(chosen, data, start.model.parameters, *start.model.posterior, how)}
                  : new gaussmix_run{Run(chosen, data, start.model.parameters, how)};
    });
}

void gaussmix_run_free(gaussmix_run* run) { delete run; }

int32_t gaussmix_run_done(const gaussmix_run* run) { return run == nullptr || run->run.done() ? 1 : 0; }

int32_t gaussmix_run_advance(gaussmix_run* run, const gaussmix_moments* moments, gaussmix_error* error) {
    return guarded(error, [&] { required(run, "run").run.advance(required(moments, "moments").moments); });
}

void gaussmix_run_interrupt(gaussmix_run* run) {
    if (run == nullptr) return;
    try {
        run->run.interrupt();
    } catch (...) {  // out of memory before the last EM step; the run has ended where it was
        return;
    }
}

int32_t gaussmix_run_model(const gaussmix_run* run, gaussmix_model** model, gaussmix_error* error) {
    return guarded(error, [&] {
        gaussmix_model*& out = required(model, "model");
        out = new gaussmix_model{required(run, "run").run.model()};
    });
}

int32_t gaussmix_accumulate(const gaussmix_run* run, const gaussmix_matrix* x, const double* sample_weight,
                            const gaussmix_execution* execution, gaussmix_moments** moments, gaussmix_error* error) {
    return guarded(error, [&] {
        gaussmix_moments*& out = required(moments, "moments");
        const Run& under = required(run, "run").run;
        const MatrixView view = view_of(x);
        out = new gaussmix_moments{accumulate(under.scorer(), scatter_for(under.parameters().covariance_type), view,
                                              weights_of(sample_weight, view), execution_of(execution))};
    });
}

int32_t gaussmix_moments_merge(gaussmix_moments* into, const gaussmix_moments* other, gaussmix_error* error) {
    return guarded(error, [&] {
        Moments& merged = required(into, "into").moments;
        merged = merge(merged, required(other, "other").moments);
    });
}

void gaussmix_moments_free(gaussmix_moments* moments) { delete moments; }

int32_t gaussmix_shard_create(const gaussmix_matrix* x, const double* sample_weight,
                              const gaussmix_execution* execution, gaussmix_shard** shard, gaussmix_error* error) {
    return gaussmix_shard_create_allowed(x, sample_weight, nullptr, execution, shard, error);
}

int32_t gaussmix_shard_create_allowed(const gaussmix_matrix* x, const double* sample_weight,
                                      const gaussmix_allowed* allowed, const gaussmix_execution* execution,
                                      gaussmix_shard** shard, gaussmix_error* error) {
    return guarded(error, [&] {
        gaussmix_shard*& out = required(shard, "shard");
        const MatrixView view = view_of(x);
        const Piece rows{view, weights_of(sample_weight, view), allowed_of(allowed, view.n_rows)};
        out = new gaussmix_shard{Shard(rows, execution_of(execution))};
    });
}

void gaussmix_shard_free(gaussmix_shard* shard) { delete shard; }

int32_t gaussmix_shard_summary(gaussmix_shard* shard, gaussmix_summary** summary, gaussmix_error* error) {
    return guarded(error, [&] {
        gaussmix_summary*& out = required(summary, "summary");
        out = new gaussmix_summary{required(shard, "shard").shard.summary()};
    });
}

int32_t gaussmix_shard_moments(gaussmix_shard* shard, const gaussmix_run* run, gaussmix_moments** moments,
                               gaussmix_error* error) {
    return guarded(error, [&] {
        gaussmix_moments*& out = required(moments, "moments");
        out = new gaussmix_moments{required(shard, "shard").shard.moments(required(run, "run").run)};
    });
}

namespace {

/// Writes the bytes if there is room, or only their size if no room is given.
void hand_out(const std::vector<std::uint8_t>& from, void* bytes, std::size_t capacity, std::size_t& size) {
    size = from.size();
    if (bytes == nullptr) return;
    if (capacity < from.size()) {
        text::invalid("capacity={} has no room for {} bytes: ask for the size first", capacity, from.size());
    }
    std::memcpy(bytes, from.data(), from.size());
}

}  // namespace

int32_t gaussmix_summary_to_bytes(const gaussmix_summary* summary, void* bytes, size_t capacity, size_t* size,
                                  gaussmix_error* error) {
    return guarded(error, [&] {
        hand_out(to_bytes(required(summary, "summary").summary), bytes, capacity, required(size, "size"));
    });
}

int32_t gaussmix_moments_to_bytes(const gaussmix_moments* moments, void* bytes, size_t capacity, size_t* size,
                                  gaussmix_error* error) {
    return guarded(error, [&] {
        hand_out(to_bytes(required(moments, "moments").moments), bytes, capacity, required(size, "size"));
    });
}

int32_t gaussmix_summary_from_bytes(const void* bytes, size_t size, gaussmix_summary** summary, gaussmix_error* error) {
    return guarded(error, [&] {
        gaussmix_summary*& out = required(summary, "summary");
        out = new gaussmix_summary{summary_from_bytes(bytes, size)};
    });
}

int32_t gaussmix_moments_from_bytes(const void* bytes, size_t size, gaussmix_moments** moments, gaussmix_error* error) {
    return guarded(error, [&] {
        gaussmix_moments*& out = required(moments, "moments");
        out = new gaussmix_moments{moments_from_bytes(bytes, size)};
    });
}
