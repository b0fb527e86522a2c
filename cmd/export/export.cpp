#include "cmd/export/export.h"

#include <array>

#include "cmd/commands.h"

namespace facenet {
namespace {

constexpr std::array kExportCommands = {
    Command{"links", "fill a folder with a folder of links for each person", export_links},
    Command{"copies", "fill a folder with a folder of copies for each person", export_copies},
    Command{"xmp", "write sidecars that tell other photo programs who is where",
            export_xmp_sidecars},
    Command{"csv", "print all faces, people or facts as a table", export_csv},
    Command{"json", "print all people, faces and facts as one JSON document", export_json},
};

constexpr const char* kDescription =
    "Puts what was found where other programs can use it. Photos are never changed.";

}  // namespace

CommandGroup export_commands() {
  return {kExportCommands, kDescription, false};
}

}  // namespace facenet
