#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace facenet {

/// By RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_valid_utf8(std::string_view bytes);

/// The text with each byte that is not part of valid UTF-8 replaced by U+FFFD: for places that
/// must be UTF-8, such as JSON. Not reversible; a reader that needs the bytes gets them as base64
/// too.
std::string to_valid_utf8(std::string_view bytes);

std::string base64(std::string_view bytes);

/// For terminals and messages: what a terminal might obey, or what makes text look like other text
/// (control characters, line breaks of Unicode, overrides of the direction of writing), as \n, \t,
/// \x1b, \u0085, \u202e; the rest, and the characters of `kept`, unchanged.
std::string escape_control(std::string_view text, std::string_view kept = "");

/// One CSV field by RFC 4180: quoted when it holds a comma, a quote, or a line break.
std::string csv_field(std::string_view text);

/// "1,234,567"
std::string with_thousands(long long number);

/// "a, b or c"
std::string listed(std::span<const std::string> words, std::string_view conjunction);

/// What a message has room for of many names: "a, b, c and 97 more".
std::string briefly(std::span<const std::string> names);

/// A number of things, as messages say it: "1 face", "1,234 faces". `plural`: where it does not end
/// in an s ("people"); empty: `singular` and an s.
std::string counted(long long number, std::string_view singular, std::string_view plural = "");

/// A time in a video, as players show it, in minutes and seconds: "0:42", "1:02:03".
std::string time_text(std::int64_t milliseconds);

}  // namespace facenet
