#include "metadata/walled_xmp.h"

#include "base/error.h"
#include "base/text.h"
#include "metadata/walled_batch.h"

namespace facenet {

std::vector<RegionReading> read_regions_behind_walls(std::span<const XmpSource> sources) {
  std::vector<WalledJob> jobs;
  for (const XmpSource& source : sources)
    jobs.push_back({.file = source.file, .bytes = source.xmp.size(), .work = [&source] {
                      return to_lines(read_regions(source.xmp));
                    }});
  std::vector<RegionReading> readings;
  for (const WalledAnswer& answer : answers_behind_walls(jobs)) {
    RegionReading& reading = readings.emplace_back();
    try {
      if (answer.is_error) throw Error(to_valid_utf8(answer.text));
      reading.regions = regions_of_lines(answer.text);
    } catch (const Error& error) {
      reading.error = error.what();
    }
  }
  return readings;
}

std::vector<SidecarText> write_regions_behind_walls(std::span<const SidecarJob> sidecars) {
  constexpr std::size_t kPerRegion = 4096;
  std::vector<WalledJob> jobs;
  for (const SidecarJob& sidecar : sidecars)
    jobs.push_back(
        {.file = sidecar.before.file,
         .bytes = sidecar.before.xmp.size() + sidecar.content.regions.size() * kPerRegion,
         .work = [&sidecar] { return with_regions(sidecar.before.xmp, sidecar.content); }});
  std::vector<SidecarText> texts;
  for (const WalledAnswer& answer : answers_behind_walls(jobs))
    texts.push_back(answer.is_error ? SidecarText{.error = to_valid_utf8(answer.text)}
                                    : SidecarText{.text = answer.text});
  return texts;
}

}  // namespace facenet
