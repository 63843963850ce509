/// Summaries, scorers, moments and plain numbers as words of eight bytes, least significant byte first: a mark of the
/// kind, the version, the numbers, with its size before each array, and a checksum of all words before it.
#include "gaussmix/bytes.hpp"

#include <array>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "moments/check.hpp"
#include "random/random.hpp"
#include "rows/scorer_check.hpp"
#include "rows/summary.hpp"
#include "scatter/scatter.hpp"
#include "text/format.hpp"
#include "text/invalid.hpp"

namespace gaussmix {
namespace {

constexpr std::uint64_t summary_mark = 0x4D55532D584D4721;  // "!GMX-SUM"
constexpr std::uint64_t scorer_mark = 0x5243532D584D4721;   // "!GMX-SCR"
constexpr std::uint64_t moments_mark = 0x4D4F4D2D584D4721;  // "!GMX-MOM"
constexpr std::uint64_t numbers_mark = 0x4D554E2D584D4721;  // "!GMX-NUM"
constexpr std::uint64_t version = 1;
constexpr std::size_t word_size = 8;

class Writer {
public:
    explicit Writer(std::uint64_t mark) {
        whole(mark);
        whole(version);
    }

    void whole(std::uint64_t word) {
        sum_ = random::mix(sum_ ^ word);
        put(word);
    }
    void index(Index value) { whole(static_cast<std::uint64_t>(value)); }
    void number(double value) {
        std::uint64_t word = 0;
        std::memcpy(&word, &value, sizeof word);
        whole(word);
    }
    void numbers(const std::vector<double>& values) {
        whole(values.size());
        for (const double value : values) number(value);
    }

    std::vector<std::uint8_t> bytes() && {
        put(sum_);
        return std::move(bytes_);
    }

private:
    void put(std::uint64_t word) {
        for (std::size_t i = 0; i < word_size; ++i) bytes_.push_back(static_cast<std::uint8_t>(word >> (8 * i)));
    }

    std::vector<std::uint8_t> bytes_;
    std::uint64_t sum_ = 0;
};

class Reader {
public:
    Reader(const void* bytes, std::size_t size, std::uint64_t mark, const char* what)
        : bytes_(static_cast<const std::uint8_t*>(bytes)), what_(what) {
        if (bytes == nullptr && size > 0) refuse("are null");
        if (size % word_size != 0 || size < 3 * word_size) refuse("are cut off");
        n_left_ = size / word_size - 1;  // without the checksum
        if (whole() != mark) refuse("are of something else");
        const std::uint64_t found = whole();
        if (found != version) {
            refuse(text::format(
                "are of version {}, but this library knows version {} alone: use the same release everywhere", found,
                version));
        }
        std::uint64_t sum = 0;
        const std::size_t n_words = size / word_size - 1;
        for (std::size_t i = 0; i < n_words; ++i) sum = random::mix(sum ^ word(i));
        if (sum != word(n_words)) refuse("were changed on the way");
    }

    std::uint64_t whole() {
        if (n_left_ == 0) refuse("are cut off");
        --n_left_;
        return word(next_++);
    }
    Index index() { return static_cast<Index>(whole()); }
    double number() {
        const std::uint64_t word = whole();
        double value = 0;
        std::memcpy(&value, &word, sizeof value);
        return value;
    }
    std::size_t size() {
        const std::uint64_t n = whole();
        if (n > n_left_) refuse("are cut off");
        return n;
    }
    std::vector<double> numbers() {
        std::vector<double> values(size());
        for (double& value : values) value = number();
        return values;
    }
    bool at_end() const { return n_left_ == 0; }
    void end() const {
        if (n_left_ != 0) refuse("go on after their end");
    }

    [[noreturn]] void refuse(const std::string& why) const {
        text::invalid("the bytes of {} {}: give those that to_bytes returned, all of them", what_, why);
    }

private:
    std::uint64_t word(std::size_t at) const {
        std::uint64_t result = 0;
        for (std::size_t i = 0; i < word_size; ++i) {
            result |= static_cast<std::uint64_t>(bytes_[at * word_size + i]) << (8 * i);
        }
        return result;
    }

    const std::uint8_t* bytes_;
    const char* what_;
    std::size_t next_ = 0;
    std::size_t n_left_ = 0;
};

/// The arrays of a scorer, in the order they are written in.
template <class Numbers>
auto parts_of(Numbers& numbers) {
    return std::array{&numbers.means,          &numbers.factors,       &numbers.centre,
                      &numbers.whitened_means, &numbers.log_constants, &numbers.weights,
                      &numbers.turn,           &numbers.scales,        &numbers.offsets};
}

}  // namespace

std::vector<std::uint8_t> to_bytes(const Summary& summary) {
    rows::check_piece(summary);
    Writer writer(summary_mark);
    writer.index(summary.n_rows);
    writer.number(summary.total_weight);
    for (const std::vector<double>* part : {&summary.means, &summary.variances, &summary.minima, &summary.maxima}) {
        writer.numbers(*part);
    }
    writer.whole(summary.exponents.size());
    for (const int exponent : summary.exponents) writer.index(exponent);
    if (!summary.together.empty()) writer.numbers(summary.together);
    return std::move(writer).bytes();
}

Summary summary_from_bytes(const void* bytes, std::size_t size) {
    Reader reader(bytes, size, summary_mark, "a summary");
    Summary summary;
    summary.n_rows = reader.index();
    summary.total_weight = reader.number();
    for (std::vector<double>* part : {&summary.means, &summary.variances, &summary.minima, &summary.maxima}) {
        *part = reader.numbers();
    }
    summary.exponents.resize(reader.size());
    for (int& exponent : summary.exponents) exponent = static_cast<int>(reader.index());
    if (!reader.at_end()) summary.together = reader.numbers();
    reader.end();
    rows::check_piece(summary);
    return summary;
}

std::vector<std::uint8_t> to_bytes(const Scorer& scorer) {
    const ScorerNumbers& numbers = scorer.numbers();
    rows::check(numbers);
    Writer writer(scorer_mark);
    writer.index(static_cast<Index>(numbers.whitening));
    writer.index(numbers.n_components);
    writer.index(numbers.n_features);
    for (const std::vector<double>* part : parts_of(numbers)) writer.numbers(*part);
    if (numbers.box.known()) {
        writer.numbers(numbers.box.middle);
        writer.numbers(numbers.box.log_widths);
    }
    return std::move(writer).bytes();
}

Scorer scorer_from_bytes(const void* bytes, std::size_t size) {
    Reader reader(bytes, size, scorer_mark, "a scorer");
    ScorerNumbers numbers;
    const Index kind = reader.index();
    if (kind < 0 || kind > std::numeric_limits<std::uint8_t>::max()) reader.refuse("are of an unknown whitening");
    numbers.whitening = static_cast<Whitening>(kind);
    numbers.n_components = reader.index();
    numbers.n_features = reader.index();
    for (std::vector<double>* part : parts_of(numbers)) *part = reader.numbers();
    if (!reader.at_end()) {
        numbers.box.middle = reader.numbers();
        numbers.box.log_widths = reader.numbers();
    }
    reader.end();
    rows::check(numbers);
    return Scorer(std::move(numbers));
}

std::vector<std::uint8_t> to_bytes(const Moments& moments) {
    moments::check_piece(moments);
    Writer writer(moments_mark);
    writer.whole(static_cast<std::uint64_t>(moments.scatter_kind));
    for (const Index value : {moments.n_components, moments.n_features, moments.n_rows}) writer.index(value);
    writer.whole(moments.model);
    for (const double value : {moments.total_weight, moments.log_likelihood, moments.rounding}) writer.number(value);
    for (const std::vector<double>* part : {&moments.weights, &moments.reference, &moments.first, &moments.scatter}) {
        writer.numbers(*part);
    }
    if (!moments.spread.empty()) writer.numbers(moments.spread);
    return std::move(writer).bytes();
}

Moments moments_from_bytes(const void* bytes, std::size_t size) {
    Reader reader(bytes, size, moments_mark, "moments");
    Moments moments;
    const std::uint64_t kind = reader.whole();
    if (kind >= scatter::n_forms) reader.refuse("have an unknown kind of scatter");
    moments.scatter_kind = static_cast<Scatter>(kind);
    for (Index* value : {&moments.n_components, &moments.n_features, &moments.n_rows}) *value = reader.index();
    moments.model = reader.whole();
    for (double* value : {&moments.total_weight, &moments.log_likelihood, &moments.rounding}) *value = reader.number();
    for (std::vector<double>* part : {&moments.weights, &moments.reference, &moments.first, &moments.scatter}) {
        *part = reader.numbers();
    }
    if (!reader.at_end()) moments.spread = reader.numbers();
    reader.end();
    moments::check_piece(moments);
    return moments;
}

std::vector<std::uint8_t> to_bytes(const std::vector<double>& numbers) {
    Writer writer(numbers_mark);
    writer.numbers(numbers);
    return std::move(writer).bytes();
}

std::vector<double> numbers_from_bytes(const void* bytes, std::size_t size) {
    Reader reader(bytes, size, numbers_mark, "numbers");
    std::vector<double> numbers = reader.numbers();
    reader.end();
    return numbers;
}

}  // namespace gaussmix
