/// A host with an OpenMP region of its own calls gaussmix on each of its threads: what they get is what one thread
/// gets.
#include <omp.h>

#include <array>

#include "check.hpp"
#include "gaussmix/gaussmix.hpp"
#include "two_clusters.hpp"

using namespace gaussmix;

namespace {

const TwoClusters data(20'000);

Model fit_on(int n_threads) {
    Options options;
    options.n_components = 3;
    options.tol = 0;
    options.max_iter = 4;
    Execution execution;
    execution.n_threads = n_threads;
    return fit(options, data.view(), {}, {}, execution);
}

bool same(const Model& a, const Model& b) {
    return a.parameters.means == b.parameters.means && a.parameters.covariances == b.parameters.covariances &&
           a.history == b.history;
}

void threads_of_a_region_get_what_one_gets() {
    const Model expected = fit_on(1);
    std::array<Model, 4> found;
#pragma omp parallel for num_threads(4)
    for (int i = 0; i < 4; ++i) found[static_cast<std::size_t>(i)] = fit_on(3);
    for (const Model& one : found) CHECK(same(one, expected));
    CHECK(same(fit_on(3), expected));
}

void regions_within_regions_get_what_one_gets() {
    const Model expected = fit_on(1);
    std::array<Model, 4> found;
    omp_set_max_active_levels(3);
#pragma omp parallel for num_threads(2)
    for (int i = 0; i < 2; ++i) {
#pragma omp parallel for num_threads(2)
        for (int j = 0; j < 2; ++j) found[static_cast<std::size_t>(2 * i + j)] = fit_on(2);
    }
    for (const Model& one : found) CHECK(same(one, expected));
}

void an_error_stays_in_the_thread_that_made_it() {
    std::array<bool, 4> refused{};
#pragma omp parallel for num_threads(4)
    for (int i = 0; i < 4; ++i) {
        try {
            if (i % 2 == 0) fit_on(-1);
        } catch (const Error& error) {
            refused[static_cast<std::size_t>(i)] = error.code() == Errc::invalid_argument;
        }
    }
    CHECK(refused[0] && !refused[1] && refused[2] && !refused[3]);
}

void what_the_program_told_openmp_is_the_default() {
    const int before = system_info().n_threads;
    const int runtime = omp_get_max_threads();
    omp_set_num_threads(runtime + 1);
    CHECK_EQUAL(system_info().n_threads, runtime + 1);
    omp_set_num_threads(runtime);
    CHECK_EQUAL(system_info().n_threads, before);
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        TEST(threads_of_a_region_get_what_one_gets());
        TEST(regions_within_regions_get_what_one_gets());
        TEST(an_error_stays_in_the_thread_that_made_it());
        TEST(what_the_program_told_openmp_is_the_default());
    });
}
