#include "train/eval/failures_page.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "base/format.h"
#include "base/text.h"
#include "image/encode.h"
#include "train/eval/plot.h"

namespace facenet {
namespace {

std::string picture(const Image& chip, const std::string& name) {
  if (chip.empty()) return fmt::format("<span class=\"none\">no face</span>");
  const std::vector<std::byte> png = encode_png(chip);
  const std::string_view bytes(reinterpret_cast<const char*>(png.data()), png.size());
  return fmt::format("<img src=\"data:image/png;base64,{}\" alt=\"{}\">", base64(bytes),
                     xml_text(to_valid_utf8(name)));
}

std::string figure(const FailedPair& pair) {
  const std::string distance =
      std::isfinite(pair.distance) ? fmt::format("{:.3f}", pair.distance) : "no distance";
  return fmt::format("<figure>{}{}<figcaption>{}<br>{}<br>{}</figcaption></figure>\n",
                     picture(pair.first_chip, pair.first), picture(pair.second_chip, pair.second),
                     distance, xml_text(to_valid_utf8(pair.first)),
                     xml_text(to_valid_utf8(pair.second)));
}

std::string section(const char* heading, const std::vector<FailedPair>& failures, bool same) {
  std::string figures;
  int count = 0;
  for (const FailedPair& pair : failures) {
    if (pair.same != same) continue;
    figures += figure(pair);
    ++count;
  }
  return fmt::format("<h2>{} ({})</h2>\n{}", heading, count, figures);
}

}  // namespace

std::string failures_page(const std::string& title, double threshold,
                          std::vector<FailedPair> failures) {
  std::ranges::stable_sort(failures, [](const FailedPair& a, const FailedPair& b) {
    if (a.same != b.same) return a.same;
    return a.same ? a.distance > b.distance : a.distance < b.distance;
  });
  return fmt::format(
             "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title>\n"
             "<style>body{{font-family:sans-serif;font-size:13px;margin:2em}}"
             "figure{{display:inline-block;margin:6px;text-align:center}}"
             "img,.none{{display:inline-block;width:112px;height:112px;margin:1px}}</style></"
             "head>\n"
             "<body><h1>{0}</h1>\n<p>Squared distance, below {1:.3f} the same person.</p>\n",
             xml_text(title), threshold) +
         section("False rejects: one person, called different", failures, true) +
         section("False accepts: two people, called the same", failures, false) +
         "</body></html>\n";
}

}  // namespace facenet
