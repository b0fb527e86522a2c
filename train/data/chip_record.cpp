#include "train/data/chip_record.h"

namespace facenet {

void write_record(ByteWriter& out, const ChipRecord& record) {
  out.text(record.source.path);
  out.number(record.source.size);
  out.number(record.source.mtime_ns);
  out.number(record.outcome);
  out.text(record.reason);
  out.number(record.content);
  out.number(record.pixels);
  out.number(record.slot);
}

ChipRecord read_record(ByteReader& in) {
  ChipRecord record;
  record.source.path = in.text();
  record.source.size = in.number<std::int64_t>();
  record.source.mtime_ns = in.number<std::int64_t>();
  const auto outcome = in.number<std::uint8_t>();
  if (outcome > static_cast<std::uint8_t>(ChipOutcome::kContradiction)) {
    fail("it holds an outcome of unknown number {}", outcome);
  }
  record.outcome = static_cast<ChipOutcome>(outcome);
  record.reason = in.text();
  record.content = in.number<Sha256>();
  record.pixels = in.number<Sha256>();
  record.slot = in.number<std::uint64_t>();
  return record;
}

}  // namespace facenet
