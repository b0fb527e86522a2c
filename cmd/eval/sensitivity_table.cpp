#include "cmd/eval/sensitivity_table.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "train/eval/plot.h"

namespace facenet {
namespace {

std::string cell(const Json& value, const std::string& null_text) {
  if (value.is_null()) return null_text;
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// Names of the facts, which all rows have in common.
std::vector<std::string> columns(const SensitivityTable& table) {
  std::vector<std::string> names;
  for (const auto& [name, value] : table.rows.front().facts.items()) names.push_back(name);
  return names;
}

/// An axis with room for all values; from a power of ten to another, or from 0 on.
Axis axis_of(const SensitivityTable& table) {
  double least = HUGE_VAL, most = 0;
  for (const SensitivityRow& row : table.rows) {
    if (std::isnan(row.at)) continue;
    least = std::min(least, row.at);
    most = std::max(most, row.at);
  }
  if (!table.logarithmic) return {table.axis, 0, most};
  const double from = std::floor(std::log10(least)), to = std::ceil(std::log10(most));
  return {table.axis, std::pow(10, from), std::pow(10, std::max(to, from + 1)), true};
}

}  // namespace

Json SensitivityTable::json() const {
  Json json{{"table", name}};
  json.update(about);
  json["rows"] = Json::array();
  for (const SensitivityRow& row : rows) {
    Json& object = json["rows"].emplace_back(row.facts);
    object["val"] = row.val.val;
    object["standard_error"] = row.val.standard_error;
    object["threshold"] = row.val.threshold;
    object["paper"] = nullptr;
    if (row.paper == nullptr) continue;
    const double error = row.paper->standard_error;
    object["paper"] = {{"val", row.paper->val},
                       {"standard_error", error > 0 ? Json(error) : Json()}};
  }
  return json;
}

std::string SensitivityTable::csv() const {
  std::string csv = fmt::format("{},val,standard_error,threshold,paper_val,paper_standard_error\n",
                                fmt::join(columns(*this), ","));
  for (const SensitivityRow& row : rows) {
    for (const auto& [column, value] : row.facts.items()) csv += csv_field(cell(value, "")) + ",";
    csv += fmt::format("{:.6f},{:.6f},{:.6f},", row.val.val, row.val.standard_error,
                       row.val.threshold);
    if (row.paper != nullptr) csv += fmt::format("{:.3f}", row.paper->val);
    csv += ",";
    if (row.paper != nullptr && row.paper->standard_error > 0) {
      csv += fmt::format("{:.3f}", row.paper->standard_error);
    }
    csv += "\n";
  }
  return csv;
}

std::string SensitivityTable::text() const {
  const std::vector<std::string> names = columns(*this);
  std::vector<std::size_t> widths;
  for (const std::string& column : names) {
    std::size_t width = column.size();
    for (const SensitivityRow& row : rows) {
      width = std::max(width, cell(row.facts[column], null_text).size());
    }
    widths.push_back(width + 2);
  }
  std::string text = heading;
  for (std::size_t i = 0; i < names.size(); ++i) text += fmt::format("{:<{}}", names[i], widths[i]);
  text += fmt::format("{:<18}{}\n", "VAL", "paper");
  for (const SensitivityRow& row : rows) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      text += fmt::format("{:<{}}", cell(row.facts[names[i]], null_text), widths[i]);
    }
    text += fmt::format("{:.4f} ± {:.4f}   ", row.val.val, row.val.standard_error);
    text += row.paper == nullptr ? "-" : fmt::format("{:.3f}", row.paper->val);
    if (row.paper != nullptr && row.paper->standard_error > 0) {
      text += fmt::format(" ± {:.3f}", row.paper->standard_error);
    }
    text += "\n";
  }
  return text;
}

std::string SensitivityTable::svg() const {
  std::vector<const SensitivityRow*> drawn;
  for (const SensitivityRow& row : rows) {
    if (!std::isnan(row.at)) drawn.push_back(&row);
  }
  std::ranges::stable_sort(drawn, {}, &SensitivityRow::at);
  Series ours{about.value("model", "measured"), {}}, papers{"paper", {}};
  for (const SensitivityRow* row : drawn) {
    ours.points.push_back({row->at, row->val.val});
    if (row->paper != nullptr) papers.points.push_back({row->at, row->paper->val});
  }
  Plot plot;
  plot.title = fmt::format("Validation rate at a false accept rate of {:g}", rows.front().val.far);
  plot.x = axis_of(*this);
  plot.y.label = "validation rate";
  plot.series = {ours, papers};
  return to_svg(plot);
}

}  // namespace facenet
