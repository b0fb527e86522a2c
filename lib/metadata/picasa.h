#pragma once

#include <map>
#include <string>
#include <string_view>

#include "metadata/face_region.h"
#include "metadata/picasa_contacts.h"

namespace facenet {

/// The faces that Picasa has marked in the photos of a folder, by file name: what its .picasa.ini
/// says there. A face of somebody whom Picasa does not know, or whose name the file does not hold,
/// has no name. What makes no sense is passed over.
///
/// "faces=rect64(3f845bcb59418507),8e62398ebda8c1a5": left, top, right and bottom as four numbers
/// of 16 bits (leading zeros are left out), and the number of a contact, whose name stands in the
/// section Contacts2, or else among `others`. (The format is not published; it was worked out by
/// its users.)
std::map<std::string, FaceRegions> read_picasa(std::string_view text,
                                               const PicasaContacts& others = {});

}  // namespace facenet
