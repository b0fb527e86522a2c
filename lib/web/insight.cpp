#include "web/insight.h"

#include <algorithm>
#include <span>

#include "base/error.h"
#include "library/recognise.h"
#include "library/review_queue.h"

namespace facenet {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kPairs = 200;  // that the page may skip through
constexpr std::size_t kWeighed = 8;  // least typical faces of a person: each costs a look at all

void find_order(const Recogniser& recogniser, Insight& insight) {
  const PeopleVectors& vectors = recogniser.people();
  for (const PeopleVectors::Member& member : vectors.people()) {
    if (member.rows.size() < 2) continue;
    std::vector<FaceId>& order = insight.order[member.id];
    for (const std::size_t row : vectors.most_typical(member))
      order.push_back(vectors.input().faces[row]);
    for (const FaceId face : std::span(order).last(std::min(order.size(), kWeighed))) {
      const Recognition known = recogniser.known(face, member.id);
      if (known.distance && known.threshold && *known.distance > *known.threshold)
        insight.doubts.emplace(face, known.probability);
    }
  }
}

Json pair_json(const ReviewPair& pair) {
  return {{"a", pair.a},
          {"b", pair.b},
          {"probability", pair.probability},
          {"settles", pair.settles},
          {"departed", pair.departed}};
}

}  // namespace

Insight find_insight(const Catalog& catalog, const CatalogModel& model, int threads) {
  const Catalog::Snapshot snapshot(catalog);
  Insight insight;
  try {
    require_grouped(catalog);
    insight.queue = review_queue(catalog, model.id, model.points, kPairs, threads);
    find_order(Recogniser(catalog, model), insight);
  } catch (const Error& error) {
    insight.no_queue = error.what();
  }
  return insight;
}

Json to_json(const Insight& insight) {
  Json json{{"pair_count", insight.queue.pair_count},
            {"expected_faces", insight.queue.expected_faces},
            {"reason", insight.no_queue},
            {"pairs", Json::array()},
            {"order", Json::array()},
            {"doubts", Json::array()}};
  for (const ReviewPair& pair : insight.queue.pairs) json["pairs"].push_back(pair_json(pair));
  for (const auto& [person, faces] : insight.order)
    json["order"].push_back({{"person", person}, {"faces", faces}});
  for (const auto& [face, probability] : insight.doubts)
    json["doubts"].push_back({{"face", face}, {"probability", probability}});
  return json;
}

Insight insight_from(const std::string& text) try {
  const Json json = Json::parse(text);
  Insight insight;
  insight.queue.pair_count = json.at("pair_count");
  insight.queue.expected_faces = json.at("expected_faces");
  insight.no_queue = json.at("reason");
  for (const Json& entry : json.at("pairs")) {
    ReviewPair pair{.a = entry.at("a"), .b = entry.at("b")};
    pair.probability = entry.at("probability");
    pair.settles = entry.at("settles");
    pair.departed = entry.at("departed");
    insight.queue.pairs.push_back(std::move(pair));
  }
  for (const Json& entry : json.at("order"))
    insight.order.emplace(entry.at("person"), entry.at("faces").get<std::vector<FaceId>>());
  for (const Json& entry : json.at("doubts"))
    insight.doubts.emplace(entry.at("face"), entry.at("probability"));
  return insight;
} catch (const Json::exception& error) {
  fail("what was found out cannot be read: {}", error.what());
}

}  // namespace facenet
