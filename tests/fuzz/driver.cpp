/// Runs a fuzz target without libFuzzer: first every file of a corpus, then mutations of them, the same for a seed.
/// Where the target is compiled with -fsanitize-coverage=trace-pc, inputs that reach new code are mutated further.
#include <fcntl.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <utility>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

// A sanitizer that finds something is to end the program by a signal, so that the input can be kept.
extern "C" const char* __asan_default_options() { return "abort_on_error=1"; }
extern "C" const char* __ubsan_default_options() { return "abort_on_error=1:print_stacktrace=1"; }

namespace {

namespace fs = std::filesystem;

using Input = std::vector<std::uint8_t>;

constexpr std::size_t longest = 4096;       // bytes of a mutation
constexpr int most_seconds_an_input = 100;  // of CPU time

// What the signal handler reads.
const std::uint8_t* running = nullptr;
std::size_t running_size = 0;
char failing_path[4096];

// Plain numbers and the compiler's own atomic operations: the linker may keep an instrumented copy of a function of the
// standard library, which would call __sanitizer_cov_trace_pc again.
constexpr std::size_t n_places = 1 << 18;
std::uint8_t reached[n_places];
std::uint64_t n_reached = 0;

/// Keeps the input that was running and ends the program. Calls what a signal handler may call.
void keep_input(int signal) {
    const int file = open(failing_path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    const bool kept = file >= 0 && write(file, running, running_size) == static_cast<ssize_t>(running_size);
    const auto say = [](const char* text) {
        static_cast<void>(!write(STDERR_FILENO, text, std::char_traits<char>::length(text)));
    };
    say(signal == SIGPROF ? "The input takes too long.\n" : "The input ends the program.\n");
    say(kept ? "It is kept in " : "It could not be written to ");
    say(failing_path);
    say("\n");
    std::signal(SIGABRT, SIG_DFL);
    std::abort();
}

void limit_time(int seconds) {
    const itimerval limit{{0, 0}, {seconds, 0}};
    setitimer(ITIMER_PROF, &limit, nullptr);
}

/// Whether the input reached code that none before it did.
bool run(const Input& input) {
    const auto before = n_reached;
    running = input.data();
    running_size = input.size();
    limit_time(most_seconds_an_input);
    LLVMFuzzerTestOneInput(input.data(), input.size());
    limit_time(0);
    return n_reached != before;
}

/// Writes an input into a folder, under a name that is the same for the same bytes.
void keep(const Input& input, const fs::path& folder) {
    if (folder.empty()) return;
    std::uint64_t hash = 14695981039346656037u;
    for (const std::uint8_t b : input) hash = (hash ^ b) * 1099511628211u;
    char name[17];
    std::snprintf(name, sizeof name, "%016llx", static_cast<unsigned long long>(hash));
    std::ofstream(folder / name, std::ios::binary)
        .write(reinterpret_cast<const char*>(input.data()), static_cast<std::streamsize>(input.size()));
}

Input read_all(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Small changes of inputs, each chosen by the same generator.
class Mutator {
public:
    Mutator(std::uint64_t seed, const std::vector<Input>& corpus) : random_(seed), corpus_(corpus) {}

    Input next() {
        Input input = corpus_[below(corpus_.size())];
        for (std::size_t changes = 1 + below(6); changes > 0; --changes) change(input);
        if (input.size() > longest) input.resize(longest);
        return input;
    }

private:
    std::size_t below(std::size_t n) { return n == 0 ? 0 : static_cast<std::size_t>(random_() % n); }

    std::uint8_t byte() {
        constexpr std::uint8_t telling[] = {0, 1, 2, 7, 8, 15, 16, 31, 32, 0x7F, 0x80, 0xFE, 0xFF, '"', '0', '9'};
        return below(2) == 0 ? telling[below(std::size(telling))] : static_cast<std::uint8_t>(random_());
    }

    void change(Input& input) {
        const std::size_t at = below(input.size());
        const auto place = input.begin() + static_cast<std::ptrdiff_t>(at);
        const std::size_t left = input.size() - at;
        switch (below(input.empty() ? 1 : 8)) {
            case 0: {
                Input inserted(1 + below(8));
                for (std::uint8_t& b : inserted) b = byte();
                input.insert(place, inserted.begin(), inserted.end());
                break;
            }
            case 1: *place = byte(); break;
            case 2: *place = static_cast<std::uint8_t>(*place ^ (1u << below(8))); break;
            case 3: *place = static_cast<std::uint8_t>(*place + below(9) - 4); break;
            case 4:
                input.erase(place, place + static_cast<std::ptrdiff_t>(1 + below(std::min<std::size_t>(left, 16))));
                break;
            case 5: {  // a piece of this input elsewhere in it
                const Input piece(place,
                                  place + static_cast<std::ptrdiff_t>(1 + below(std::min<std::size_t>(left, 64))));
                input.insert(input.begin() + static_cast<std::ptrdiff_t>(below(input.size())), piece.begin(),
                             piece.end());
                break;
            }
            case 6: {  // the end of another input
                const Input& other = corpus_[below(corpus_.size())];
                input.resize(at);
                const std::size_t from = below(2) == 0 ? std::min(at, other.size()) : below(other.size());
                input.insert(input.end(), other.begin() + static_cast<std::ptrdiff_t>(from), other.end());
                break;
            }
            default:  // a stretch of one value
                std::fill_n(place, 1 + below(std::min<std::size_t>(left, 8)), byte());
        }
    }

    std::mt19937_64 random_;
    const std::vector<Input>& corpus_;
};

struct Arguments {
    double seconds = 0;  // of mutations; 0: only the corpus
    std::uint64_t seed = 1;
    fs::path keep = ".";  // where a failing input goes
    fs::path grow;        // where inputs that reach new code go
    std::vector<fs::path> corpus;
};

Arguments parse(int argc, char** argv) {
    Arguments arguments;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        const char* const value = i + 1 < argc ? argv[i + 1] : "";
        if (word.rfind("--", 0) != 0) {
            arguments.corpus.emplace_back(word);
            continue;
        }
        if (word == "--seconds") {
            arguments.seconds = std::strtod(value, nullptr);
        } else if (word == "--seed") {
            arguments.seed = std::strtoull(value, nullptr, 10);
        } else if (word == "--keep") {
            arguments.keep = value;
        } else if (word == "--grow") {
            arguments.grow = value;
        } else {
            std::fprintf(stderr,
                         "usage: %s [--seconds S] [--seed N] [--keep FOLDER] [--grow FOLDER] [FILE OR FOLDER ...]\n",
                         argv[0]);
            std::exit(2);
        }
        ++i;
    }
    return arguments;
}

std::vector<fs::path> files_of(const std::vector<fs::path>& places) {
    std::vector<fs::path> files;
    for (const fs::path& place : places) {
        if (!fs::is_directory(place))
            files.push_back(place);
        else
            for (const auto& entry : fs::directory_iterator(place)) files.push_back(entry.path());
    }
    // The smallest first: with an empty folder to grow, what is kept there is a small corpus that reaches as much.
    std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
        return std::pair(fs::file_size(a), a) < std::pair(fs::file_size(b), b);
    });
    return files;
}

}  // namespace

/// Called by instrumented code at the start of each block.
extern "C" __attribute__((no_sanitize_coverage)) void __sanitizer_cov_trace_pc() {
    const auto place = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
    std::uint8_t* const cell = &reached[(place ^ (place >> 18)) % n_places];
    if (__atomic_load_n(cell, __ATOMIC_RELAXED) != 0) return;
    if (__atomic_exchange_n(cell, std::uint8_t{1}, __ATOMIC_RELAXED) == 0) {
        __atomic_fetch_add(&n_reached, 1, __ATOMIC_RELAXED);
    }
}

int main(int argc, char** argv) {
    const Arguments arguments = parse(argc, argv);
    const std::string name = fs::path(argv[0]).filename().string();
    std::snprintf(failing_path, sizeof failing_path, "%s/failing-%s-%llu", arguments.keep.c_str(), name.c_str(),
                  static_cast<unsigned long long>(arguments.seed));
    for (const int signal : {SIGABRT, SIGPROF, SIGFPE, SIGILL}) std::signal(signal, keep_input);

    std::vector<Input> corpus;
    const std::vector<fs::path> files = files_of(arguments.corpus);
    for (const fs::path& file : files) {
        corpus.push_back(read_all(file));
        if (run(corpus.back())) keep(corpus.back(), arguments.grow);
    }
    if (corpus.empty()) corpus.emplace_back();

    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + std::chrono::duration<double>(arguments.seconds);
    Mutator mutator(arguments.seed, corpus);
    std::uint64_t n_runs = 0;
    for (; Clock::now() < end; ++n_runs) {
        Input input = mutator.next();
        if (!run(input)) continue;
        keep(input, arguments.grow);
        corpus.push_back(std::move(input));
    }
    std::printf("%s: %zu inputs of the corpus, %llu mutations, %llu places reached\n", name.c_str(), files.size(),
                static_cast<unsigned long long>(n_runs), static_cast<unsigned long long>(n_reached));
    return 0;
}
