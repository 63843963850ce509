/// Messages: patterns with values of every kind in them.
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "check.hpp"
#include "gaussmix/parameters.hpp"
#include "text/format.hpp"
#include "text/invalid.hpp"

using namespace gaussmix;

namespace {

template <class Call>
std::string message(Call call) {
    try {
        call();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

void a_pattern_is_filled_in_order() {
    CHECK_EQUAL(text::format("plain"), std::string("plain"));
    CHECK_EQUAL(text::format("{}={} at {}", "tol", -1, 0U), std::string("tol=-1 at 0"));
    CHECK_EQUAL(text::format("{}{}", std::string("a"), std::string_view("b")), std::string("ab"));
}

void numbers_are_printed_as_people_write_them() {
    CHECK_EQUAL(text::format("{}", std::numeric_limits<std::int64_t>::min()), std::string("-9223372036854775808"));
    CHECK_EQUAL(text::format("{}", std::numeric_limits<std::uint64_t>::max()), std::string("18446744073709551615"));
    CHECK_EQUAL(text::format("{} {} {}", 0.1, 1e-9, 2.5F), std::string("0.1 1e-09 2.5"));
    CHECK_EQUAL(text::format("{}", std::uint8_t{200}), std::string("200"));
    CHECK_EQUAL(text::format("{}", CovarianceType::diag), std::string("2"));
}

void values_are_no_patterns() {
    CHECK_EQUAL(text::format("{}: {}", "{}", "b"), std::string("{}: b"));
    CHECK_EQUAL(message([] { text::invalid("init='{}' is unknown: use one of {}", "{}", "'a', 'b'"); }),
                std::string("init='{}' is unknown: use one of 'a', 'b'"));
    CHECK_THROWS(text::invalid("no values"), Errc::invalid_argument);
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        TEST(a_pattern_is_filled_in_order());
        TEST(numbers_are_printed_as_people_write_them());
        TEST(values_are_no_patterns());
    });
}
