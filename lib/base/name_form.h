#pragma once

#include <string>
#include <string_view>

namespace facenet {

/// A name as it is kept: letters with their accents as one (NFC), no white space at the ends, and
/// one plain space wherever there is some within. Expects UTF-8.
std::string tidy_name(std::string_view name);

/// True when the name holds what is not seen and so could tell two names apart that look alike:
/// control characters, line breaks, zero-width characters, overrides of the direction of writing.
/// The joiners that Persian, Indic scripts and emoji need are allowed. Expects UTF-8.
bool has_unseen_letters(std::string_view name);

/// True when nothing of the name can be seen. Expects UTF-8.
bool is_blank_name(std::string_view name);

/// True for a number, in whichever digits, with or without a sign: "7", "+7", "٧", "７".
bool reads_as_number(std::string_view name);

/// For comparing names: equal for two that differ only in capitals (base/fold_case.h), in how their
/// letters are composed, in white space or in joiners. What is not UTF-8 becomes U+FFFD.
std::string fold_name(std::string_view name);

}  // namespace facenet
