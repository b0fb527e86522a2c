#include "base/nearest.h"

#include <algorithm>

namespace facenet {
namespace {

std::size_t edits_between(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> edits(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t k = 0; k <= b.size(); ++k) {
      if (i == 0 || k == 0) {
        edits[i][k] = i + k;
        continue;
      }
      edits[i][k] = std::min({edits[i - 1][k] + 1, edits[i][k - 1] + 1,
                              edits[i - 1][k - 1] + (a[i - 1] == b[k - 1] ? 0 : 1)});
      const bool swapped = i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1];
      if (swapped) edits[i][k] = std::min(edits[i][k], edits[i - 2][k - 2] + 1);
    }
  }
  return edits[a.size()][b.size()];
}

}  // namespace

std::optional<std::string> nearest_word(const std::string& typed,
                                        const std::vector<std::string>& words) {
  constexpr std::size_t kBeginning = 2;  // letters, below which it is that of too many words
  constexpr std::size_t kLongest = 64;   // more is no word, and would take long to compare
  if (typed.size() > kLongest) return {};
  std::optional<std::string> nearest;
  std::size_t least = std::string::npos;
  for (const std::string& word : words) {
    const bool begins = typed.size() >= kBeginning && word.starts_with(typed);
    const std::size_t edits = begins ? 0 : edits_between(typed, word);
    if (edits >= least || edits > std::max<std::size_t>(1, word.size() / 3)) continue;
    nearest = word;
    least = edits;
  }
  return nearest;
}

}  // namespace facenet
