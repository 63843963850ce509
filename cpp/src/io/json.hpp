/// JSON (RFC 8259), as far as the header of a model file needs it.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

#include "gaussmix/matrix_view.hpp"
#include "text/format.hpp"

namespace gaussmix::model {

/// Reads a text whose structure the caller knows: each call takes the next value and throws Error(bad_file) if the text
/// holds anything else. So nothing recurses, and nothing is stored except what the caller asks for.
class JsonReader {
public:
    /// The text, and its name in errors; both must outlive the reader.
    JsonReader(std::string_view text, std::string_view name) : text_(text), name_(name) {}

    /// Calls read_member(key) for each member; it must read the value. Keys are unique and at most `most_members`.
    template <class ReadMember>
    void object(ReadMember&& read_member);

    /// Calls read_element() for each element; it must read the value.
    template <class ReadElement>
    void array(ReadElement&& read_element);

    /// Returns a string, in valid UTF-8.
    std::string string();

    /// Returns a number without sign, fraction or exponent that fits an Index.
    Index whole_number();

    /// Throws Error(bad_file) unless only white space is left.
    void end();

    /// Throws Error(bad_file), with the position of the reader.
    [[noreturn]] void fail(const std::string& what) const;

private:
    static constexpr std::size_t most_members = 1000;

    void skip_space() noexcept;
    bool accept(char token) noexcept;
    void expect(char token);
    char next();
    unsigned four_hex_digits();
    void append_escape(std::string& out);

    std::string_view text_;
    std::string_view name_;
    std::size_t at_ = 0;
};

/// Returns a text as a JSON string, including quotes.
std::string json_string(std::string_view text);

/// Returns whether a text is well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates).
bool is_utf8(std::string_view text) noexcept;

/// Returns a text from a file in the form for an error message: quoted, short, printable.
std::string excerpt(std::string_view text);

template <class ReadMember>
void JsonReader::object(ReadMember&& read_member) {
    expect('{');
    if (accept('}')) return;
    std::set<std::string> seen;
    do {
        const std::string key = string();
        if (!seen.insert(key).second) fail(text::format("the key {} stands twice in one object", excerpt(key)));
        if (seen.size() > most_members) fail(text::format("an object has more than {} members", most_members));
        expect(':');
        read_member(key);
    } while (accept(','));
    expect('}');
}

template <class ReadElement>
void JsonReader::array(ReadElement&& read_element) {
    expect('[');
    if (accept(']')) return;
    do read_element();
    while (accept(','));
    expect(']');
}

}  // namespace gaussmix::model
