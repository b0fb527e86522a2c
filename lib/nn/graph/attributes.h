#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nn/graph/graph.h"

namespace facenet {

/// Typed reading of a node's attributes. Every member throws Error naming the node and the
/// attribute when the attribute is there but of another kind.
class Attributes {
 public:
  explicit Attributes(const GraphNode& node) : node_(node) {}

  bool has(const char* key) const { return node_.attributes.contains(key); }
  std::int64_t integer(const char* key, std::int64_t otherwise) const;
  double number(const char* key, double otherwise) const;
  std::string text(const char* key, const std::string& otherwise) const;
  std::vector<std::int64_t> integers(const char* key, std::vector<std::int64_t> otherwise) const;
  std::vector<double> numbers(const char* key) const;  ///< empty when there is none
  /// Exactly `count` whole numbers, none below `least`.
  std::vector<std::int64_t> integers(const char* key, std::vector<std::int64_t> otherwise,
                                     std::size_t count, std::int64_t least) const;

 private:
  template <class T>
  T get(const char* key, T otherwise) const;

  const GraphNode& node_;
};

/// "node "conv1" (Conv)", for messages.
std::string describe(const GraphNode& node);

}  // namespace facenet
