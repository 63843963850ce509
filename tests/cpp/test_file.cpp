/// Model files come back bit for bit, and a damaged one is refused whatever its bytes.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>
#include <string>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/resource.h>

#include <csignal>
#endif

#include "check.hpp"
#include "gaussmix/error.hpp"
#include "gaussmix/gaussmix.hpp"
#include "two_clusters.hpp"

using namespace gaussmix;
namespace fs = std::filesystem;

namespace {

/// A folder of its own for the test, removed at the end.
class Folder {
public:
    Folder() : path_(fs::temp_directory_path() / ("gaussmix-test-" + std::to_string(std::random_device()()))) {
        fs::create_directory(path_);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { fs::remove_all(path_); }

    std::string file(const std::string& name) const { return (path_ / name).string(); }
    auto entries() const { return std::distance(fs::directory_iterator(path_), fs::directory_iterator()); }

private:
    fs::path path_;
};

/// Numbers that a detour through text would change.
Model awkward(CovarianceType family) {
    Model model;
    Parameters& p = model.parameters;
    p.covariance_type = family;
    p.n_components = 2;
    p.n_features = 2;
    p.weights = {1.0 / 3, 2.0 / 3};
    p.means = {-0.0, 5e-324, 0.1, -1.7976931348623157e308};
    switch (plain_family(family)) {
        case CovarianceType::tied: p.covariances = {1, 0.1, 0.1, 2}; break;
        case CovarianceType::diag: p.covariances = {1, 1e-300, 1e300, 2}; break;
        case CovarianceType::spherical: p.covariances = {1e-200, 1.0 / 7}; break;
        default: p.covariances = {1, 0.1, 0.1, 2, 3, -0.2, -0.2, 1.0 / 7};
    }
    model.status = Status::stalled;
    model.n_iter = 3;
    model.history = {-1e300, -1.0 / 3, 0.1};
    model.events = {{0, 1, Act::jitter}, {2, 0, Act::prune}};
    model.feature_names = {"a \"quoted\" \\ name\n", "longueur d'\xC3\xA9tamine \xF0\x9F\x8C\xB8"};
    model.collapsed = {0, 1};
    return model;
}

std::string read_all(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_all(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void everything_comes_back(const Folder& folder, CovarianceType family) {
    const Model model = awkward(family);
    const std::string path = folder.file("model.safetensors");
    save(model, path);
    const Model back = load(path);
    CHECK_EQUAL(back.parameters.covariance_type, family);
    CHECK_EQUAL(back.parameters.n_components, 2);
    CHECK_EQUAL(back.parameters.n_features, 2);
    CHECK(check::same_bits(back.parameters.weights, model.parameters.weights));
    CHECK(check::same_bits(back.parameters.means, model.parameters.means));
    CHECK(check::same_bits(back.parameters.covariances, model.parameters.covariances));
    CHECK(check::same_bits(back.history, model.history));
    CHECK_EQUAL(back.status, Status::stalled);
    CHECK_EQUAL(back.n_iter, 3);
    CHECK_EQUAL(back.feature_names, model.feature_names);
    CHECK(back.events.size() == 2 && back.events[0].act == Act::jitter && back.events[1].act == Act::prune &&
          back.events[1].iteration == 2 && back.events[0].component == 1);
    CHECK_EQUAL(back.collapsed, model.collapsed);
    CHECK_EQUAL(folder.entries(), 1);
}

/// Of variational Bayes: rows have the same scores, and a fit goes on.
void a_posterior_comes_back(const Folder& folder, CovarianceType family, bool process) {
    const TwoClusters data(300);
    Options options;
    options.n_components = 3;
    options.covariance_type = family;
    options.prior.emplace();
    options.variational = WeightPrior{process, {}};
    Model fitted = fit(options, data.view());
    const std::string path = folder.file("posterior.safetensors");
    fitted.feature_names = {"length", "width"};
    save(fitted, path);
    const Model back = load(path);
    CHECK(back.posterior.has_value());
    CHECK(check::same_bits(back.posterior->concentration, fitted.posterior->concentration));
    CHECK(check::same_bits(back.posterior->mean_precision, fitted.posterior->mean_precision));
    CHECK(check::same_bits(back.posterior->degrees_of_freedom, fitted.posterior->degrees_of_freedom));
    CHECK_EQUAL(back.feature_names, std::vector<std::string>({"length", "width"}));

    std::vector<double> before(300);
    std::vector<double> after(300);
    score_samples(fitted.scorer, data.view(), before);
    score_samples(back, data.view(), after);
    CHECK(check::same_bits(before, after));
    options.max_iter = 2;
    options.tol = 0;
    const Model on = fit(options, data.view(), {}, Inferred{back.parameters, *back.posterior});
    CHECK(check::same_bits(on.history,
                           fit(options, data.view(), {}, Inferred{fitted.parameters, *fitted.posterior}).history));

    // Without its posterior it is no start.
    Model plain = back;
    plain.posterior.reset();
    save(plain, path);
    plain = load(path);
    CHECK(!plain.posterior);
    CHECK_THROWS(fit(options, data.view(), {}, plain.parameters), Errc::invalid_argument);
}

void a_model_that_could_not_be_loaded_is_not_saved(const Folder& folder) {
    const std::string path = folder.file("refused.safetensors");
    Model model = awkward(CovarianceType::full);
    model.parameters.means[0] = std::numeric_limits<double>::infinity();
    CHECK_THROWS(save(model, path), Errc::invalid_argument);
    model = awkward(CovarianceType::full);
    model.feature_names = {"only one"};
    CHECK_THROWS(save(model, path), Errc::invalid_argument);
    model.feature_names = {"fine", "not \xFF UTF-8"};
    CHECK_THROWS(save(model, path), Errc::invalid_argument);
    model = awkward(CovarianceType::full);
    model.feature_names = {"fine", std::string(17 << 20, 'x')};
    CHECK_THROWS(save(model, path), Errc::invalid_argument);
    const auto refuses = [&](auto change) {
        Model changed = awkward(CovarianceType::full);
        change(changed);
        CHECK_THROWS(save(changed, path), Errc::invalid_argument);
    };
    const Posterior posterior{{1, 2}, {1, 2}, {3, 4}};
    Model inferred = awkward(CovarianceType::full);
    inferred.posterior = posterior;
    save(inferred, path);
    fs::remove(path);
    for (std::vector<double> Posterior::* part :
         {&Posterior::concentration, &Posterior::mean_precision, &Posterior::degrees_of_freedom}) {
        for (const std::vector<double>& bad : {std::vector<double>{1, 0}, {1}, {1, 2, 3}, {}, {NAN, 2}}) {
            refuses([&](Model& m) {
                m.posterior = posterior;
                *m.posterior.*part = bad;
            });
        }
    }
    refuses([](Model& m) { m.n_iter = -1; });
    refuses([](Model& m) { m.history[1] = std::numeric_limits<double>::quiet_NaN(); });
    refuses([](Model& m) { m.history[1] = std::numeric_limits<double>::infinity(); });
    refuses([](Model& m) { m.events[0].component = 2; });
    refuses([](Model& m) { m.events[0].component = -1; });
    refuses([](Model& m) { m.events[0].iteration = -1; });
    refuses([](Model& m) { m.collapsed = {2}; });
    refuses([](Model& m) { m.collapsed = {-1}; });
    refuses([](Model& m) { m.collapsed = {1, 0}; });
    CHECK(!fs::exists(path));
}

void a_failed_save_leaves_nothing_behind(const Folder& folder) {
    const Model model = awkward(CovarianceType::tied);
    CHECK_THROWS(save(model, folder.file("no such folder/model")), Errc::io);
    fs::create_directory(folder.file("folder"));
    const auto before = folder.entries();
    CHECK_THROWS(save(model, folder.file("folder")), Errc::io);
    CHECK_THROWS(load(folder.file("folder")), Errc::io);
    CHECK_THROWS(load(folder.file("absent")), Errc::io);
    CHECK_EQUAL(folder.entries(), before);
}

void a_link_stays_a_link(const Folder& folder) {
    const std::string path = folder.file("there.safetensors");
    const std::string link = folder.file("link.safetensors");
    fs::create_symlink("there.safetensors", link);
    save(awkward(CovarianceType::tied), link);
    CHECK(fs::is_symlink(link) && fs::is_regular_file(path));
    save(awkward(CovarianceType::full), link);
    CHECK(fs::is_symlink(link) && load(path).parameters.covariance_type == CovarianceType::full);
    fs::remove(path);
    fs::create_symlink("link.safetensors", path);  // the two lead to each other
    CHECK_THROWS(save(awkward(CovarianceType::tied), link), Errc::io);
    CHECK(fs::is_symlink(link) && fs::is_symlink(path));
    fs::remove(path);
    fs::remove(link);
}

#if defined(__unix__) || defined(__APPLE__)
/// As when the disk is full: the file that was there stays as it was.
void a_full_disk_is_told(const Folder& folder) {
    const std::string path = folder.file("kept.safetensors");
    save(awkward(CovarianceType::diag), path);
    const std::string before = read_all(path);
    Model large = awkward(CovarianceType::diag);
    large.n_iter = 100000;
    large.history.assign(100000, -1.0);
    rlimit limit{};
    getrlimit(RLIMIT_FSIZE, &limit);
    const rlim_t allowed = limit.rlim_cur;
    const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
    for (const rlim_t bytes : {rlim_t{0}, rlim_t{100}, rlim_t{300000}}) {
        limit.rlim_cur = bytes;
        setrlimit(RLIMIT_FSIZE, &limit);
        if (bytes == 0)
            CHECK_THROWS(save(awkward(CovarianceType::diag), path), Errc::io);  // all of it waits in a buffer
        CHECK_THROWS(save(large, path), Errc::io);
        limit.rlim_cur = allowed;
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    std::signal(SIGXFSZ, ignored);
    CHECK_EQUAL(read_all(path), before);
    CHECK_EQUAL(folder.entries(), 1);
}
#endif

/// Any outcome but a loaded model or Error(bad_file) ends the program, and the sanitizers watch the rest.
void try_to_load(const std::string& path, const std::string& bytes) {
    write_all(path, bytes);
    try {
        load(path);
    } catch (const Error& error) {
        CHECK_EQUAL(error.code(), Errc::bad_file);
    }
}

/// Files that are whole, but say what cannot be.
void what_cannot_be_is_refused(const Folder& folder) {
    const std::string path = folder.file("odd.safetensors");
    save(awkward(CovarianceType::diag), path);
    const std::string good = read_all(path);
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string bytes = good;
        const std::size_t at = bytes.find(from);
        CHECK(at != std::string::npos && from.size() == to.size());
        bytes.replace(at, from.size(), to);
        write_all(path, bytes);
        std::string message;
        try {
            load(path);
        } catch (const Error& error) {
            if (error.code() == Errc::bad_file) message = error.what();
        }
        return message;
    };
    const auto tells = [](const std::string& message, const char* words) {
        check::report(message.find(words) != std::string::npos, (std::string(words) + " in " + message).c_str(),
                      __FILE__, __LINE__);
    };
    CHECK(with("stalled", "stalled").empty());
    tells(with("\"shape\":[2,2]", "\"shape\":[4]  "), "'means' has the shape (4), expected (K, d)");
    tells(with("\"shape\":[2,2]", "\"shape\":[1,4]"), "'weights' has the shape");
    tells(with("\"shape\":[2,2]", "\"shape\":[2,3]"), "shape");
    tells(with("\"F64\"", "\"F32\""), "expected 'F64'");
    tells(with("stalled", "stolen!"), "stolen!");
    tells(with("n_iter\":\"3\"", "n_iter\":\"x\""), "n_iter");
    tells(with("prune", "plume"), "plume");
    tells(with("[2,0,", "[2,7,"), "component");
    tells(with("history", "mystery"), "mystery");
    tells(with("diag", "diaq"), "diaq");
}

void headers_that_are_no_header_are_refused(const Folder& folder) {
    const std::string path = folder.file("header.safetensors");
    const auto refuses = [&](const std::string& header) {
        std::string bytes(8, '\0');
        for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(header.size() >> (8 * i) & 0xFF);
        write_all(path, bytes + header);
        CHECK_THROWS(load(path), Errc::bad_file);
    };
    refuses("");
    refuses("{}");
    refuses("{} {}");
    refuses("{\"a\":{},\"a\":{}}");
    refuses("{\"__metadata__\":{\"a\":\"\\ud83c\"}}");
    refuses("{\"__metadata__\":{\"a\":\"\\ud83c\\u0041\"}}");
    refuses("{\"__metadata__\":{\"a\":\"\\udf38\"}}");
    for (const char* const number : {"-1", "01", "1.5", "", "99999999999999999999", "9223372036854775808"}) {
        refuses(std::string("{\"means\":{\"dtype\":\"F64\",\"shape\":[") + number + "],\"data_offsets\":[0,8]}}");
    }
    std::string many = "{\"__metadata__\":{";
    for (int i = 0; i < 100000; ++i) many += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":\"\"";
    refuses(many + "}}");
}

#if defined(__linux__)
void what_cannot_be_read_is_told() {
    CHECK_THROWS(load("/proc/self/mem"), Errc::io);  // a regular file, of no size
}
#endif

void damage_is_refused_whatever_the_bytes(const Folder& folder) {
    const std::string path = folder.file("damaged.safetensors");
    save(awkward(CovarianceType::diag), path);
    const std::string good = read_all(path);
    for (std::size_t size = 0; size < good.size(); ++size) {
        write_all(path, good.substr(0, size));
        CHECK_THROWS(load(path), Errc::bad_file);
    }
    write_all(path, good + "x");
    CHECK_THROWS(load(path), Errc::bad_file);

    std::mt19937 random(1);
    for (int i = 0; i < 2000; ++i) {
        std::string bad = good;
        for (auto flips = 1 + random() % 3; flips > 0; --flips)
            bad[random() % bad.size()] = static_cast<char>(random());
        try_to_load(path, bad);
    }
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        const Folder folder;
        for (const CovarianceType family : {CovarianceType::full, CovarianceType::tied, CovarianceType::diag,
                                            CovarianceType::spherical, CovarianceType::evi, CovarianceType::eev}) {
            TEST(everything_comes_back(folder, family));
            if (plain_family(family) != family) continue;
            for (const bool process : {true, false}) TEST(a_posterior_comes_back(Folder(), family, process));
        }
        TEST(a_model_that_could_not_be_loaded_is_not_saved(folder));
        TEST(a_link_stays_a_link(Folder()));
#if defined(__unix__) || defined(__APPLE__)
        TEST(a_full_disk_is_told(Folder()));
#endif
        TEST(a_failed_save_leaves_nothing_behind(folder));
        TEST(what_cannot_be_is_refused(folder));
        TEST(headers_that_are_no_header_are_refused(folder));
#if defined(__linux__)
        TEST(what_cannot_be_read_is_told());
#endif
        TEST(damage_is_refused_whatever_the_bytes(folder));
    });
}
