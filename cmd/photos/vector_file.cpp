#include "cmd/photos/vector_file.h"

#include <iostream>

#include "base/file.h"
#include "base/npy.h"
#include "base/text.h"
#include "cmd/output.h"

namespace facenet {
namespace {

/// A double that prints with as few digits as the float needs, not with the float's binary tail.
double shortest(float value) {
  return std::stod(fmt::format("{}", value));
}

}  // namespace

VectorFile::VectorFile(std::string path, const std::string& format, bool force)
    : path_(std::move(path)), force_(force) {
  const auto is = [&](const std::string& name) {
    return format.empty() ? path_.ends_with('.' + name) : format == name;
  };
  if (is("npy")) {
    form_ = Form::kNpy;
  } else if (is("csv")) {
    form_ = Form::kCsv;
  } else if (is("jsonl") || (is_stdout() && format.empty())) {
    form_ = Form::kJsonLines;
  } else {
    fail<UsageError>("--output {}: the name must end in .npy, .csv or .jsonl, or give --format",
                     path_);
  }
  if (!is_stdout()) require_free(path_, force_);
}

void VectorFile::add(const std::string& photo, const PhotoAnalysis& analysis, int dimension) {
  dimension_ = dimension;
  rows_ += std::ssize(analysis.faces);
  if (form_ == Form::kNpy) {
    values_.insert(values_.end(), analysis.embeddings.begin(), analysis.embeddings.end());
  } else if (form_ == Form::kCsv) {
    add_csv(photo, analysis);
  } else {
    add_json(photo, analysis);
  }
}

void VectorFile::write() const {
  if (!is_stdout()) {
    return write_file_atomically(path_, force_, [&](std::ostream& out) { write_to(out); });
  }
  write_to(std::cout);
}

void VectorFile::write_to(std::ostream& out) const {
  if (form_ == Form::kNpy) return write_npy(out, values_, dimension_);
  if (form_ == Form::kCsv) out << csv_header();
  out << text_;
}

std::string VectorFile::csv_header() const {
  std::string header = "photo,x,y,width,height,score";
  for (int i = 0; i < dimension_; ++i) header += fmt::format(",v{}", i);
  return header + "\n";
}

void VectorFile::add_csv(const std::string& photo, const PhotoAnalysis& analysis) {
  for (std::size_t i = 0; i < analysis.faces.size(); ++i) {
    const Face& face = analysis.faces[i];
    text_ += fmt::format("{},{:.2f},{:.2f},{:.2f},{:.2f},{:.4f}", csv_field(photo), face.box.x,
                         face.box.y, face.box.width, face.box.height, face.score);
    for (const float value : vector_of(analysis, i)) text_ += fmt::format(",{}", value);
    text_ += '\n';
  }
}

void VectorFile::add_json(const std::string& photo, const PhotoAnalysis& analysis) {
  Json json = analysis_json(photo, analysis);
  for (std::size_t i = 0; i < analysis.faces.size(); ++i) {
    Json& embedding = json["faces"][i]["embedding"] = Json::array();
    for (const float value : vector_of(analysis, i)) embedding.push_back(shortest(value));
  }
  text_ += json_text(json) + '\n';
}

std::span<const float> VectorFile::vector_of(const PhotoAnalysis& analysis,
                                             std::size_t face) const {
  const auto size = static_cast<std::size_t>(dimension_);
  return std::span(analysis.embeddings).subspan(face * size, size);
}

}  // namespace facenet
