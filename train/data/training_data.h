#pragma once

#include <string>
#include <vector>

#include "pipeline/analyse.h"
#include "train/data/chip_cache.h"
#include "train/data/dataset.h"

namespace facenet {

/// Cuts the face nearest the centre out of each photo into the ChipCache at `cache_path`, on
/// `options.threads` threads, with progress on stderr. Of `options` detector, decoding and threads
/// count. A photo in which nothing is found is searched once more with less demanding settings:
/// many data sets are tight crops of faces.
///
/// At once done when the cache is there and photos and settings are unchanged (path, size, time);
/// otherwise it is made anew, taking over what it knows of unchanged photos, also that one could
/// not be read or shows no face. After a signal (base/interrupt.h) what is done is kept and the
/// next call carries on. Gives the cache's path; empty after a signal. Throws Error.
std::string prepare_chips(const std::vector<LabelledImage>& images, const ChipGeometry& geometry,
                          const AnalyserOptions& options, const std::string& cache_path);

}  // namespace facenet
