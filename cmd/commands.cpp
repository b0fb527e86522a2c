#include "cmd/commands.h"

#include <array>

namespace facenet {

std::span<const Command> commands() {
  static constexpr std::array kCommands = {
      Command{"cluster", "find the people in photo folders", run_cluster},
      Command{"people", "list, name, merge, split, review the people of the catalog", run_people},
      Command{"find", "find every photo of the person in a photo", run_find},
      Command{"verify", "say whether two photos show the same person", run_verify},
      Command{"detect", "find faces in photos", run_detect},
      Command{"align", "cut faces out, turned and scaled", run_align},
      Command{"embed", "map faces to vectors", run_embed},
      Command{"eval", "measure how well a model tells people apart", run_eval},
      Command{"train", "train a network on photos of known people", run_train},
      Command{"catalog", "look into the catalog, check it, measure it", run_catalog},
      Command{"model", "list, describe and import weights", run_model},
  };
  return kCommands;
}

}  // namespace facenet
