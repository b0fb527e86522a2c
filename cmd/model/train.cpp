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
      // Data sets are often put together of links.
      const ScanResult files = scan({source}, Exclusion({}, /*follow_links=*/true));
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
              "file for the aligned faces, 60 KB each (default: faces.chips in the folder of the "
              "run)");
  line.flag("prepare-only", c.prepare_only, "find and align the faces, then stop");
  line.option("min-images", c.train.dataset.min_images, "N",
              "leave out people with fewer images than this");
  line.option("validation", c.train.dataset.validation, "SHARE",
              "share of the people who are kept out of training, to judge the network by");
  line.option("alignment", c.geometry.alignment, "NAME", "template to align faces to");
  line.option("chip-size", c.geometry.edge, "PIXELS", "size of the aligned faces in the file");
  line.option("chip-margin", c.geometry.margin, "PIXELS", "margin around them");
  line.negative_flag("no-mirror", c.train.augment.mirror, "do not mirror faces");
  line.negative_flag("no-geometry", c.train.augment.geometry, "do not shift, scale or turn faces");
  line.negative_flag("no-colour", c.train.augment.colour, "do not change the colours of faces");
  line.negative_flag("no-jpeg", c.train.augment.jpeg, "do not compress some faces as JPEG");
  line.negative_flag("no-resolution", c.train.augment.resolution,
                     "do not reduce the resolution of some faces");
  line.negative_flag("no-occlusion", c.train.augment.occlusion, "do not cover parts of some faces");
}

void add_network_options(CommandLine& line, TrainCommand& c) {
  line.heading("Network");
  OptionDescription& network = line.option(
      "network", c.train.network, "NAME",
      "network to train: nn1, nn2, nn3, nn4, nns1, nns2 (the paper's) or inception-resnet-v1");
  for (const KnownModel& design : known_designs()) network.choices.push_back(design.info.name);
  line.option("embedding", c.train.design.embedding, "N",
              "size of the vectors (0: the network's own)");
  line.negative_flag("no-batch-norm", c.train.design.batch_norm,
                     "no batch norm, as in the paper; learns more slowly");
  line.option("init", c.train.init, "WEIGHTS",
              "start from these weights (a name or a file) and their network; with another "
              "--embedding, the last layer starts anew");
}

void add_loss_options(CommandLine& line, TrainCommand& c) {
  line.heading("Loss");
  line.flag(
      "paper", c.train.paper,
      "train as the paper does. Without this option, the loss is the mean over the triplets and "
      "not their sum; there is batch norm after every convolution; batches have fewer faces if "
      "people have fewer than 40 images, and no random faces; faces are augmented; and the weights "
      "that are written are a moving average");
  line.option("loss", c.train.loss, "NAME",
              "triplet (the paper's, but see --paper), softmax (with centre loss, to start from) "
              "or distil (learn the vectors of another model)");
  line.option("selection", c.selection, "NAME",
              "how to select triplets: semi-hard (the paper's) or hard (Hermans et al. 2017)");
  line.option("margin", c.train.triplet.margin, "DISTANCE",
              "margin of triplets, a squared distance");
  line.flag("sum", c.train.triplet.sum, "use the sum of the triplets' losses, not their mean");
  line.flag("soft-margin", c.train.triplet.soft_margin, "use softplus instead of a margin");
  line.option("people", c.train.identities.people, "N", "people in a batch of triplets");
  line.option("images", c.train.identities.images, "N", "most faces of each of them");
  line.option("negatives", c.train.identities.negatives, "N", "more faces, chosen at random");
  line.option("exemplars", c.train.identities.exemplars, "N",
              "faces in a batch of triplets, those chosen at random included (0: see --negatives)");
  line.option("batch", c.train.batch, "N", "faces in a batch of softmax or distil");
  line.option("chunk", c.train.chunk, "N",
              "faces to embed at once; a larger batch then takes more time, not more memory");
  line.option("centre-weight", c.train.classifier.centre_weight, "W",
              "weight of the centre loss, with softmax");
  line.option(
      "compatible-with", c.train.compatible_with, "MODEL",
      "make vectors that can be compared with those of this model (with triplet or distil)");
  line.option("distil-weight", c.train.distil, "W",
              "weight of also learning that model's vectors, with triplet");
  line.option("similarity-weight", c.train.similarity, "W",
              "weight of the similarities between faces, with distil");
  line.option("mixup", c.train.mixup, "SHARE",
              "share of the faces that are mixed with others, with distil. This is slower, because "
              "the other model embeds the mixtures too, but keeps the network from learning faces "
              "by heart");
  line.option("embedding-steps", c.train.embedding_steps, "N",
              "steps at the beginning in which only a new embedding layer is trained");
}

void add_learning_options(CommandLine& line, TrainCommand& c) {
  line.heading("Learning");
  line.option("steps", c.train.steps, "N", "number of batches, instead of --epochs");
  line.option("epochs", c.train.epochs, "N", "passes over the data");
  line.option("optimiser", c.train.optimiser.name, "NAME", "adagrad (the paper's), sgd or adam");
  line.option("rate", c.train.optimiser.rate, "R", "learning rate");
  line.option("momentum", c.train.optimiser.momentum, "M", "momentum of sgd");
  line.option("weight-decay", c.train.optimiser.weight_decay, "D", "weight decay");
  line.option("clip", c.train.optimiser.clip, "NORM", "clip gradients to this norm (0: do not)");
  line.option("schedule", c.train.schedule.name, "NAME",
              "how the rate changes: constant, step or cosine");
  line.option("warm-up", c.train.schedule.warm_up, "STEPS",
              "steps at the beginning in which the rate rises");
  line.option("rate-steps", c.rate_steps, "N,N…", "with step: when the rate falls");
  line.option("rate-factor", c.train.schedule.step_factor, "F",
              "with step: what it is multiplied by");
  line.option("average", c.train.average, "DECAY",
              "decay of the moving average of the weights (0: no average)");
  line.option("seed", c.seed, "N", "seed of all random numbers");
}

void add_run_options(CommandLine& line, TrainCommand& c) {
  line.heading("Run");
  line.option("output,o", c.train.output, "FILE", "weights file to write (required)");
  line.option("run", c.train.folder, "FOLDER",
              "folder for checkpoints, log.jsonl, curves.html and latest.safetensors (default: "
              "FILE.run)");
  line.flag("resume", c.train.resume, "continue from the last checkpoint");
  line.flag("force", c.force, "start anew even if there is a checkpoint, and replace FILE");
  line.option(
      "validate-every", c.train.validate_every, "STEPS",
      "judge the network every so many steps (0: after each pass, and every 1,000 steps at the "
      "latest)");
  line.option("checkpoint-minutes", c.train.checkpoint_minutes, "MINUTES",
              "minutes between checkpoints");
  line.option("workers", c.train.workers, "N", "threads that prepare batches");
  line.option("precision", c.train.precision, "fp32|bf16|auto",
              "number format of convolutions. auto means bf16 if the processor has it");
  line.option("device", c.train.device, "NAME", "auto, cpu or cuda");
}

std::vector<std::int64_t> parse_steps(const std::string& text) {
  std::vector<std::int64_t> steps;
  std::stringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    std::int64_t step = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), step);
    if (error != std::errc() || end != part.data() + part.size()) {
      fail<UsageError>("--rate-steps must be numbers with commas between them, not \"{}\"", text);
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
      fail("{}: there is a training already; give --resume to go on or --force to start anew",
           checkpoint);
    }
    std::filesystem::remove(checkpoint);
  }
  require_free(c.train.output, c.force || c.train.resume);
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
  log_info("{} of {}; {} without a face, {}, {}, {} unreadable",
           counted(static_cast<std::int64_t>(summary.chips), "face"),
           counted(std::ssize(cache.identities()), "person", "people"),
           counted(std::ssize(summary.without_face), "image"),
           counted(std::ssize(summary.duplicates), "duplicate"),
           counted(std::ssize(summary.contradictions), "contradiction"), summary.unreadable.size());
  for (const auto& [path, reason] : summary.unreadable) log_warning("{}: {}", path, reason);
  for (const std::string& path : summary.contradictions) {
    log_warning("{}: two people have the same picture; it is left out", path);
  }
  return true;
}

}  // namespace

ExitStatus run_train(Arguments arguments) {
  TrainCommand c;
  CommandLine line(
      "train [OPTIONS] --output FILE.safetensors DATA...",
      "Trains a network to tell people apart. DATA is a folder with a folder for each person, or a "
      "CSV file with rows of path,identity. If you give several, nobody should be in more than one "
      "of them. Faces are found and aligned once, and kept in one file.\n\n"
      "You can stop a run with Ctrl-C and continue it with --resume. If MASTER_ADDR, MASTER_PORT, "
      "RANK and WORLD_SIZE are set, as torchrun, Slurm and mpirun do, several processes share each "
      "batch.");
  line.positionals("DATA: give folders or CSV files", c.data, 1, 1000);
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
    log_info("stopped; give --resume to continue");
    return interrupt_status();
  }
  log_info("{}: written", c.train.output);
  return ExitStatus::kOk;
}

}  // namespace facenet
