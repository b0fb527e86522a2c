#include "nn/graph/attributes.h"

#include <utility>

#include "base/error.h"

namespace facenet {

template <class T>
T Attributes::get(const char* key, T otherwise) const {
  const auto found = node_.attributes.find(key);
  if (found == node_.attributes.end()) return otherwise;
  try {
    return found->get<T>();
  } catch (const nlohmann::json::exception&) {
    fail("{}: its attribute \"{}\" has the wrong type", describe(node_), key);
  }
}

std::int64_t Attributes::integer(const char* key, std::int64_t otherwise) const {
  return get(key, otherwise);
}

double Attributes::number(const char* key, double otherwise) const {
  return get(key, otherwise);
}

std::string Attributes::text(const char* key, const std::string& otherwise) const {
  return get(key, otherwise);
}

std::vector<std::int64_t> Attributes::integers(const char* key,
                                               std::vector<std::int64_t> otherwise) const {
  return get(key, std::move(otherwise));
}

std::vector<double> Attributes::numbers(const char* key) const {
  return get(key, std::vector<double>());
}

std::vector<std::int64_t> Attributes::integers(const char* key, std::vector<std::int64_t> otherwise,
                                               std::size_t count, std::int64_t least) const {
  auto values = get(key, std::move(otherwise));
  constexpr std::int64_t kLargest = 1
                                    << 20;  // beyond any layer; keeps sums of extents from overflow
  bool valid = values.size() == count;
  for (const std::int64_t value : values) valid = valid && value >= least && value <= kLargest;
  if (!valid) {
    fail("{}: its attribute \"{}\" is not {} numbers of at least {}", describe(node_), key, count,
         least);
  }
  return values;
}

std::string describe(const GraphNode& node) {
  return fmt::format("node \"{}\" ({})", node.name, node.op);
}

}  // namespace facenet
