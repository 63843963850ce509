/// Long work asks often whether to go on, on the calling thread alone, and leaves soon when it is not to; the limits of
/// control groups are found wherever they stand.
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "check.hpp"
#include "gaussmix/gaussmix.hpp"
#include "parallel/limits.hpp"
#include "parallel/parallel.hpp"
#include "parallel/patience.hpp"
#include "tuning/tuning.hpp"

using namespace gaussmix;
namespace fs = std::filesystem;

namespace {

/// Counts how often it was asked, and by whom.
struct Counting {
    std::atomic<int> asked{0};
    std::atomic<bool> elsewhere{false};
    std::thread::id caller = std::this_thread::get_id();

    Execution execution(int n_threads) {
        Execution result;
        result.n_threads = n_threads;
        result.poll = [this] {
            ++asked;
            if (std::this_thread::get_id() != caller) elsewhere = true;
            return true;
        };
        return result;
    }
};

/// K unit covariances, of as many features as one tile's E-step and one factorisation take long with.
Parameters wide_mixture(Index n_components, Index n_features, CovarianceType family) {
    Parameters p;
    p.covariance_type = family;
    p.n_components = n_components;
    p.n_features = n_features;
    p.weights.assign(static_cast<std::size_t>(n_components), 1.0 / static_cast<double>(n_components));
    p.means.assign(static_cast<std::size_t>(n_components * n_features), 0.0);
    for (Index k = 0; k < n_components; ++k) p.means[static_cast<std::size_t>(k * n_features)] = static_cast<double>(k);
    const Index n = family == CovarianceType::full ? n_components : 1;
    p.covariances.assign(static_cast<std::size_t>(n * n_features * n_features), 0.0);
    for (Index k = 0; k < n; ++k) {
        for (Index j = 0; j < n_features; ++j) {
            p.covariances[static_cast<std::size_t>((k * n_features + j) * n_features + j)] = 1;
        }
    }
    return p;
}

void one_factorisation_asks_often() {
    Counting counting;
    prepare(wide_mixture(1, 600, CovarianceType::full), counting.execution(1));
    CHECK(counting.asked > 100);
}

void one_tile_asks_for_each_large_component() {
    constexpr Index k = 20;
    constexpr Index d = 200;
    const Scorer scorer = prepare(wide_mixture(k, d, CovarianceType::full));
    const std::vector<double> rows(static_cast<std::size_t>(90 * d), 0.5);
    Counting counting;
    accumulate(scorer, Scatter::full, row_major(rows.data(), 90, d), {}, counting.execution(1));
    CHECK(counting.asked > 2 * k);  // in the E-step and in the M-step's sums
}

void an_update_asks_for_each_large_component() {
    constexpr Index k = 6;
    constexpr Index d = 600;
    std::vector<double> rows(static_cast<std::size_t>(40 * d));
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<double>(i * i % 1009);
    const MatrixView view = row_major(rows.data(), 40, d);
    Options options;
    options.n_components = k;
    const Summary summary = summarize(view);
    Counting counting;
    Run run(options, summary, wide_mixture(k, d, CovarianceType::full), counting.execution(1));
    const Moments moments = accumulate(run.scorer(), Scatter::full, view);
    const int before = counting.asked;
    run.advance(moments);
    CHECK(counting.asked > before + 100 * k);
}

void a_stop_leaves_in_the_midst_of_a_tile() {
    constexpr Index k = 20;
    constexpr Index d = 200;
    const Scorer scorer = prepare(wide_mixture(k, d, CovarianceType::full));
    const std::vector<double> rows(static_cast<std::size_t>(90 * d), 0.5);
    int asked = 0;
    Execution execution;
    execution.n_threads = 1;
    execution.poll = [&asked] { return ++asked < 5; };
    CHECK_THROWS(accumulate(scorer, Scatter::full, row_major(rows.data(), 90, d), {}, execution), Errc::interrupted);
    CHECK_EQUAL(asked, 5);
}

/// Two threads at work, of which the calling one is soon done: it asks while the other is at work.
template <class Poll>
void with_a_caller_out_of_work(Poll poll, const std::function<void()>& long_work) {
    std::atomic<int> at_work{0};
    const parallel::Poll asked = poll;
    std::this_thread::sleep_for(tuning::longest_alone);  // an earlier team may have been slow
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    parallel::parallel_for(2, 2, asked, [&](Index, const parallel::Worker& worker) {
        ++at_work;
        while (at_work < 2) {
            if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("there was no second thread");
            std::this_thread::yield();
        }
        if (worker.id() != 0) long_work();
    });
}

void a_caller_out_of_work_asks_while_others_are_at_theirs() {
    std::atomic<int> asked{0};
    const auto poll = [&asked] {
        ++asked;
        return true;
    };
    with_a_caller_out_of_work(poll, [&asked] {
        const int before = asked;
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (asked < before + 3) {
            if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("nobody asked");
            std::this_thread::yield();
        }
    });
    CHECK(asked >= 3);
}

/// `work` is stopped, by the poll of the loop it is a body of, rather than at its deadline.
template <class Work>
void check_that_it_leaves(Work work) {
    bool left = false;
    const auto noticed = [&] {
        try {
            work(std::chrono::steady_clock::now() + std::chrono::seconds(60));
        } catch (...) {
            left = true;
            throw;
        }
    };
    std::atomic<int> asked{0};
    CHECK_THROWS(with_a_caller_out_of_work([&asked] { return ++asked < 3; }, noticed), Errc::interrupted);
    CHECK(left);
}

void wait_until(std::chrono::steady_clock::time_point deadline) {
    while (std::chrono::steady_clock::now() < deadline) parallel::checkpoint();
}

void others_leave_when_a_caller_out_of_work_is_told_to_stop() { check_that_it_leaves(wait_until); }

void a_loop_within_a_body_leaves_with_the_loop_around_it() {
    check_that_it_leaves([](std::chrono::steady_clock::time_point deadline) {
        parallel::parallel_for(2, 1, parallel::nested_poll(),
                               [&](Index, const parallel::Worker&) { wait_until(deadline); });
    });
}

void only_the_calling_thread_is_asked() {
    std::vector<double> rows(40'000);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<double>(i * i % 1009);
    Options options;
    options.n_components = 3;
    Counting counting;
    fit(options, row_major(rows.data(), 20'000, 2), {}, {}, counting.execution(4));
    CHECK(counting.asked > 0);
    CHECK(!counting.elsewhere);
}

void bad_alloc_of_any_thread_reaches_the_caller() {
    for (int again = 0; again < 2; ++again) {
        bool caught = false;
        try {
            with_a_caller_out_of_work([] { return true; }, [] { throw std::bad_alloc(); });
        } catch (const std::bad_alloc&) {
            caught = true;
        }
        CHECK(caught);
    }
}

void sizes_beyond_all_memory_are_refused_at_once() {
    const double one = 1;
    Options options;
    options.n_components = Index{1} << 40;
    const MatrixView endless{&one, Scalar::f64, Index{1} << 41, Index{1} << 20, 0, 0};
    bool refused = false;
    try {
        fit(options, endless);
    } catch (const OutOfMemory& error) {
        refused = std::string(error.what()).find("n_components=1099511627776") != std::string::npos;
    }
    CHECK(refused);
}

/// A folder of files, removed in the end.
class Tree {
public:
    Tree() : root_(fs::temp_directory_path() / ("gaussmix-groups-" + std::to_string(stamp()))) {}
    ~Tree() { fs::remove_all(root_); }
    Tree(const Tree&) = delete;
    Tree& operator=(const Tree&) = delete;

    void put(const std::string& path, const std::string& text) {
        fs::create_directories((root_ / path).parent_path());
        std::ofstream(root_ / path) << text << "\n";
    }
    std::string root() const { return root_.string(); }

private:
    static long long stamp() { return std::chrono::steady_clock::now().time_since_epoch().count(); }
    fs::path root_;
};

double cpus(const std::string& groups, const Tree& tree) {
    return parallel::cpu_quota(std::istringstream(groups), tree.root());
}

void the_least_quota_of_nested_groups_counts() {
    Tree tree;
    tree.put("cpu.max", "max 100000");
    tree.put("a/cpu.max", "150000 100000");
    tree.put("a/b/cpu.max", "400000 100000");
    tree.put("a/b/c/cpu.max", "max 100000");
    tree.put("a/memory.max", "3000000");
    tree.put("a/b/memory.max", "max");
    CHECK_EQUAL(cpus("0::/a/b/c\n", tree), 1.5);
    CHECK_EQUAL(cpus("0::/a/b\n", tree), 1.5);
    CHECK_EQUAL(cpus("0::/a/gone\n", tree), 1.5);
    CHECK(std::isinf(cpus("0::/\n", tree)));
    CHECK(std::isinf(cpus("0::/elsewhere\n", tree)));
    CHECK(std::isinf(cpus("", tree)));
    CHECK(std::isinf(cpus("no colons\n:\n", tree)));
    CHECK_EQUAL(parallel::memory_limit(std::istringstream("0::/a/b\n"), tree.root()), 3e6);
    CHECK(std::isinf(parallel::memory_limit(std::istringstream("0::/\n"), tree.root())));
}

void the_first_version_of_control_groups_is_read_too() {
    Tree tree;
    tree.put("cpu/cpu.cfs_quota_us", "-1");
    tree.put("cpu/cpu.cfs_period_us", "100000");
    tree.put("cpu/box/cpu.cfs_quota_us", "250000");
    tree.put("cpu/box/cpu.cfs_period_us", "100000");
    tree.put("memory/box/memory.limit_in_bytes", "5000000");
    const std::string groups = "7:cpuset:/box\n5:memory:/box\n4:cpu,cpuacct:/box/inner\n0::/\n";
    CHECK_EQUAL(cpus(groups, tree), 2.5);
    CHECK(std::isinf(cpus("4:cpu,cpuacct:/\n", tree)));
    CHECK(std::isinf(cpus("4:cpuacct:/box\n", tree)));
    CHECK_EQUAL(parallel::memory_limit(std::istringstream(groups), tree.root()), 5e6);
}

void a_thread_works_alone_after_slow_teams_and_longer_each_time() {
    using std::chrono::milliseconds;
    parallel::Patience patience;
    parallel::Patience::Clock::time_point now{};
    CHECK(!patience.is_out(now));
    const auto team = [&](int took, int work) {
        const auto began = now;
        now += milliseconds(took);
        patience.judge(began, now, milliseconds(work));
    };
    const auto alone_for = [&](int longest) {
        int n = 0;
        for (; n < longest && patience.is_out(now); ++n) now += milliseconds(1);
        return n;
    };
    team(10, 19);
    CHECK_EQUAL(alone_for(1000), 0);
    team(10, 7);  // it lost 3
    CHECK_EQUAL(alone_for(1000), 3);
    team(10, 9);
    CHECK_EQUAL(alone_for(1000), 6);
    team(10, 19);
    CHECK_EQUAL(alone_for(1000), 0);
    team(10, 9);  // half as long, then twice
    CHECK_EQUAL(alone_for(1000), 6);
    team(1000, 900);
    CHECK_EQUAL(alone_for(1000), 100);
    team(1000, 1);
    CHECK_EQUAL(alone_for(1000), 100);
}

void each_index_is_run_once_with_a_team_that_is_not_always_worth_it() {
    std::thread([] {  // which knows of no team yet
        constexpr Index n = 50;
        std::atomic<bool> waits{true};
        for (int loop = 0; loop < 20; ++loop) {
            std::vector<std::atomic<int>> counts(n);
            parallel::parallel_for(n, 3, {}, [&](Index index, const parallel::Worker& worker) {
                ++counts[static_cast<std::size_t>(index)];
                // A thread that sleeps does no work: its team loses.
                if (worker.id() != 0 && waits.exchange(false)) std::this_thread::sleep_for(tuning::longest_alone / 2);
                if (index % 10 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
            });
            for (const std::atomic<int>& count : counts) CHECK_EQUAL(count.load(), 1);
            waits = true;
        }
    })
        .join();
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        TEST(one_factorisation_asks_often());
        TEST(one_tile_asks_for_each_large_component());
        TEST(an_update_asks_for_each_large_component());
        TEST(a_stop_leaves_in_the_midst_of_a_tile());
        TEST(a_caller_out_of_work_asks_while_others_are_at_theirs());
        TEST(others_leave_when_a_caller_out_of_work_is_told_to_stop());
        TEST(a_loop_within_a_body_leaves_with_the_loop_around_it());
        TEST(a_loop_within_a_body_leaves_with_the_loop_around_it());
        TEST(only_the_calling_thread_is_asked());
        TEST(a_thread_works_alone_after_slow_teams_and_longer_each_time());
        TEST(each_index_is_run_once_with_a_team_that_is_not_always_worth_it());
        TEST(bad_alloc_of_any_thread_reaches_the_caller());
        TEST(sizes_beyond_all_memory_are_refused_at_once());
        TEST(the_least_quota_of_nested_groups_counts());
        TEST(the_first_version_of_control_groups_is_read_too());
    });
}
