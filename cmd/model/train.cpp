#include <charconv>
#include <filesystem>
#include <sstream>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/logging.h"
#include "base/text.h"
#include "cmd/command_line.h"
#include "cmd/commands.h"
#include "cmd/common_options.h"
#include "pipeline/scan.h"
#include "pipeline/torch_module.h"
#include "train/data/chip_cache.h"
#include "train/data/training_data.h"
#include "train/paper.h"
#include "train/train_options.h"
#include "train/trainer.h"
#include "weights/known_designs.h"
#include "weights/model_store.h"

namespace facenet {
namespace {

const Training& training() {
  static const auto* loaded = static_cast<const Training*>(torch_module_table(kTrainingSymbol));
  return *loaded;
}

struct TrainCommand {
  CommonOptions common;
  AnalyserOptions analyser;
  TrainOptions train;
  ChipGeometry geometry;
  std::vector<std::string> data;
  std::string selection = "semi-hard";
  std::string rate_steps;
  std::int64_t seed = 1;
  bool force = false, prepare_only = false;
};

/// A data set is a folder with a folder for each person, or a CSV file of path,identity.
std::vector<LabelledImage> read_data(const std::vector<std::string>& data) {
  std::vector<LabelledImage> images;
  for (const std::string& source : data) {
    std::vector<LabelledImage> found;
    // Names of people are those of their data set: the same name in two need not be one person.
    const std::string name =
        data.size() > 1 ? std::filesystem::path(absolute_path(source)).filename().string() : "";
    if (std::filesystem::is_directory(source)) {
      const ScanResult files = scan({source});
      std::vector<std::string> paths;
      for (const FoundFile& file : files.files) {
        if (has_photo_extension(file.path)) paths.push_back(file.path);
      }
      for (const auto& [path, reason] : files.unreadable) log_warning("{}: {}", path, reason);
      found = label_by_folder(files.roots.front(), paths, name);
    } else {
      found = read_image_list(source);
    }
    images.insert(images.end(), found.begin(), found.end());
  }
  sort_by_identity(images);
  return images;
}

void add_data_options(CommandLine& line, TrainCommand& c) {
  line.heading("Data");
  line.option("chips", c.train.chips, "FILE",
              "where the aligned faces are kept, 60 KB each (default: faces.chips in the folder of "
              "the run)");
  line.flag("prepare-only", c.prepare_only, "find and align the faces, then stop");
  line.option("min-images", c.train.dataset.min_images, "N", "leave out people with fewer images");
  line.option("validation", c.train.dataset.validation, "SHARE",
              "share of the people who are kept from training and judged on");
  line.option("alignment", c.geometry.alignment, "NAME", "template that faces are aligned to");
  line.option("chip-size", c.geometry.edge, "PIXELS", "edge of the template's square in the file");
  line.option("chip-margin", c.geometry.margin, "PIXELS", "surroundings kept around it");
  line.negative_flag("no-mirror", c.train.augment.mirror, "do not mirror faces");
  line.negative_flag("no-geometry", c.train.augment.geometry, "do not shift, scale and turn them");
  line.negative_flag("no-colour", c.train.augment.colour, "do not change their colours");
  line.negative_flag("no-jpeg", c.train.augment.jpeg, "do not compress some of them");
  line.negative_flag("no-resolution", c.train.augment.resolution, "do not coarsen some of them");
  line.negative_flag("no-occlusion", c.train.augment.occlusion, "do not cover parts of some");
}

void add_network_options(CommandLine& line, TrainCommand& c) {
  line.heading("Network");
  OptionDescription& network =
      line.option("network", c.train.network, "NAME",
                  "nn1, nn2, nn3, nn4, nns1, nns2 (the paper's) or inception-resnet-v1");
  for (const KnownModel& design : known_designs()) network.choices.push_back(design.info.name);
  line.option("embedding", c.train.design.embedding, "N",
              "numbers in a vector (0: the network's own)");
  line.negative_flag("no-batch-norm", c.train.design.batch_norm,
                     "the paper's layers as they are; slower to learn");
  line.option("init", c.train.init, "WEIGHTS",
              "start from these weights, by name or file, and their network; another --embedding\n"
              "gets a fresh last layer");
}

void add_loss_options(CommandLine& line, TrainCommand& c) {
  line.heading("Loss");
  line.flag(
      "paper", c.train.paper,
      "train as the paper publishes it. Without it the loss is the mean over the triplets, not "
      "their sum; there is batch norm after every convolution; batches have fewer faces where "
      "people have fewer than 40 images, and no random ones; faces are augmented; and the "
      "weights that are written are a moving average");
  line.option("loss", c.train.loss, "NAME",
              "triplet (the paper's, but see --paper), softmax (with centre loss, to start from), "
              "distil (follow "
              "the vectors of another model)");
  line.option("selection", c.selection, "NAME",
              "of triplets: semi-hard (the paper's) or hard (Hermans et al. 2017)");
  line.option("margin", c.train.triplet.margin, "DISTANCE", "of triplets, squared");
  line.flag("sum", c.train.triplet.sum, "add the losses of triplets up in place of their mean");
  line.flag("soft-margin", c.train.triplet.soft_margin, "softplus in place of the margin");
  line.option("people", c.train.identities.people, "N", "people in a batch of triplets");
  line.option("images", c.train.identities.images, "N", "faces of each, at most");
  line.option("negatives", c.train.identities.negatives, "N", "random further faces");
  line.option("exemplars", c.train.identities.exemplars, "N",
              "faces in a batch of triplets, random further ones included (0: see --negatives)");
  line.option("batch", c.train.batch, "N", "faces in a batch of softmax or distil");
  line.option("chunk", c.train.chunk, "N",
              "faces that are embedded at once; larger batches cost time, not memory");
  line.option("centre-weight", c.train.classifier.centre_weight, "W",
              "of the centre loss beside softmax");
  line.option("compatible-with", c.train.compatible_with, "MODEL",
              "make vectors that can be compared with this model's (harmonic triplets; or distil)");
  line.option("distil-weight", c.train.distil, "W",
              "also draw vectors to that model's, beside harmonic triplets");
  line.option("similarity-weight", c.train.similarity, "W",
              "of the matrices of similarities in distil");
  line.option("mixup", c.train.mixup, "SHARE",
              "of distil's faces that are mixed with others; the older model then embeds all that "
              "the network sees: slower, but the network does not learn its faces by heart");
  line.option("embedding-steps", c.train.embedding_steps, "N",
              "first learn the embedding layer alone, from scratch, for so many steps");
}

void add_learning_options(CommandLine& line, TrainCommand& c) {
  line.heading("Learning");
  line.option("steps", c.train.steps, "N", "batches to learn from, in place of --epochs");
  line.option("epochs", c.train.epochs, "N", "passes over the data");
  line.option("optimiser", c.train.optimiser.name, "NAME", "adagrad (the paper's), sgd or adam");
  line.option("rate", c.train.optimiser.rate, "R", "learning rate");
  line.option("momentum", c.train.optimiser.momentum, "M", "of sgd");
  line.option("weight-decay", c.train.optimiser.weight_decay, "D", "shrink weights");
  line.option("clip", c.train.optimiser.clip, "NORM", "longest gradient (0: any)");
  line.option("schedule", c.train.schedule.name, "NAME", "of the rate: constant, step or cosine");
  line.option("warm-up", c.train.schedule.warm_up, "STEPS", "over which the rate rises first");
  line.option("rate-steps", c.rate_steps, "N,N…", "step: where the rate falls");
  line.option("rate-factor", c.train.schedule.step_factor, "F", "step: to this share");
  line.option("average", c.train.average, "DECAY", "moving average of the weights (0: none)");
  line.option("seed", c.seed, "N", "of all that is random");
}

void add_run_options(CommandLine& line, TrainCommand& c) {
  line.heading("Run");
  line.option("output,o", c.train.output, "FILE", "weights file to write (required)");
  line.option("run", c.train.folder, "FOLDER",
              "checkpoints, log.jsonl, curves.html and latest.safetensors (default: FILE.run)");
  line.flag("resume", c.train.resume, "go on from the checkpoint of the run");
  line.flag("force", c.force, "start anew where there is a checkpoint; replace FILE");
  line.option("validate-every", c.train.validate_every, "STEPS",
              "judge the network (0: after each pass, at most 1,000 steps)");
  line.option("checkpoint-minutes", c.train.checkpoint_minutes, "MINUTES",
              "time between checkpoints");
  line.option("workers", c.train.workers, "N", "threads that make batches");
  line.option("precision", c.train.precision, "fp32|bf16|auto",
              "numbers that convolutions compute with; auto: bf16 where the processor has it");
  line.option("device", c.train.device, "NAME", "auto, cpu or cuda");
}

std::vector<std::int64_t> parse_steps(const std::string& text) {
  std::vector<std::int64_t> steps;
  std::stringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    std::int64_t step = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), step);
    if (error != std::errc() || end != part.data() + part.size()) {
      fail<UsageError>("--rate-steps must be numbers of steps with commas between, not \"{}\"",
                       text);
    }
    steps.push_back(step);
  }
  return steps;
}

/// What the flags say in words becomes what the options hold.
void complete(TrainCommand& c, const CommandLine& line) {
  TrainOptions& train = c.train;
  if (train.output.empty() && !c.prepare_only) {
    fail<UsageError>("say where to write the weights: --output FILE.safetensors");
  }
  if (train.folder.empty()) train.folder = train.output + ".run";
  if (train.chips.empty()) {
    if (train.output.empty()) fail<UsageError>("say where to keep the faces: --chips FILE");
    train.chips = train.folder + "/faces.chips";
  }
  if (c.selection != "semi-hard" && c.selection != "hard") {
    fail<UsageError>("--selection must be semi-hard or hard, not \"{}\"", c.selection);
  }
  train.triplet.selection =
      c.selection == "hard" ? TripletSelection::kBatchHard : TripletSelection::kSemiHard;
  if (train.paper) train_as_paper(train, [&](const char* flag) { return line.given(flag); });
  if (!c.rate_steps.empty()) train.schedule.steps = parse_steps(c.rate_steps);
  train.seed = static_cast<std::uint64_t>(c.seed);
  train.threads = c.common.thread_count();
  training().validate(train);
  if (!train.init.empty()) train.init = find_model(train.init);
  if (!train.compatible_with.empty()) train.compatible_with = find_model(train.compatible_with);
  c.geometry.validate();
}

/// A training of hours is not to be overwritten by a command that was typed twice.
void require_fresh(const TrainCommand& c) {
  const std::string checkpoint = c.train.folder + "/checkpoint.safetensors";
  if (!c.train.resume && file_exists(checkpoint)) {
    if (!c.force) {
      fail("{}: a training stands there; give --resume to go on or --force to start anew",
           checkpoint);
    }
    std::filesystem::remove(checkpoint);
  }
  if (!c.force && !c.train.resume && file_exists(c.train.output)) {
    fail("{}: exists already; give --force to replace it", c.train.output);
  }
}

/// Finds the faces, or sees that they are there. False after a signal.
bool prepare(const TrainCommand& c) {
  const std::vector<LabelledImage> images = read_data(c.data);
  AnalyserOptions analyser = c.analyser;
  analyser.threads = c.train.threads;
  const std::string folder = std::filesystem::path(c.train.chips).parent_path().string();
  if (!folder.empty()) make_folder(folder);
  if (prepare_chips(images, c.geometry, analyser, c.train.chips).empty()) return false;
  const ChipCache cache(c.train.chips);
  const ChipSummary summary = cache.summary();
  log_info(
      "{} faces of {} people; {} images without a face, {} duplicates, {} contradictions, {} "
      "unreadable",
      with_thousands(static_cast<std::int64_t>(summary.chips)),
      with_thousands(std::ssize(cache.identities())), summary.without_face.size(),
      summary.duplicates.size(), summary.contradictions.size(), summary.unreadable.size());
  for (const auto& [path, reason] : summary.unreadable) log_warning("{}: {}", path, reason);
  for (const std::string& path : summary.contradictions) {
    log_warning("{}: the same picture stands under two people; left out", path);
  }
  return true;
}

}  // namespace

ExitStatus run_train(Arguments arguments) {
  TrainCommand c;
  CommandLine line(
      "train [OPTIONS] --output FILE.safetensors DATA...",
      "Trains a network to tell people apart. DATA: folders with a folder for each "
      "person, or CSV\n"
      "files of path,identity. Faces are found and aligned once and kept in one file. "
      "People are\n"
      "told apart within a data set, not across them. A run can be stopped (Ctrl-C) "
      "and goes on\n"
      "with --resume. With MASTER_ADDR, MASTER_PORT, RANK and WORLD_SIZE set (torchrun, "
      "Slurm,\n"
      "mpirun) it is one process of several that share each batch.");
  line.positionals("DATA: data sets", c.data, 1, 1000);
  add_run_options(line, c);
  add_network_options(line, c);
  add_loss_options(line, c);
  add_learning_options(line, c);
  add_data_options(line, c);
  add_detection_options(line, c.analyser);
  c.common.add_threads(line);
  c.common.add_messages(line);
  c.common.add_progress(line);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  c.common.apply();
  complete(c, line);
  if (!c.prepare_only) require_fresh(c);
  if (!prepare(c)) return interrupt_status();
  if (c.prepare_only) return ExitStatus::kOk;
  if (training().train(c.train) == TrainEnd::kInterrupted) {
    log_info("stopped; --resume goes on");
    return interrupt_status();
  }
  log_info("{}: written", c.train.output);
  return ExitStatus::kOk;
}

}  // namespace facenet
