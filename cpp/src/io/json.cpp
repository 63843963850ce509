#include "io/json.hpp"

#include <limits>

#include "gaussmix/error.hpp"
#include "text/format.hpp"

namespace gaussmix::model {
namespace {

constexpr char hex_digits[] = "0123456789abcdef";

bool is_surrogate(unsigned code_point) noexcept { return code_point >= 0xD800 && code_point <= 0xDFFF; }

void append_utf8(std::string& out, unsigned code_point) {
    const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80 | ((code_point >> shift) & 0x3F)); };
    if (code_point < 0x80) {
        out += static_cast<char>(code_point);
    } else if (code_point < 0x800) {
        out += static_cast<char>(0xC0 | (code_point >> 6));
        tail(0);
    } else if (code_point < 0x10000) {
        out += static_cast<char>(0xE0 | (code_point >> 12));
        tail(6);
        tail(0);
    } else {
        out += static_cast<char>(0xF0 | (code_point >> 18));
        tail(12);
        tail(6);
        tail(0);
    }
}

}  // namespace

void JsonReader::fail(const std::string& what) const {
    throw Error(Errc::bad_file, text::format("{} (at byte {} of {})", what, at_, name_));
}

void JsonReader::skip_space() noexcept {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) {
        ++at_;
    }
}

bool JsonReader::accept(char token) noexcept {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != token) return false;
    ++at_;
    return true;
}

void JsonReader::expect(char token) {
    if (accept(token)) return;
    const std::string found = at_ < text_.size() ? excerpt(text_.substr(at_, 1)) : "the end";
    fail(text::format("expected {}, found {}", excerpt({&token, 1}), found));
}

char JsonReader::next() {
    if (at_ >= text_.size()) fail("a string does not end");
    return text_[at_++];
}

std::string JsonReader::string() {
    expect('"');
    std::string out;
    for (char c = next(); c != '"'; c = next()) {
        if (static_cast<unsigned char>(c) < 0x20) fail("a string holds a bare control character");
        if (c == '\\') {
            append_escape(out);
        } else {
            out += c;
        }
    }
    if (!is_utf8(out)) fail("a string is not valid UTF-8");
    return out;
}

void JsonReader::append_escape(std::string& out) {
    switch (next()) {
        case '"': out += '"'; return;
        case '\\': out += '\\'; return;
        case '/': out += '/'; return;
        case 'b': out += '\b'; return;
        case 'f': out += '\f'; return;
        case 'n': out += '\n'; return;
        case 'r': out += '\r'; return;
        case 't': out += '\t'; return;
        case 'u': break;
        default: fail("a string holds an unknown escape");
    }
    unsigned code_point = four_hex_digits();
    if (is_surrogate(code_point)) {
        const bool high_first = code_point < 0xDC00 && next() == '\\' && next() == 'u';
        const unsigned low = high_first ? four_hex_digits() : 0;
        if (low < 0xDC00 || low > 0xDFFF) fail("a string holds half of a surrogate pair");
        code_point = 0x10000 + ((code_point - 0xD800) << 10) + (low - 0xDC00);
    }
    append_utf8(out, code_point);
}

unsigned JsonReader::four_hex_digits() {
    unsigned value = 0;
    for (int i = 0; i < 4; ++i) {
        const char c = next();
        value <<= 4;
        if (c >= '0' && c <= '9') {
            value += static_cast<unsigned>(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            value += static_cast<unsigned>(c - 'a') + 10;
        } else if (c >= 'A' && c <= 'F') {
            value += static_cast<unsigned>(c - 'A') + 10;
        } else {
            fail("\\u needs four hexadecimal digits");
        }
    }
    return value;
}

Index JsonReader::whole_number() {
    skip_space();
    const std::size_t start = at_;
    Index value = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
        const Index digit = text_[at_] - '0';
        if (value > (std::numeric_limits<Index>::max() - digit) / 10) fail("a number is too large");
        value = 10 * value + digit;
    }
    const std::size_t length = at_ - start;
    if (length == 0 || (length > 1 && text_[start] == '0')) fail("expected a whole number");
    return value;
}

void JsonReader::end() {
    skip_space();
    if (at_ < text_.size()) fail(text::format("expected the end, found {}", excerpt(text_.substr(at_, 1))));
}

std::string json_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += {'\\', c};
        } else if (byte < 0x20) {
            out += {'\\', 'u', '0', '0', hex_digits[byte >> 4], hex_digits[byte & 0xF]};
        } else {
            out += c;
        }
    }
    return out + '"';
}

bool is_utf8(std::string_view text) noexcept {
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i++]);
        if (lead < 0x80) continue;
        const int tails = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
        if (lead < 0xC2 || lead > 0xF4) return false;
        unsigned code_point = lead & (0x3Fu >> tails);
        for (int t = 0; t < tails; ++t) {
            if (i == text.size()) return false;
            const auto tail = static_cast<unsigned char>(text[i++]);
            if ((tail & 0xC0) != 0x80) return false;
            code_point = (code_point << 6) | (tail & 0x3Fu);
        }
        const unsigned least = tails == 3 ? 0x10000 : tails == 2 ? 0x800 : 0x80;
        if (code_point < least || code_point > 0x10FFFF || is_surrogate(code_point)) return false;
    }
    return true;
}

std::string excerpt(std::string_view text) {
    constexpr std::size_t most = 40;
    std::string out = "'";
    for (const char c : text.substr(0, most)) out += c >= 0x20 && c <= 0x7E ? c : '?';
    return out + (text.size() > most ? "...'" : "'");
}

}  // namespace gaussmix::model
