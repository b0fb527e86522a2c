#include "index/distributed/shared_search.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "index/distributed/message.h"
#include "index/matrix_product.h"
#include "index/parallel.h"
#include "index/points.h"

namespace facenet {
namespace {

/// Tiles of another rank that are here at once: 64 MiB of vectors of 512 numbers.
constexpr std::int64_t kVisitingTiles = 64;

void put_block(const MeanBlock& block, Message& message) {
  message.put(block.size());
  message.put_all(std::span<const std::int32_t>(block.ids));
  message.put_all(std::span<const float>(block.half_norms));
  message.put_all(std::span<const float>(block.means));
}

MeanBlock get_block(MessageReader& message, int dimension) {
  MeanBlock block;
  const auto size = message.get<std::int64_t>();
  block.ids.resize(index(size));
  block.half_norms.resize(index(size));
  block.means.resize(index(size * dimension));
  message.get_all(std::span(block.ids));
  message.get_all(std::span(block.half_norms));
  message.get_all(std::span(block.means));
  return block;
}

void put_candidates(std::span<const NearCandidate> candidates, Message& message) {
  message.put(static_cast<std::uint8_t>(candidates.size()));
  message.put_all(candidates);
}

std::vector<NearCandidate> get_candidates(MessageReader& message) {
  std::vector<NearCandidate> candidates(message.get<std::uint8_t>());
  message.get_all(std::span(candidates));
  return candidates;
}

}  // namespace

SharedSearch::SharedSearch(Ranks& ranks, const OwnClusters& clusters, double reach, int threads,
                           double largest_norm)
    : ranks_(ranks),
      clusters_(clusters),
      reach_(reach),
      threads_(threads),
      largest_norm_(largest_norm),
      means_(clusters, reach, threads, largest_norm) {}

std::vector<NearFew> SharedSearch::search(std::span<const Id> queries, std::span<const Id> active) {
  means_.refresh(clusters_.own_of(active));
  std::vector<NearFew> best(queries.size(), NearFew(means_.half_reach()));
  const auto most = index(std::max<std::int64_t>(
      kTile, kBatchBytes / (std::int64_t{4} * clusters_.dimension() * ranks_.size())));
  std::size_t done = 0;
  for (bool more = true; more;) {
    const auto batch = queries.subspan(done, std::min(most, queries.size() - done));
    more = visit(batch, done + batch.size() == queries.size(),
                 std::span(best).subspan(done, batch.size()));
    done += batch.size();
  }
  return best;
}

/// The queries go to all ranks, and come back with what is near there. True when a rank has more.
bool SharedSearch::visit(std::span<const Id> queries, bool is_last, std::span<NearFew> best) const {
  const int own = ranks_.rank();
  Message own_blocks;
  own_blocks.put(is_last);
  for (std::int64_t t = 0; t < tiles_of(queries); ++t) {
    put_block(MeanBlock(clusters_, tile_of(queries, t)), own_blocks);
  }
  const Bytes bytes = own_blocks.take();
  const auto arrived = ranks_.exchange(std::vector<Bytes>(index(ranks_.size()), bytes));

  bool more = false;
  std::vector<std::pair<int, MeanBlock>> blocks;
  for (int r = 0; r < ranks_.size(); ++r) {
    MessageReader message(arrived[index(r)]);
    more |= !message.get<bool>();
    while (!message.at_end()) blocks.emplace_back(r, get_block(message, clusters_.dimension()));
  }
  std::vector<Message> found(blocks.size());
  means_.search(
      std::ssize(blocks), [&](std::int64_t b) { return blocks[index(b)].second; },
      [&](std::int64_t b, const MeanBlock&, std::span<const NearFew> near) {
        for (const NearFew& few : near) put_candidates(few.candidates(), found[index(b)]);
      });
  std::vector<Bytes> replies(index(ranks_.size()));
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    Bytes& reply = replies[index(blocks[b].first)];
    const Bytes part = found[b].take();
    reply.insert(reply.end(), part.begin(), part.end());
  }
  const auto answers = ranks_.exchange(std::move(replies));
  for (int r = 0; r < ranks_.size(); ++r) {
    MessageReader message(answers[index((own + r) % ranks_.size())]);
    for (NearFew& few : best) few.add(get_candidates(message));
  }
  return more;
}

/// Each pair of ranks meets once, at one of the two: the visitor is at a distance of at most half
/// the ring.
std::vector<NearFew> SharedSearch::search_all(std::span<const Id> own) const {
  const MutualSearch mutual(clusters_, threads_, largest_norm_);
  MutualSide own_side(std::ssize(own), means_.half_reach(),
                      [&](std::int64_t t) { return MeanBlock(clusters_, tile_of(own, t)); });
  mutual.within(own_side);
  for (int step = 1; step <= ranks_.size() / 2; ++step) {
    std::int64_t begin = 0;
    while (meet(step, begin, mutual, own_side)) begin += kVisitingTiles;
  }
  return own_side.best();
}

/// Own tiles from `begin` on visit the rank that is `step` further on the ring, while some of the
/// one as far back are here. True when a rank has more of them.
bool SharedSearch::meet(int step, std::int64_t begin, const MutualSearch& mutual,
                        MutualSide& own_side) const {
  const int rank = ranks_.rank(), size = ranks_.size();
  const auto host = index((rank + step) % size), visitor = index((rank + size - step) % size);
  const std::int64_t end = std::min(begin + kVisitingTiles, own_side.tiles());
  Messages messages(index(size));
  for (Message& message : messages) message.put(end >= own_side.tiles());
  messages[host].put(std::max<std::int64_t>(end - begin, 0));
  for (std::int64_t t = begin; t < end; ++t) {
    const MeanBlock block = own_side.make(t);
    put_block(block, messages[host]);
    for (std::int64_t i = 0; i < block.size(); ++i) {
      messages[host].put(own_side.best()[index(t * kTile + i)].half_reach());
    }
  }
  const auto arrived = exchange(ranks_, messages);
  const bool more = std::ranges::any_of(
      arrived, [](const Bytes& from) { return !MessageReader(from).get<bool>(); });

  MessageReader message(arrived[visitor]);
  message.get<bool>();
  std::vector<MeanBlock> blocks(index(message.get<std::int64_t>()));
  std::vector<float> reaches;
  for (MeanBlock& block : blocks) {
    block = get_block(message, clusters_.dimension());
    reaches.resize(reaches.size() + block.ids.size());
    message.get_all(std::span(reaches).last(block.ids.size()));
  }
  MutualSide visitors(std::ssize(reaches), 0, [&](std::int64_t t) { return blocks[index(t)]; });
  for (std::size_t i = 0; i < reaches.size(); ++i) {
    visitors.set_half_reach(static_cast<std::int64_t>(i), reaches[i]);
  }
  // Where each of two is the other's visitor, each looks at half of the pairs of tiles.
  mutual.between(visitors, own_side, [&](std::int64_t row, std::int64_t column) {
    return host != visitor || ((begin + row + column) % 2 == 0) == (index(rank) < visitor);
  });
  for (const NearFew& few : visitors.best()) put_candidates(few.candidates(), messages[visitor]);
  const auto answers = exchange(ranks_, messages);
  MessageReader answer(answers[host]);
  for (std::int64_t i = begin * kTile; !answer.at_end(); ++i) {
    own_side.add(i, get_candidates(answer));
  }
  return more;
}

MeasuredFew SharedSearch::nearest_to(Id query, const ClusterSum& sum,
                                     std::span<const Id> own) const {
  MeasuredFew few{.near = {}, .bound = std::numeric_limits<double>::infinity()};
  std::vector<double> scratch;
  for (const Id id : own) {
    if (id == query || !clusters_.may_join(query, id)) continue;
    const double height = mean_distance(sum, clusters_.sum(id, scratch));
    if (height <= reach_) few.near.emplace_back(height, id);
  }
  std::ranges::sort(few.near);
  if (std::ssize(few.near) > NearSource::kMost) {
    few.bound = few.near[index(NearSource::kMost)].first;
    few.near.resize(index(NearSource::kMost));
  }
  return few;
}

std::vector<MeasuredFew> SharedSearch::measure(std::span<const Id> queries,
                                               std::span<const Id> active) const {
  Message own_queries;
  std::vector<double> scratch;
  for (const Id id : queries) {
    own_queries.put(id);
    put_sum(clusters_.sum(id, scratch), own_queries);
  }
  const auto arrived =
      ranks_.exchange(std::vector<Bytes>(index(ranks_.size()), own_queries.take()));
  const std::vector<Id> own = clusters_.own_of(active);
  Messages replies(index(ranks_.size()));
  for (std::size_t r = 0; r < arrived.size(); ++r) {
    MessageReader message(arrived[r]);
    while (!message.at_end()) {
      const auto id = message.get<Id>();
      const ReceivedSum query(message, clusters_.dimension());
      const MeasuredFew few = nearest_to(id, query.sum(), own);
      replies[r].put(few.bound);
      replies[r].put(few.near.size());
      for (const auto& [height, near] : few.near) {
        replies[r].put(height);
        replies[r].put(near);
      }
    }
  }
  const auto answers = exchange(ranks_, replies);
  std::vector<MeasuredFew> all(queries.size(),
                               {.near = {}, .bound = std::numeric_limits<double>::infinity()});
  for (const Bytes& answer : answers) {
    MessageReader message(answer);
    for (MeasuredFew& few : all) {
      few.bound = std::min(few.bound, message.get<double>());
      for (auto left = message.get<std::size_t>(); left > 0; --left) {
        const auto height = message.get<double>();
        few.near.emplace_back(height, message.get<Id>());
      }
    }
  }
  for (MeasuredFew& few : all) {
    std::ranges::sort(few.near);
    if (std::ssize(few.near) <= NearSource::kMost) continue;
    few.bound = std::min(few.bound, few.near[index(NearSource::kMost)].first);
    few.near.resize(index(NearSource::kMost));
  }
  return all;
}

}  // namespace facenet
