#include "train/train_options.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "train/paper.h"

namespace facenet {
namespace {

nlohmann::ordered_json augment_json(const AugmentOptions& a) {
  return {{"mirror", a.mirror}, {"geometry", a.geometry},     {"colour", a.colour},
          {"jpeg", a.jpeg},     {"resolution", a.resolution}, {"occlusion", a.occlusion},
          {"shift", a.shift},   {"scale", a.scale},           {"rotation", a.rotation}};
}

void require_paper(const TrainOptions& options) {
  visit_paper_settings(
      options, [](const char* flag, const auto& value, const auto& published, const char* source) {
        if (value != published) {
          fail<UsageError>("--{} contradicts --paper ({}): leave out one of the two", flag, source);
        }
      });
  constexpr std::array<std::string_view, 6> kNetworks = {"nn1", "nn2",  "nn3",
                                                         "nn4", "nns1", "nns2"};
  if (std::ranges::find(kNetworks, options.network) == kNetworks.end()) {
    fail<UsageError>(
        "--network {} contradicts --paper, which trains nn1, nn2, nn3, nn4, nns1 or nns2",
        options.network);
  }
}

}  // namespace

std::string TrainOptions::to_text() const {
  nlohmann::ordered_json json{{"loss", loss}, {"seed", seed}, {"average", average}};
  if (paper) json["paper"] = true;
  if (is_triplet()) {
    json["triplet"] = {
        {"selection", triplet.selection == TripletSelection::kSemiHard ? "semi-hard" : "hard"},
        {"margin", triplet.margin},
        {"soft_margin", triplet.soft_margin}};
    json["batch"] = {{"people", identities.people},
                     {"images", identities.images},
                     {"negatives", identities.negatives}};
    if (triplet.sum) json["triplet"]["sum"] = true;
    if (identities.exemplars > 0) json["batch"]["exemplars"] = identities.exemplars;
  } else {
    json["batch"] = batch;
  }
  json["chunk"] = chunk;
  json["precision"] = precision;
  json["distil"] = {{"weight", distil}, {"similarity", similarity}};
  if (mixup > 0) json["mixup"] = mixup;
  json["embedding_steps"] = embedding_steps;
  json["augment"] = augment_json(augment);
  json["data"] = {{"min_images", dataset.min_images}, {"validation", dataset.validation}};
  json["optimiser"] = {{"name", optimiser.name},
                       {"rate", optimiser.rate},
                       {"momentum", optimiser.momentum},
                       {"weight_decay", optimiser.weight_decay},
                       {"clip", optimiser.clip}};
  json["schedule"] = {{"name", schedule.name}, {"warm_up", schedule.warm_up}};
  if (schedule.name == "cosine") json["schedule"]["total"] = schedule.total;  // = steps
  if (schedule.name == "step") {
    json["schedule"]["steps"] = schedule.steps;
    json["schedule"]["factor"] = schedule.step_factor;
  }
  return json.dump();
}

void TrainOptions::validate() const {
  if (paper) require_paper(*this);
  if (loss != "triplet" && loss != "softmax" && loss != "distil") {
    fail<UsageError>("--loss must be triplet, softmax or distil, not \"{}\"", loss);
  }
  if (loss == "distil" && compatible_with.empty()) {
    fail<UsageError>("--loss distil learns from another model: give it with --compatible-with");
  }
  if (loss == "softmax" && !compatible_with.empty()) {
    fail<UsageError>("--compatible-with goes with --loss triplet or distil, not with softmax");
  }
  if (distil != 0 && (!is_triplet() || compatible_with.empty())) {
    fail<UsageError>("--distil-weight goes with --loss triplet and --compatible-with");
  }
  if (!(mixup >= 0 && mixup <= 1))
    fail<UsageError>("--mixup must lie between 0 and 1, not {}", mixup);
  if (mixup > 0 && loss != "distil") fail<UsageError>("--mixup goes with --loss distil");
  if (!(distil >= 0) || !(similarity >= 0)) fail<UsageError>("weights of losses must be 0 or more");
  if (steps < 0 || !(steps > 0 || epochs > 0)) {
    fail<UsageError>("--steps or --epochs must be above 0");
  }
  if (device != "auto" && device != "cpu" && device != "cuda") {
    fail<UsageError>("--device must be auto, cpu or cuda, not \"{}\"", device);
  }
  if (precision != "auto" && precision != "fp32" && precision != "bf16") {
    fail<UsageError>("--precision must be auto, fp32 or bf16, not \"{}\"", precision);
  }
  if (batch < 2 || chunk < 2) fail<UsageError>("--batch and --chunk must be at least 2");
  if (!(average >= 0 && average < 1)) fail<UsageError>("--average must be from 0 to below 1");
  if (embedding_steps < 0 || validate_every < 0) {
    fail<UsageError>("numbers of steps must be 0 or more");
  }
  if (!(checkpoint_minutes > 0)) fail<UsageError>("--checkpoint-minutes must be above 0");
  triplet.validate();
  classifier.validate();
  identities.validate();
  augment.validate();
  dataset.validate();
  optimiser.validate();
  // The trainer sets the total: it depends on the data.
  if (schedule.name != "cosine") schedule.validate();
}

}  // namespace facenet
