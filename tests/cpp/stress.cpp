/// Threads that fit, score, draw, save and load at once, each on several threads of the library: what they find is, to
/// the last bit, what one thread found alone. All families, element types, strides and instruction sets, odd sizes,
/// weights, pruning on and off. For the sanitizers: `stress [rounds]`.
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <random>
#include <string>
#include <thread>

#include "check.hpp"
#include "gaussmix/gaussmix.hpp"

using namespace gaussmix;
namespace fs = std::filesystem;

namespace {

struct Size {
    Index n, d, n_components;
    double separation;  // of clusters, in their standard deviations
};

/// Tails of every tile, vector and panel; one size that is cut into chunks and one that is pruned.
constexpr Size sizes[] = {{1, 1, 1, 0},   {7, 3, 2, 1},    {33, 5, 3, 1},   {97, 2, 17, 1},
                          {193, 9, 4, 2}, {385, 17, 3, 1}, {101, 49, 2, 1}, {1501, 1, 5, 3},
                          {40, 66, 3, 1}, {2003, 8, 5, 1}, {3001, 7, 19, 9}};

constexpr CovarianceType families[] = {CovarianceType::full, CovarianceType::tied, CovarianceType::diag,
                                       CovarianceType::spherical};
constexpr Init inits[] = {Init::kmeans, Init::kmeans_plusplus, Init::random_from_data, Init::random};
constexpr Scalar scalars[] = {Scalar::f64, Scalar::f32, Scalar::f16, Scalar::i8,  Scalar::i16, Scalar::i32,
                              Scalar::i64, Scalar::u8,  Scalar::u16, Scalar::u32, Scalar::u64};

template <class T>
void put(char* to, T value) {
    std::memcpy(to, &value, sizeof value);
}

/// The bits of a whole number in 0 ... 127 as binary16.
std::uint16_t half(int value) {
    if (value == 0) return 0;
    int exponent = 0;
    while (value >> (exponent + 1) != 0) ++exponent;
    return static_cast<std::uint16_t>((exponent + 15) << 10 | (value << (10 - exponent) & 0x3FF));
}

/// Rows of whole numbers in 0 ... 127, so that every element type holds them, in memory of odd strides.
class Rows {
public:
    Rows(const Size& size, Scalar scalar, int layout) {
        const std::ptrdiff_t element = 8 + layout % 3;  // bytes from one number to the next: room for any type
        const std::ptrdiff_t line = element * (layout % 2 == 0 ? size.d : size.n) + layout % 5;
        const Index n_lines = layout % 2 == 0 ? size.n : size.d;
        memory_.resize(static_cast<std::size_t>(line * n_lines));
        view_ = {memory_.data(), scalar, size.n, size.d, line, element};
        if (layout % 2 == 1) std::swap(view_.row_stride, view_.feature_stride);
        char* origin = memory_.data();
        if (layout % 4 >= 2) {  // backwards
            origin += (size.n - 1) * view_.row_stride;
            view_.data = origin;
            view_.row_stride = -view_.row_stride;
        }
        std::mt19937_64 random(static_cast<std::uint64_t>(size.n * 100 + size.d));
        const auto spread = size.separation > 4 ? 7u : 40u;
        for (Index i = 0; i < size.n; ++i) {
            for (Index j = 0; j < size.d; ++j) {
                const int cluster = static_cast<int>(i % size.n_components * (j + 3) % 11);
                const int noise = static_cast<int>(random() % spread + random() % spread) / 2;
                write(origin + i * view_.row_stride + j * view_.feature_stride,
                      std::min(127, noise + (size.separation > 0 ? 8 * cluster : 0)));
            }
        }
    }

    const MatrixView& view() const { return view_; }

private:
    void write(char* to, int value) const {
        switch (view_.scalar) {
            case Scalar::f16: return put(to, half(value));
            case Scalar::f32: return put(to, static_cast<float>(value));
            case Scalar::f64: return put(to, static_cast<double>(value));
            case Scalar::i8: return put(to, static_cast<std::int8_t>(value));
            case Scalar::i16: return put(to, static_cast<std::int16_t>(value));
            case Scalar::i32: return put(to, static_cast<std::int32_t>(value));
            case Scalar::i64: return put(to, static_cast<std::int64_t>(value));
            case Scalar::u8: return put(to, static_cast<std::uint8_t>(value));
            case Scalar::u16: return put(to, static_cast<std::uint16_t>(value));
            case Scalar::u32: return put(to, static_cast<std::uint32_t>(value));
            case Scalar::u64: return put(to, static_cast<std::uint64_t>(value));
        }
    }

    std::vector<char> memory_;
    MatrixView view_;
};

/// One fit and all that can be done with what it found.
struct Case {
    Size size;
    Options options;
    Rows rows;
    std::vector<double> weights;  // or empty
    std::string instruction_set;

    Case(int number, const Size& size_, CovarianceType family, std::string isa)
        : size(size_), rows(size_, scalars[number % 11], number % 7), instruction_set(std::move(isa)) {
        options.n_components = size.n_components;
        options.covariance_type = family;
        options.init = inits[number % 4];
        options.max_iter = 6;
        options.tol = 0;
        options.seed = static_cast<std::uint64_t>(number);
        options.pruning = number % 3 == 0 ? Pruning::off : Pruning::automatic;
        if (number % 5 == 1) options.prior.emplace();
        for (Index i = 0; i < size.n && number % 2 == 1; ++i)
            weights.push_back(i % 9 == 4 ? 0 : 1 + 0.5 * static_cast<double>(i % 4));
        if (!weights.empty()) weights[0] = 1;
    }

    WeightsView weights_view() const {
        if (weights.empty()) return {};
        return {weights.data(), static_cast<Index>(weights.size())};
    }

    /// Every number that comes out, end to end.
    std::vector<double> outcome(int n_threads, const std::string& path) const {
        Execution execution;
        execution.n_threads = n_threads;
        execution.instruction_set = instruction_set;
        execution.poll = [] { return true; };
        const MatrixView& x = rows.view();
        const Model found = fit(options, x, weights_view(), {}, execution);
        Model saved;
        saved.parameters = found.parameters;
        saved.history = found.history;
        save(saved, path);
        const Parameters p = load(path).parameters;

        std::vector<double> out;
        const auto add = [&out](const auto& values) { out.insert(out.end(), values.begin(), values.end()); };
        add(found.history);
        add(p.weights);
        add(p.means);
        add(p.covariances);
        std::vector<double> log_density(static_cast<std::size_t>(x.n_rows));
        score_samples(found.scorer, x, log_density, execution);
        add(log_density);
        std::vector<double> probability(static_cast<std::size_t>(x.n_rows * p.n_components));
        predict_proba(found.scorer, x, probability, execution);
        add(probability);
        std::vector<std::int64_t> labels(static_cast<std::size_t>(x.n_rows));
        predict(found.scorer, x, labels, execution);
        add(labels);
        std::vector<double> drawn(static_cast<std::size_t>(x.n_rows * x.n_features));
        sample(p, x.n_rows, 1, drawn, labels, execution);
        add(drawn);
        out.push_back(score(found.scorer, x, weights_view(), execution));
        out.push_back(evidence(found.scorer, x, {}, execution).log_top_probability);
        return out;
    }
};

/// Calls that end in an exception while others compute.
bool failures_stay_where_they_are(const Case& job) {
    Execution execution;
    execution.n_threads = 3;
    int polls = 0;
    execution.poll = [&polls] { return ++polls < 2; };
    bool stopped = false;
    try {
        for (int i = 0; i < 2; ++i) fit(job.options, job.rows.view(), {}, {}, execution);
    } catch (const Error& error) {
        stopped = error.code() == Errc::interrupted;
    }
    try {
        fit(job.options, MatrixView{nullptr, Scalar::f64, 1, 1, 8, 8});
    } catch (const Error& error) {
        return stopped && error.code() == Errc::invalid_argument;
    }
    return false;
}

/// All write and read one file at once: whoever reads it sees the whole model that one of them wrote.
bool a_shared_file_is_whole(const std::string& path, int user) {
    Model model;
    model.parameters = {CovarianceType::spherical, 1, 1, {1.0}, {static_cast<double>(user)}, {1.0 + user}};
    model.history.assign(static_cast<std::size_t>(100 * (user + 1)), user);
    save(model, path);
    const Model read = load(path);
    const double writer = read.parameters.means[0];
    const bool own = read.history.size() == static_cast<std::size_t>(100 * (writer + 1));
    return own && read.history.back() == writer && read.parameters.covariances[0] == writer + 1;
}

std::vector<Case> all_cases() {
    std::vector<Case> cases;
    int number = 0;
    for (const std::string& isa : system_info().instruction_sets) {
        for (const Size& size : sizes) {
            for (const CovarianceType family : families) cases.emplace_back(++number, size, family, isa);
        }
    }
    return cases;
}

}  // namespace

int main(int argc, char** argv) {
    constexpr int n_users = 4;
    const int rounds = argc > 1 ? std::atoi(argv[1]) : 1;
    return check::run([rounds] {
        const fs::path folder =
            fs::temp_directory_path() / ("gaussmix-stress-" + std::to_string(std::random_device()()));
        fs::create_directory(folder);
        const std::vector<Case> cases = all_cases();
        std::vector<std::vector<double>> alone;
        for (const Case& job : cases) alone.push_back(job.outcome(1, (folder / "alone").string()));

        std::atomic<std::size_t> next{0};
        std::mutex reporting;
        const auto use = [&](int user) {
            for (std::size_t i = next++; i < cases.size() * static_cast<std::size_t>(rounds); i = next++) {
                const std::size_t at = i % cases.size();
                const std::vector<double> found = cases[at].outcome(1 + user, (folder / std::to_string(user)).string());
                const bool contained = i % 4 != 0 || failures_stay_where_they_are(cases[at]);
                const bool whole = a_shared_file_is_whole((folder / "shared").string(), user);
                const std::lock_guard<std::mutex> lock(reporting);
                CHECK(check::same_bits(found, alone[at]));
                CHECK(contained);
                CHECK(whole);
            }
        };
        std::vector<std::thread> users;
        for (int user = 0; user < n_users; ++user) users.emplace_back(use, user);
        for (std::thread& user : users) user.join();
        fs::remove_all(folder);
    });
}
