/// Checks that report where they failed, with the values, and count, so that one program can say all that is wrong.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <exception>
#include <iostream>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace check {

inline int failures = 0;
inline std::string filter;     // the tests whose names have it are run
inline std::string_view test;  // that is running

inline void report(bool good, const std::string& what, const char* file, int line) {
    if (good) return;
    ++failures;
    std::cerr << file << ":" << line << ": failed: " << what << "\n";
}

template <class T, class = void>
struct IsPrinted : std::false_type {};
template <class T>
struct IsPrinted<T, std::void_t<decltype(std::declval<std::ostream&>() << std::declval<const T&>())>> : std::true_type {
};

template <class T>
std::string show(const T& value) {
    std::ostringstream out;
    out.precision(std::numeric_limits<double>::max_digits10);
    if constexpr (std::is_enum_v<T>) {
        out << "enumerator " << static_cast<std::int64_t>(value);
    } else if constexpr (IsPrinted<T>::value) {
        out << std::boolalpha << value;
    } else {
        out << "something that is not printed";
    }
    return out.str();
}

template <class T>
std::string show(const std::vector<T>& values) {
    constexpr std::size_t most = 20;
    std::string text;
    for (std::size_t i = 0; i < values.size() && i < most; ++i) text += (i == 0 ? "" : ", ") + show(T(values[i]));
    return "{" + text + (values.size() > most ? ", ...} of " + std::to_string(values.size()) : "}");
}

template <class A, class B>
bool equal(const A& a, const B& b) {
    if constexpr (std::is_integral_v<A> && std::is_integral_v<B>) {
        return static_cast<std::int64_t>(a) == static_cast<std::int64_t>(b);
    } else {
        return a == b;
    }
}

template <class A, class B>
void report_equal(const A& a, const B& b, const char* what, const char* file, int line) {
    const bool good = equal(a, b);
    report(good, good ? "" : std::string(what) + ": " + show(a) + " is not " + show(b), file, line);
}

/// Whether a and b agree to a share of the larger, or to that number itself near zero.
inline bool close(double a, double b, double tolerance) {
    return std::fabs(a - b) <= tolerance * std::fmax(1.0, std::fmax(std::fabs(a), std::fabs(b)));
}

inline void report_close(double a, double b, double tolerance, const char* what, const char* file, int line) {
    const bool good = close(a, b, tolerance);
    report(good, good ? "" : std::string(what) + ": " + show(a) + " is not close to " + show(b), file, line);
}

/// Whether a and b are equal bit for bit: -0 is not 0, and NaN is itself.
inline bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

/// Runs the body; an exception that it does not expect is a failure too. Returns how many checks have failed.
template <class Body>
int run(Body&& body) {
    try {
        body();
    } catch (const std::exception& error) {
        report(false, std::string(test) + " throws: " + error.what(), "uncaught", 0);
    }
    return failures;
}

/// Runs one test, if its name has the filter, and says which it is.
template <class Body>
void run_test(std::string_view name, Body&& body) {
    if (name.find(filter) == std::string_view::npos) return;
    if (test != name) std::cout << name << std::endl;
    test = name;
    run(body);
}

/// Runs the tests of a program, `body`: PROGRAM [FILTER]. Returns how many checks have failed.
template <class Body>
int run(int argc, char** argv, Body&& body) {
    if (argc > 1) filter = argv[1];
    run(body);
    if (test.empty()) report(false, "no test has a name with " + filter, argv[0], 0);
    return failures;
}

}  // namespace check

/// One test of a program: a call, which is its name.
#define TEST(...) check::run_test(#__VA_ARGS__, [&] { __VA_ARGS__; })

#define CHECK(condition) check::report((condition), #condition, __FILE__, __LINE__)

#define CHECK_EQUAL(a, b) check::report_equal((a), (b), #a " == " #b, __FILE__, __LINE__)

#define CHECK_CLOSE(a, b, tolerance) \
    check::report_close((a), (b), (tolerance), #a " is close to " #b, __FILE__, __LINE__)

/// The expression throws gaussmix::Error of that code.
#define CHECK_THROWS(expression, expected)                                                                  \
    do {                                                                                                    \
        std::string thrown = "nothing";                                                                     \
        bool as_expected = false;                                                                           \
        try {                                                                                               \
            static_cast<void>(expression);                                                                  \
        } catch (const gaussmix::Error& error) {                                                            \
            as_expected = error.code() == (expected);                                                       \
            thrown = error.what();                                                                          \
        }                                                                                                   \
        check::report(as_expected, #expression " throws " #expected ", not " + thrown, __FILE__, __LINE__); \
    } while (false)
