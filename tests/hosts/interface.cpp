/// The public headers used from outside, each by itself complete, gaussmix.h from C++ among them, and an exception
/// that has to cross the border of the shared library.
#include <gaussmix.h>

#include <cmath>
#include <cstring>
#include <gaussmix/gaussmix.hpp>
#include <iostream>
#include <limits>
#include <stdexcept>
#include <vector>

namespace {

int failures = 0;

void check(bool good, const char* what) {
    if (good) return;
    ++failures;
    std::cerr << "failed: " << what << '\n';
}

int throwing(const gaussmix_progress*, void*) { throw std::runtime_error("thrown by a callback"); }

}  // namespace

int main() {
    std::vector<double> rows = {0.0, 0.2, 0.1, 5.0, 5.3, 5.1};
    gaussmix::Options options;
    options.n_components = 2;
    const auto view = gaussmix::column_major(rows.data(), 6, 1);
    const gaussmix::Model fit = gaussmix::fit(options, view);
    check(fit.status == gaussmix::Status::converged, "a fit converges");

    const auto half = [&](std::size_t from) { return gaussmix::row_major(rows.data() + from, 3, 1); };
    const gaussmix::Summary whole = gaussmix::summarize(view);
    const gaussmix::Summary merged = gaussmix::merge(gaussmix::summarize(half(0)), gaussmix::summarize(half(3)));
    check(merged.n_rows == 6 && merged.minima == whole.minima && merged.maxima == whole.maxima, "summaries merge");
    check(std::abs(merged.variances[0] - whole.variances[0]) < 1e-12, "variances merge");

    rows[4] = std::numeric_limits<double>::infinity();
    try {
        gaussmix::fit(options, view);
        check(false, "infinity is refused");
    } catch (const gaussmix::NotFinite& error) {
        check(error.row() == 4, "the row is named");
    }
    try {
        gaussmix::load("there/is/no/such/file");
        check(false, "a missing file is refused");
    } catch (const gaussmix::IoError& error) {
        check(error.error_number() != 0, "errno is handed on");
    }

    rows[4] = 5.3;
    gaussmix_error error;
    gaussmix_model* model = nullptr;
    const gaussmix_matrix x = gaussmix_row_major(rows.data(), 6, 1);
    gaussmix_options c_options = gaussmix_default_options(2);
    c_options.on_iteration = throwing;
    check(gaussmix_fit(&x, nullptr, &c_options, nullptr, &model, &error) == GAUSSMIX_INTERNAL,
          "no exception crosses the C interface");
    check(std::strcmp(error.message, "thrown by a callback") == 0, "what was thrown is told");
    check(gaussmix_version() == gaussmix::version(), "one library");
    return failures;
}
