#include "train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/logging.h"
#include "base/progress.h"
#include "base/random.h"
#include "base/text.h"
#include "nn/design/design_network.h"
#include "nn/runtime/named_tensor.h"
#include "nn/runtime/runtime.h"
#include "nn/runtime/subnormals.h"
#include "nn/runtime/trainable_network.h"
#include "train/batch_plan.h"
#include "train/checkpoint.h"
#include "train/data/batch_loader.h"
#include "train/loss/classifier.h"
#include "train/loss/distributed.h"
#include "train/loss/exact_gradient.h"
#include "train/loss/triplet_loss.h"
#include "train/moving_average.h"
#include "train/operating_points.h"
#include "train/reference_vectors.h"
#include "train/step_totals.h"
#include "train/teacher.h"
#include "train/training_log.h"
#include "train/validation.h"
#include "weights/safetensors.h"

namespace facenet {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kStepsALine = 20;        ///< of the log
constexpr std::size_t kValidationFaces = 2000;  ///< on the way; the end takes all
constexpr double kCollapsed = 0.02;             ///< mean squared distance of two people

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<at::Tensor> tensors_of(const std::vector<NamedTensor>& named) {
  std::vector<at::Tensor> tensors;
  for (const NamedTensor& one : named) tensors.push_back(one.tensor);
  return tensors;
}

std::string initial_weights(const TrainOptions& options) {
  if (!options.init.empty()) return options.init;
  const std::string path = options.folder + "/initial.safetensors";
  if (!options.resume || !file_exists(path)) {
    write_untrained(path, options.network, options.design, options.seed, /*overwrite=*/true);
  }
  return path;
}

class Trainer {
 public:
  explicit Trainer(const TrainOptions& options);

  TrainEnd run();

 private:
  void start();
  void restore();
  void save();
  void step();
  at::Tensor labels_of(const std::vector<std::size_t>& chips) const;
  at::Tensor reference_rows(const std::vector<std::size_t>& chips) const;
  at::Tensor mix(Batch& batch) const;
  TripletLoss loss(const at::Tensor& embeddings, const std::vector<std::size_t>& chips,
                   const at::Tensor& reference);
  [[noreturn]] void stop_at_bad_batch(const std::vector<std::size_t>& chips, double loss,
                                      double gradient) const;
  void log_progress();
  void validate(std::span<const std::size_t> chips, const std::string& path);
  ValidationSize size_of(std::span<const std::size_t> chips) const;
  void warn_of_few_faces(const ValidationSize& size) const;
  ModelInfo describe(std::span<const std::size_t> chips,
                     std::optional<ValidationReport>& report) const;
  std::vector<at::Tensor> averaged() const;
  bool is_stopped() const;
  bool leads() const { return group_ == nullptr || group_->rank() == 0; }

  TrainOptions options_;
  std::unique_ptr<ProcessGroup> group_;
  ChipCache cache_;
  SafetensorsFile initial_;
  TrainableNetwork network_;
  Augmenter augmenter_;
  BatchPlan plan_;
  std::optional<ReferenceVectors> reference_;
  std::optional<Teacher> teacher_;
  std::optional<Classifier> classifier_;
  at::Tensor last_embeddings_;  ///< of the batch, for the centres
  std::optional<Optimiser> optimiser_;
  std::optional<MovingAverage> average_;
  std::optional<BatchLoader> loader_;
  std::optional<TrainingLog> log_;
  std::int64_t step_ = 0;    ///< done
  std::int64_t images_ = 0;  ///< seen
  StepTotals totals_;        ///< since the last line of the log
  Clock::time_point line_began_ = Clock::now();
  double waited_before_ = 0;  ///< for batches, in seconds, before that line
  Clock::time_point last_checkpoint_ = Clock::now();
  bool warned_of_collapse_ = false;
};

Trainer::Trainer(const TrainOptions& options)
    : options_(options),
      group_(ProcessGroup::from_environment()),
      cache_(options.chips),
      initial_(initial_weights(options)),
      network_(initial_),
      augmenter_(cache_.geometry(), network_.info(), options.augment),
      plan_(cache_, options_, group_ ? group_->rank() : 0, group_ ? group_->size() : 1) {
  if (const int embedding = options_.design.embedding;
      embedding > 0 && embedding != network_.info().embedding) {
    network_.resize_embedding(embedding, options_.seed);
  }
  if (!options_.compatible_with.empty()) {
    reference_ = reference_vectors(cache_, options_.compatible_with, network_.info().embedding);
    if (options_.mixup > 0) {
      teacher_.emplace(options_.compatible_with, cache_.geometry(), options_.augment);
    }
  }
  if (options_.steps == 0) {
    const auto pass = static_cast<double>(plan_.steps_per_pass());
    options_.steps = std::max<std::int64_t>(1, std::llround(options_.epochs * pass));
  }
  if (options_.schedule.name == "cosine") options_.schedule.total = options_.steps;
  options_.schedule.validate();
  if (options_.device == "auto") options_.device = at::hasCUDA() ? "cuda" : "cpu";
  network_.move_to(options_.device);
  const Precision precision = parse_precision(options_.precision);
  options_.precision = precision == Precision::kBfloat16 ? "bf16" : "fp32";
  network_.train_in(precision);
  std::vector<at::Tensor> parameters = tensors_of(network_.parameters());
  if (options_.loss == "softmax") {
    at::manual_seed(options_.seed);
    classifier_.emplace(std::ssize(cache_.identities()), network_.info().embedding,
                        options_.classifier, parameters[0].options());
    for (const at::Tensor& parameter : classifier_->parameters()) parameters.push_back(parameter);
  }
  optimiser_.emplace(parameters, options_.optimiser);
}

std::string settings_of(const TrainOptions& options, const ChipCache& cache,
                        const SafetensorsFile& initial,
                        const std::optional<ReferenceVectors>& reference) {
  nlohmann::ordered_json json{{"options", nlohmann::ordered_json::parse(options.to_text())},
                              {"data", cache.fingerprint()},
                              {"start", initial.payload_sha256()}};
  if (reference) json["compatible_with"] = reference->weights_sha256;
  return json.dump();
}

void Trainer::start() {
  const std::string path = options_.folder + "/checkpoint.safetensors";
  if (options_.resume && file_exists(path)) {
    restore();
  } else if (options_.embedding_steps > 0) {
    network_.restart_embedding_layer(options_.seed);
  }
  if (options_.average > 0 && !average_) average_.emplace(averaged(), options_.average);
  if (group_) {  // fresh weights are the same everywhere, but no harm in being sure
    std::vector<at::Tensor> tensors = averaged();
    const at::NoGradGuard no_autograd;
    group_->broadcast(tensors);
  }
  if (leads()) log_.emplace(options_.folder, step_);
  loader_.emplace(
      cache_, augmenter_, [this](std::int64_t step) { return plan_.share(step); },
      seed_of({options_.seed, static_cast<std::uint64_t>(group_ ? group_->rank() : 0)}), step_,
      options_.workers, /*ahead=*/2, teacher_ ? &teacher_->augmenter() : nullptr);
}

std::vector<at::Tensor> Trainer::averaged() const {
  std::vector<at::Tensor> tensors = tensors_of(network_.parameters());
  for (const at::Tensor& tensor : tensors_of(network_.statistics())) tensors.push_back(tensor);
  return tensors;
}

void Trainer::restore() {
  const std::string path = options_.folder + "/checkpoint.safetensors";
  const Checkpoint checkpoint = read_checkpoint(path);
  const std::string settings = settings_of(options_, cache_, initial_, reference_);
  if (checkpoint.settings != settings) {
    fail(
        "{}: made with other settings or data, so it cannot be continued with these: {} against "
        "{}; "
        "give the same options, or start anew with --force",
        path, checkpoint.settings, settings);
  }
  const at::NoGradGuard no_autograd;
  const auto copy = [&](const std::vector<NamedTensor>& to, const std::string& prefix) {
    const auto part = part_of(checkpoint, prefix);
    for (const NamedTensor& named : to) {
      const auto found = part.find(named.name);
      if (found == part.end() || found->second.sizes() != named.tensor.sizes()) {
        fail("{}: it does not hold the tensor \"{}\" of this network", path, named.name);
      }
      at::Tensor(named.tensor).copy_(found->second);
    }
  };
  copy(network_.parameters(), "parameter.");
  copy(network_.statistics(), "statistic.");
  optimiser_->restore(part_of(checkpoint, "optimiser."));
  if (classifier_) classifier_->restore(part_of(checkpoint, "classifier."));
  if (options_.average > 0) {
    average_.emplace(averaged(), options_.average);
    average_->restore(part_of(checkpoint, "average."));
  }
  step_ = checkpoint.step;
  images_ = checkpoint.images;
  log_info("going on after step {}", step_);
}

void Trainer::save() {
  last_checkpoint_ = Clock::now();
  if (!leads()) return;
  Checkpoint checkpoint{.step = step_,
                        .images = images_,
                        .settings = settings_of(options_, cache_, initial_, reference_),
                        .tensors = {}};
  for (const NamedTensor& p : network_.parameters()) {
    checkpoint.tensors["parameter." + p.name] = p.tensor;
  }
  for (const NamedTensor& s : network_.statistics()) {
    checkpoint.tensors["statistic." + s.name] = s.tensor;
  }
  add_part(checkpoint, "optimiser.", optimiser_->state());
  if (classifier_) add_part(checkpoint, "classifier.", classifier_->state());
  if (average_) add_part(checkpoint, "average.", average_->state());
  write_checkpoint(options_.folder + "/checkpoint.safetensors", checkpoint);
}

at::Tensor Trainer::labels_of(const std::vector<std::size_t>& chips) const {
  at::Tensor labels = at::empty({std::ssize(chips)}, at::kLong);
  std::ranges::transform(chips, labels.data_ptr<std::int64_t>(),
                         [&](std::size_t chip) { return cache_.identity()[chip]; });
  return labels;
}

/// What the older model says of these chips [N, D].
at::Tensor Trainer::reference_rows(const std::vector<std::size_t>& chips) const {
  const std::int64_t size = reference_->model.embedding;
  at::Tensor rows = at::empty({std::ssize(chips), size}, at::kFloat);
  for (std::size_t i = 0; i < chips.size(); ++i) {
    std::copy_n(reference_->row(chips[i]), size,
                rows.data_ptr<float>() + static_cast<std::int64_t>(i) * size);
  }
  return rows;
}

/// Mixes this process's faces; what the older model says of the mixtures of all processes.
at::Tensor Trainer::mix(Batch& batch) const {
  mix_faces(batch, options_.mixup,
            seed_of({options_.seed, static_cast<std::uint64_t>(step_),
                     static_cast<std::uint64_t>(group_ ? group_->rank() : 0)}));
  const at::Tensor rows = teacher_->embed(batch.teacher_images);
  return group_ ? group_->gather_rows(rows) : rows;
}

TripletLoss Trainer::loss(const at::Tensor& embeddings, const std::vector<std::size_t>& chips,
                          const at::Tensor& reference) {
  const at::Tensor labels = labels_of(chips).to(embeddings.device());
  if (options_.loss == "distil") {
    return {distillation_loss(embeddings, reference, options_.similarity), {}};
  }
  if (classifier_) {
    last_embeddings_ = embeddings.detach();
    return {classifier_->loss(embeddings, labels), {}};
  }
  TripletLoss result = reference_
                           ? harmonic_triplet_loss(embeddings, reference, labels, options_.triplet)
                           : triplet_loss(embeddings, labels, options_.triplet);
  if (options_.distil > 0) {
    result.loss = result.loss +
                  options_.distil * distillation_loss(embeddings, reference, options_.similarity);
  }
  return result;
}

void Trainer::step() {
  network_.learn_embedding_layer_only(step_ < options_.embedding_steps);
  Batch batch = loader_->next();
  const std::vector<std::size_t> chips = plan_.whole(step_);
  at::Tensor reference;
  if (reference_) {
    reference = (teacher_ ? mix(batch) : reference_rows(chips)).to(options_.device);
  }
  optimiser_->set_rate(rate_at(options_.schedule, options_.optimiser.rate, step_));
  optimiser_->zero_grad();
  std::int64_t calls[2] = {0, 0};  // without and with graph: both see the same dropout
  const EmbedImages embed = [&](const at::Tensor& images) {
    const bool learns = at::GradMode::is_enabled();
    at::manual_seed(seed_of({options_.seed, static_cast<std::uint64_t>(step_),
                             static_cast<std::uint64_t>(calls[learns ? 1 : 0]++)}));
    return network_.forward(images, TrainableNetwork::Mode::kTraining);
  };
  const TripletLoss result = exact_gradient(
      batch.images, options_.chunk, embed,
      [&](const at::Tensor& embeddings) {
        const Clock::time_point before = Clock::now();
        TripletLoss result = loss(embeddings, chips, reference);
        totals_.add_loss_seconds(seconds_since(before));
        return result;
      },
      group_.get());
  if (group_) {
    std::vector<at::Tensor> gradients;
    for (const NamedTensor& parameter : network_.parameters()) {
      if (parameter.tensor.grad().defined()) gradients.push_back(parameter.tensor.grad());
    }
    group_->sum(gradients);
  }
  const double value = result.loss.item<double>();
  const double gradient = optimiser_->step();
  if (!std::isfinite(value) || !std::isfinite(gradient)) {
    stop_at_bad_batch(chips, value, gradient);
  }
  if (classifier_) {
    const at::NoGradGuard no_autograd;
    classifier_->move_centres(last_embeddings_, labels_of(chips).to(last_embeddings_.device()));
  }
  if (average_) average_->update(averaged());
  ++step_;
  images_ += std::ssize(chips);
  totals_.add(value, gradient, std::ssize(chips), result.statistics);
}

void Trainer::stop_at_bad_batch(const std::vector<std::size_t>& chips, double loss,
                                double gradient) const {
  const std::string path = options_.folder + "/bad-batch.txt";
  if (leads()) {
    write_file_atomically(path, /*overwrite=*/true, [&](std::ostream& out) {
      for (const std::size_t chip : chips) out << cache_.source(chip) << '\n';
    });
  }
  fail(
      "step {}: the loss is {} and the length of its gradient {}, so nothing was learned from it; "
      "its photos are listed in {}. The last checkpoint is good: lower --rate or set --clip 1, and "
      "start from {}/latest.safetensors with --init",
      step_, loss, gradient, path, options_.folder);
}

/// Writes a line about the steps since the one before, and begins the next.
void Trainer::log_progress() {
  TrainingProgress line =
      totals_.line(seconds_since(line_began_), loader_->seconds_waited() - waited_before_);
  line.step = step_;
  line.images = images_;
  line.rate = rate_at(options_.schedule, options_.optimiser.rate, step_ - 1);
  log_->add(line);
  if (options_.is_triplet() && totals_.mean_negative() < kCollapsed && !warned_of_collapse_) {
    warned_of_collapse_ = true;
    log_warning(
        "the embeddings collapse: two people are {:.4f} apart on average; a lower --rate, "
        "or starting with --loss softmax, helps",
        totals_.mean_negative());
  }
  totals_ = {};
  line_began_ = Clock::now();
  waited_before_ = loader_->seconds_waited();
}

ValidationSize Trainer::size_of(std::span<const std::size_t> chips) const {
  std::vector<std::int64_t> identity;
  for (const std::size_t chip : chips) identity.push_back(cache_.identity()[chip]);
  return validation_size(identity);
}

void Trainer::warn_of_few_faces(const ValidationSize& size) const {
  log_warning(
      "too few faces to judge the network: {} of {} are kept for validation, and it takes {} "
      "people "
      "with {} pairs of one person and {} of different people; so no accuracy is shown and the "
      "thresholds are not measured; give more data or a larger --validation",
      counted(size.faces, "face"), counted(size.people, "person", "people"),
      ValidationSize::kLeastPeople, ValidationSize::kLeastSame,
      with_thousands(ValidationSize::kLeastDifferent));
}

/// What the weights file says of itself. `report` is set where there are faces enough for one.
ModelInfo Trainer::describe(std::span<const std::size_t> chips,
                            std::optional<ValidationReport>& report) const {
  ModelInfo info = network_.info();
  info.name = std::filesystem::path(options_.output).stem().string();
  const ReferenceVectors* reference = reference_ ? &*reference_ : nullptr;
  auto& notes = info.provenance;
  notes.erase("validation");
  if (const ValidationSize size = size_of(chips); size.is_enough()) {
    report = take_operating_points(network_, cache_, augmenter_, reference, chips, options_.threads,
                                   info);
    notes["thresholds"] =
        fmt::format("{} faces of people who were kept from the training", report->faces);
    notes["validation"] =
        fmt::format("accuracy {:.4f}, VAL {:.4f} at FAR 0.001", report->accuracy, report->val);
  } else {
    notes["thresholds"] =
        fmt::format("not measured, for only {} faces were kept from the training: {}", size.faces,
                    take_prior_points(reference, info));
  }
  notes["weights"] = fmt::format("trained by facenet{}, {} steps, seed {}",
                                 options_.paper ? " train --paper" : "", step_, options_.seed);
  notes["training settings"] = settings_of(options_, cache_, initial_, reference_);
  notes["training images"] = std::to_string(plan_.faces());
  notes["training identities"] = std::to_string(plan_.people());
  notes["images seen"] = std::to_string(images_);
  return info;
}

/// Judges the averaged weights and writes them to `path`.
void Trainer::validate(std::span<const std::size_t> chips, const std::string& path) {
  if (!leads()) return;
  const at::NoGradGuard no_autograd;
  std::vector<at::Tensor> own;
  const std::vector<at::Tensor> tensors = averaged();
  if (average_) {
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      own.push_back(tensors[i].clone());
      at::Tensor(tensors[i]).copy_(average_->values()[i]);
    }
  }
  std::optional<ValidationReport> report;
  const ModelInfo info = describe(chips, report);
  if (!interrupted()) {
    network_.write(path, info, /*overwrite=*/true);
    if (report) {
      log_->add(step_, images_, *report);
      log_info("step {}: validation accuracy {:.4f}, VAL {:.4f} at FAR 0.001", step_,
               report->accuracy, report->val);
    } else {
      log_->draw();
    }
  }
  for (std::size_t i = 0; i < own.size(); ++i) at::Tensor(tensors[i]).copy_(own[i]);
}

/// Whether a signal came, to any of the processes: the others would wait for that one.
bool Trainer::is_stopped() const {
  if (group_ == nullptr) return interrupted();
  std::vector<at::Tensor> signals = {at::full({1}, interrupted() ? 1 : 0, at::kLong)};
  group_->sum(signals);
  return signals[0].item<std::int64_t>() > 0;
}

TrainEnd Trainer::run() {
  if (interrupted()) return TrainEnd::kInterrupted;
  start();
  if (const ValidationSize size = size_of(plan_.validation(0)); leads() && !size.is_enough()) {
    warn_of_few_faces(size);
  }
  const std::int64_t every = options_.validate_every > 0
                                 ? options_.validate_every
                                 : std::min<std::int64_t>(plan_.steps_per_pass(), 1000);
  line_began_ = Clock::now();
  Progress progress("faces", options_.steps * plan_.batch_size());
  while (step_ < options_.steps) {
    step();
    progress.update(images_, fmt::format("loss {:.4f}", totals_.mean_loss()));
    if (leads() && (step_ % kStepsALine == 0 || step_ == options_.steps)) log_progress();
    if (is_stopped()) {
      save();
      return TrainEnd::kInterrupted;
    }
    if (step_ % every == 0 && step_ < options_.steps) {
      const Clock::time_point before = Clock::now();
      validate(plan_.validation(kValidationFaces), options_.folder + "/latest.safetensors");
      if (group_ != nullptr) group_->wait_for_leader();
      line_began_ += Clock::now() - before;  // a line of the log times training alone
    }
    if (seconds_since(last_checkpoint_) > 60 * options_.checkpoint_minutes) save();
  }
  save();
  progress.finish();
  validate(plan_.validation(0), options_.output);
  return interrupted() ? TrainEnd::kInterrupted : TrainEnd::kFinished;
}

}  // namespace

/// What can be told before hours of preparation: options, and that there is such a network.
void check(const TrainOptions& options) {
  options.validate();
  if (options.init.empty()) describe_network(options.network, options.design);
}

TrainEnd train(const TrainOptions& options) {
  check(options);
  set_compute_threads(options.threads);
  keep_freed_memory();
  const SubnormalsAsZero quick;
  make_folder(options.folder);
  return Trainer(options).run();
}

}  // namespace facenet

extern "C" const facenet::Training* facenet_training() {
  static constexpr facenet::Training kTraining{facenet::train, facenet::check};
  return &kTraining;
}
