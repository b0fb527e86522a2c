#include "base/fold_case.h"

#include <cwctype>
#include <iterator>
#include <locale.h>

#include <utf8.h>

#include "base/text.h"

namespace facenet {
namespace {

/// Comes with the C library, whatever locales are installed; null where it does not, and then only
/// ASCII has two cases.
locale_t unicode_locale() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

/// By way of the capital, which the two forms of the small sigma have in common.
char32_t fold_letter(char32_t letter) {
  const locale_t locale = unicode_locale();
  if (locale == nullptr) return letter >= U'A' && letter <= U'Z' ? letter + (U'a' - U'A') : letter;
  const wint_t capital = towupper_l(static_cast<wint_t>(letter), locale);
  return static_cast<char32_t>(towlower_l(capital, locale));
}

}  // namespace

std::string fold_case(std::string_view text) {
  const std::string valid = to_valid_utf8(text);
  std::string folded;
  for (auto at = valid.begin(); at != valid.end();)
    utf8::append(fold_letter(utf8::next(at, valid.end())), std::back_inserter(folded));
  return folded;
}

}  // namespace facenet
