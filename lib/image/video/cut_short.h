#pragma once

namespace facenet {

/// True when the film that the open file holds is longer than the file, by what its container says:
/// MP4 and QuickTime, Matroska and WebM, AVI. Of a film that was never finished this cannot be
/// told.
bool is_film_cut_short(int descriptor);

}  // namespace facenet
