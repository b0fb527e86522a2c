#include "base/name_form.h"

#include <algorithm>
#include <glib.h>
#include <iterator>
#include <memory>
#include <vector>

#include <utf8.h>

#include "base/fold_case.h"
#include "base/text.h"

namespace facenet {
namespace {

using Letters = std::vector<gunichar>;

Letters letters_of(std::string_view text) {
  const std::string valid = to_valid_utf8(text);
  Letters letters;
  for (auto at = valid.begin(); at != valid.end();) letters.push_back(utf8::next(at, valid.end()));
  return letters;
}

std::string text_of(const Letters& letters) {
  std::string text;
  for (const gunichar letter : letters) utf8::append(letter, std::back_inserter(text));
  return text;
}

std::string compose(const std::string& text) {
  const std::unique_ptr<gchar, decltype(&g_free)> composed(
      g_utf8_normalize(text.data(), static_cast<gssize>(text.size()), G_NORMALIZE_NFC), g_free);
  return composed ? composed.get() : text;
}

/// U+200C, U+200D and the selectors of a variant, such as the emoji's own colours.
bool joins(gunichar letter) {
  return letter == 0x200C || letter == 0x200D || (letter >= 0xFE00 && letter <= 0xFE0F);
}

/// Letters by their category whose shape is nothing: fillers, and braille without a dot.
bool is_filler(gunichar letter) {
  constexpr gunichar kFillers[] = {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0};
  return std::ranges::find(kFillers, letter) != std::end(kFillers);
}

bool is_unseen(gunichar letter) {
  switch (g_unichar_type(letter)) {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
    case G_UNICODE_SURROGATE:
    case G_UNICODE_UNASSIGNED:
      return true;
    default:
      return is_filler(letter);
  }
}

}  // namespace

std::string tidy_name(std::string_view name) {
  Letters tidy;
  for (const gunichar letter : letters_of(name)) {
    if (!g_unichar_isspace(letter))
      tidy.push_back(letter);
    else if (!tidy.empty() && tidy.back() != ' ')
      tidy.push_back(' ');
  }
  if (!tidy.empty() && tidy.back() == ' ') tidy.pop_back();
  return compose(text_of(tidy));
}

bool has_unseen_letters(std::string_view name) {
  return std::ranges::any_of(letters_of(name),
                             [](gunichar letter) { return is_unseen(letter) && !joins(letter); });
}

bool is_blank_name(std::string_view name) {
  return std::ranges::all_of(letters_of(name), [](gunichar letter) {
    return g_unichar_isspace(letter) || joins(letter) || is_unseen(letter);
  });
}

bool reads_as_number(std::string_view name) {
  Letters letters = letters_of(tidy_name(name));
  std::erase_if(letters, joins);
  const bool is_signed = !letters.empty() && (letters.front() == '+' || letters.front() == '-');
  if (is_signed) letters.erase(letters.begin());
  return !letters.empty() && std::ranges::all_of(letters, [](gunichar letter) {
    return g_unichar_isdigit(letter) != FALSE;
  });
}

std::string fold_name(std::string_view name) {
  Letters letters = letters_of(name);
  std::erase_if(letters, [](gunichar letter) { return joins(letter) || is_filler(letter); });
  return tidy_name(fold_case(tidy_name(text_of(letters))));
}

}  // namespace facenet
