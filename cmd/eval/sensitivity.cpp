#include <charconv>
#include <cmath>
#include <iostream>
#include <optional>

#include "base/interrupt.h"
#include "base/text.h"
#include "cmd/eval/eval.h"
#include "cmd/eval/sensitivity_table.h"
#include "image/degrade.h"
#include "library/library.h"
#include "pipeline/torch_module.h"
#include "train/eval/labelled_folder.h"

namespace facenet {
namespace {

/// Chips that wait to be embedded under each loss: enough for full batches, few enough for memory.
constexpr std::size_t kChipsAtOnce = 256;

struct SensitivityOptions : EvalOptions {
  std::string values, plot;
  double far = 1e-3;
  std::vector<std::string> words;  ///< TABLE DIR [MODEL...]

  const std::string& table() const { return words.front(); }
};

/// A row of tables that spoil the faces before the network sees them.
struct Loss {
  SensitivityRow row;
  std::function<Image(const Image&)> spoil;
};

/// A row of the table of models.
struct MeasuredModel {
  EmbedderOptions embedder;
  ModelInfo info;
  SensitivityRow row;
};

/// Vectors of labelled faces.
struct Vectors {
  FaceLabels labels;
  std::vector<float> values = {};

  void add(const std::string& person, const FaceVector& face) {
    labels.add(person);
    values.insert(values.end(), face.vector.begin(), face.vector.end());
  }
};

/// VAL at the options' FAR over all pairs of the faces.
AllPairsReport measure(const SensitivityOptions& options, const FaceLabels& labels,
                       std::span<const float> vectors) {
  const auto dimension =
      static_cast<int>(std::ssize(vectors) / std::max<std::int64_t>(1, labels.faces()));
  return verify_all_pairs({{vectors, labels.faces(), dimension}, labels.identity()}, labels.split(),
                          labels.splits(), std::span(&options.far, 1), options.analyser.threads);
}

void describe(const SensitivityOptions& options, const FaceLabels& labels,
              const ImageCounts& counts, const AllPairsReport& pairs, SensitivityTable& table) {
  table.about.update({{"mode", options.mode},
                      {"image_count", counts.images},
                      {"people_count", labels.people()},
                      {"face_count", labels.faces()},
                      {"no_face_count", counts.no_face},
                      {"unreadable_count", counts.unreadable},
                      {"pair_counts", {{"same", pairs.same}, {"different", pairs.different}}},
                      {"splits", pairs.splits},
                      {"far", options.far}});
  table.heading = fmt::format(
      "{} faces of {} people{}, {}; {} images without a face, {} unreadable\n"
      "VAL at FAR {:g} over {} pairs of one person and {} of two; ± over {} splits of the people\n"
      "(paper: at FAR 1e-3, on its own images)\n",
      with_thousands(labels.faces()), with_thousands(labels.people()),
      table.about.contains("model") ? ", " + table.about["model"].get<std::string>() : "",
      options.mode, counts.no_face, counts.unreadable, options.far, with_thousands(pairs.same),
      with_thousands(pairs.different), pairs.splits);
}

/// "10,20,30"; `fallback` when the text is empty.
std::vector<int> numbers(const std::string& text, const char* fallback, int most) {
  const std::string list = text.empty() ? fallback : text;
  std::vector<int> values;
  for (const char *at = list.data(), *end = at + list.size(); at <= end; ++at) {
    int value = 0;
    const auto [stop, error] = std::from_chars(at, end, value);
    if (error != std::errc() || value < 1 || value > most || (stop != end && *stop != ',')) {
      fail<UsageError>("--values {}: give numbers from 1 to {} with commas between them", list,
                       most);
    }
    values.push_back(value);
    at = stop;
  }
  return values;
}

std::vector<Loss> quality_losses(const std::string& values) {
  std::vector<Loss> losses = {{{.facts = {{"quality", nullptr}}, .at = NAN}, nullptr}};
  for (const int quality : numbers(values, "10,20,30,50,70,90", 100)) {
    losses.push_back({{.facts = {{"quality", quality}},
                       .at = static_cast<double>(quality),
                       .paper = find_row(kPaperQuality, quality)},
                      [quality](const Image& chip) { return through_jpeg(chip, quality); }});
  }
  return losses;
}

std::vector<Loss> size_losses(const std::string& values) {
  std::vector<Loss> losses = {
      {{.facts = {{"edge", nullptr}, {"pixels", nullptr}}, .at = NAN}, nullptr}};
  for (const int edge : numbers(values, "40,80,120,160,256", 4096)) {
    const int pixels = edge * edge;
    losses.push_back({{.facts = {{"edge", edge}, {"pixels", pixels}},
                       .at = static_cast<double>(pixels),
                       .paper = find_row(kPaperPixels, pixels)},
                      [pixels](const Image& chip) { return through_pixels(chip, pixels); }});
  }
  return losses;
}

/// Measures the first loss, which is none, and the others. Faces are searched and cut once.
void measure_losses(const SensitivityOptions& options, std::vector<Loss> losses,
                    SensitivityTable& table) {
  const LabelledFolder folder = find_labelled_images(options.root());
  AnalyserOptions analyser = options.analyser;
  analyser.keep_chips = true;
  FaceReader reader(analyser, options.framing());
  Vectors whole{.labels = FaceLabels(options.splits)};
  std::vector<std::vector<float>> spoilt(losses.size());
  std::vector<Image> chips;
  const auto embed_chips = [&] {
    for (std::size_t i = 1; i < losses.size(); ++i) {
      std::vector<Image> changed;
      changed.reserve(chips.size());
      for (const Image& chip : chips) changed.push_back(losses[i].spoil(chip));
      const std::vector<float> vectors = reader.embed(changed);
      spoilt[i].insert(spoilt[i].end(), vectors.begin(), vectors.end());
    }
    chips.clear();
  };
  reader.read(folder.images, [&](const std::string& path, FaceVector&& face) {
    whole.add(folder.person(path), face);
    chips.push_back(std::move(face.chip));
    if (chips.size() == kChipsAtOnce) embed_chips();
  });
  if (interrupted()) return;
  embed_chips();
  const ImageCounts counts = count_images(folder, whole.labels, reader.unreadable());
  for (std::size_t i = 0; i < losses.size(); ++i) {
    const AllPairsReport pairs = measure(options, whole.labels, i == 0 ? whole.values : spoilt[i]);
    if (i == 0) describe(options, whole.labels, counts, pairs, table);
    losses[i].row.val = pairs.val.front();
    table.rows.push_back(std::move(losses[i].row));
  }
}

/// A number that a weights file states about its making; null where it does not.
Json stated(const ModelInfo& info, const char* key) {
  const auto found = info.provenance.find(key);
  if (found == info.provenance.end()) return nullptr;
  const char* end = found->second.data() + found->second.size();
  std::int64_t number = 0;
  const auto [stop, error] = std::from_chars(found->second.data(), end, number);
  return error == std::errc() && stop == end ? Json(number) : Json();
}

MeasuredModel describe_model(EmbedderOptions embedder, const std::string& name) {
  embedder.model = name;
  prepare_model(embedder);
  const EmbedderFile file = describe_embedder(embedder);
  Json parameters;  // a TorchScript file does not list its layers
  if (!is_script(name)) {
    std::int64_t sum = 0;
    for (const LayerInfo& layer : torch_functions().describe_layers(file.path, 0, 0)) {
      sum += layer.parameters;
    }
    parameters = sum;
  }
  MeasuredModel model{.embedder = embedder, .info = file.info, .row = {}};
  const Json images = stated(file.info, "training images");
  model.row.facts = {{"model", file.info.name},
                     {"embedding", file.info.embedding},
                     {"parameters", parameters},
                     {"training_images", images},
                     {"training_identities", stated(file.info, "training identities")}};
  if (images.is_number()) model.row.paper = find_row(kPaperTrainingImages, images.get<double>());
  if (model.row.paper == nullptr) {
    model.row.paper = find_row(kPaperEmbedding, file.info.embedding);
  }
  return model;
}

/// The plot is over training images where all models state them, else over the embedding.
void choose_axis(SensitivityTable& table) {
  table.logarithmic = std::ranges::all_of(table.rows, [](const SensitivityRow& row) {
    return row.facts["training_images"].is_number() && row.facts["training_images"] > 0;
  });
  table.axis = table.logarithmic ? "training images" : "numbers of a vector";
  for (SensitivityRow& row : table.rows) {
    row.at = row.facts[table.logarithmic ? "training_images" : "embedding"].get<double>();
  }
}

/// Measures each model on the faces that are found for the first.
void measure_models(const SensitivityOptions& options, SensitivityTable& table) {
  std::vector<MeasuredModel> models;
  for (const std::string& name : std::span(options.words).subspan(2)) {
    models.push_back(describe_model(*options.analyser.embedder, name));
  }
  const LabelledFolder folder = find_labelled_images(options.root());
  std::map<std::string, Face> faces;
  for (MeasuredModel& model : models) {
    AnalyserOptions analyser = options.analyser;
    analyser.embedder = model.embedder;
    FaceReader reader(analyser, options.framing());
    Vectors vectors{.labels = FaceLabels(options.splits)};
    const bool first = table.rows.empty();
    const auto receive = [&](const std::string& path, FaceVector&& face) {
      vectors.add(folder.person(path), face);
      if (first) faces.emplace(path, face.face);
    };
    first ? reader.read(folder.images, receive) : reader.read_known(faces, receive);
    if (interrupted()) return;
    const AllPairsReport pairs = measure(options, vectors.labels, vectors.values);
    if (first) {
      const ImageCounts counts = count_images(folder, vectors.labels, reader.unreadable());
      describe(options, vectors.labels, counts, pairs, table);
    }
    model.row.val = pairs.val.front();
    table.rows.push_back(std::move(model.row));
  }
  choose_axis(table);
}

ExitStatus evaluate(const SensitivityOptions& options) {
  options.require_free(options.plot);
  SensitivityTable table{.name = options.table()};
  if (table.name == "models") {
    measure_models(options, table);
  } else {
    const bool quality = table.name == "quality";
    table.null_text = "unchanged";
    table.axis = quality ? "JPEG quality" : "pixels";
    table.logarithmic = !quality;
    table.about["model"] = options.analyser.embedder->model;
    measure_losses(options, quality ? quality_losses(options.values) : size_losses(options.values),
                   table);
  }
  if (interrupted()) return interrupt_status();
  if (options.output.json) {
    print_json(table.json());
  } else {
    std::cout << (options.output.csv ? table.csv() : table.text());
  }
  if (!options.plot.empty()) options.write(options.plot, table.svg());
  return table.about["unreadable"] > 0 ? ExitStatus::kPartial : ExitStatus::kOk;
}

void check(const SensitivityOptions& options, bool model_given) {
  const bool models = options.table() == "models";
  if (!models && options.table() != "quality" && options.table() != "size") {
    fail<UsageError>("there is no table '{}'; there are quality, size and models", options.table());
  }
  if (models && options.words.size() < 3) {
    fail<UsageError>("missing MODEL: give names or weights files after the folder");
  }
  if (!models && options.words.size() > 2) {
    fail<UsageError>("unexpected argument '{}': give the model with --model", options.words[2]);
  }
  if (models && model_given) fail<UsageError>("give models after the folder, not with --model");
  if (models && !options.values.empty()) {
    fail<UsageError>("--values is for the tables quality and size");
  }
  if (!(options.far > 0 && options.far < 1)) fail<UsageError>("--far must lie between 0 and 1");
}

}  // namespace

ExitStatus run_eval_sensitivity(Arguments arguments) {
  SensitivityOptions options;
  CommandLine line(
      "eval sensitivity quality|size|models [OPTIONS] DIR [MODEL...]",
      "Makes the paper's tables 4 to 6 for your own data, beside the paper's rows. The figures are "
      "VAL, the share of pairs of one person that are accepted, at one false accept rate, over all "
      "pairs of images. DIR has a folder for each person. In each image, the face nearest the "
      "centre counts. ± is the standard error over parts of the people.");
  line.term("quality",
            "faces, cut out at the size that the network takes, are stored as JPEG with each "
            "quality (10,20,30,50,70,90)");
  line.term("size",
            "faces are shrunk to a square of each size (40,80,120,160,256) and enlarged again to "
            "the size that the network takes; sizes beyond that lose nothing");
  line.term("models",
            "each MODEL, a name or a file, is a row with its embedding size, its parameters, and "
            "the images and people it was trained on, if its file says so. Beside it stands the "
            "paper's row for as many training images, or else for the same embedding size");
  line.option("values", options.values, "N,N...",
              "qualities or sizes to test, instead of those above");
  line.option("far", options.far, "RATE", "false accept rate");
  line.option("plot", options.plot, "FILE.svg", "draw VAL as a graph");
  options.add_force(line);
  options.add_splits(line);
  options.output.add_csv(line, "print a row for each line of the table");
  options.add_options(line);
  line.positionals(
      "TABLE and DIR: give quality, size or models, and a folder with a folder for "
      "each person",
      options.words, 2, SIZE_MAX);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  options.folders = {options.words[1]};
  options.apply();
  options.output.validate();
  check(options, line.given("model"));
  if (options.table() != "models") prepare_model(*options.analyser.embedder);
  return evaluate(options);
}

}  // namespace facenet
