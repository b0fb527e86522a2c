#pragma once

#include "train/train_options.h"

namespace facenet {

/// The training that the paper publishes (Schroff, Kalenichenko and Philbin 2015, sections 3.1 to
/// 3.3), as options: calls visit(flag, value, published, source) with each option of `facenet
/// train` that the paper settles, a reference to its value, the published one and where it stands.
/// What the paper does not mention counts as not done: batch norm, augmentation, a moving average
/// of the weights. Left open are what it leaves open: how many people share a batch of 1,800 and
/// how many negatives that leaves, how the rate is lowered "to finalize the model", how long to
/// train.
template <class Options, class Visit>
void visit_paper_settings(Options& options, const Visit& visit) {
  const auto set = [&](const char* flag, auto& value, auto published, const char* source) {
    visit(flag, value, published, source);
  };
  set("loss", options.loss, "triplet", "section 3.1: the triplet loss");
  set("sum", options.triplet.sum, true, "equation 3: a sum over the triplets");
  set("margin", options.triplet.margin, 0.2, "section 3.3: a margin of 0.2");
  set("soft-margin", options.triplet.soft_margin, false, "equation 3: a hinge");
  set("selection", options.triplet.selection, TripletSelection::kSemiHard,
      "section 3.2: semi-hard negatives, for all anchor-positive pairs");
  set("exemplars", options.identities.exemplars, 1800, "section 3.2: some 1,800 exemplars");
  set("images", options.identities.images, 40, "section 3.2: some 40 faces of each identity");
  set("negatives", options.identities.negatives, 0, "section 3.2: negatives fill the batch up");
  set("optimiser", options.optimiser.name, "adagrad", "section 3.3: AdaGrad");
  set("rate", options.optimiser.rate, 0.05, "section 3.3: a learning rate of 0.05");
  set("weight-decay", options.optimiser.weight_decay, 0.0, "it mentions none");
  set("clip", options.optimiser.clip, 0.0, "it mentions none");
  set("average", options.average, 0.0, "it mentions none");
  set("init", options.init, "", "section 3.3: random weights to start from");
  set("embedding-steps", options.embedding_steps, 0, "section 3.3: all weights from the start");
  set("compatible-with", options.compatible_with, "", "harmonic triplets are section 7's");
  set("no-batch-norm", options.design.batch_norm, false, "tables 1 and 2: no batch norm");
  set("no-mirror", options.augment.mirror, false, "it mentions no augmentation");
  set("no-geometry", options.augment.geometry, false, "it mentions no augmentation");
  set("no-colour", options.augment.colour, false, "it mentions no augmentation");
  set("no-jpeg", options.augment.jpeg, false, "it mentions no augmentation");
  set("no-resolution", options.augment.resolution, false, "it mentions no augmentation");
  set("no-occlusion", options.augment.occlusion, false, "it mentions no augmentation");
}

/// Of the 1,800 exemplars 1,600 where each of these has 40 faces; the rest are random negatives.
inline constexpr int kPaperPeople = 40;

/// Sets what the paper settles, but for the flags that given(flag) is true of: these are left for
/// TrainOptions::validate(), which refuses what contradicts it.
template <class Given>
void train_as_paper(TrainOptions& options, const Given& given) {
  options.paper = true;
  if (!given("people")) options.identities.people = kPaperPeople;
  visit_paper_settings(
      options, [&](const char* flag, auto& value, const auto& published, const char* /*source*/) {
        if (!given(flag)) value = published;
      });
}

}  // namespace facenet
