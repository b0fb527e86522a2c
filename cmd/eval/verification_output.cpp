#include "cmd/eval/verification_output.h"

#include <iostream>

#include "train/eval/plot.h"

namespace facenet {
namespace {

constexpr double kFewFalseAccepts = 10;  ///< below this a VAL is noise

}  // namespace

void add_verification(Json& json, const VerificationReport& report) {
  json["accuracy"] = report.accuracy;
  json["standard_error"] = report.standard_error;
  json["auc"] = report.auc;
  json["threshold"] = report.threshold;
  json["fold_thresholds"] = report.fold_thresholds;
  json["val"] = Json::object();
  json["val_details"] = Json::array();
  for (const ValAtFar& val : report.val) {
    json["val"][fmt::format("{:g}", val.far)] = val.val;
    json["val_details"].push_back({{"far", val.far},
                                   {"val", val.val},
                                   {"standard_error", val.standard_error},
                                   {"far_measured", val.far_measured},
                                   {"false_accepts", val.far * val.different}});
  }
}

void print_verification(const VerificationReport& report) {
  std::cout << fmt::format("accuracy   {:.4f} ± {:.4f}  (squared distance below {:.3f})\n",
                           report.accuracy, report.standard_error, report.threshold);
  std::cout << fmt::format("AUC        {:.5f}\n", report.auc);
  for (const ValAtFar& val : report.val) {
    const double rests_on = val.far * val.different;
    std::cout << fmt::format(
        "VAL @ {:<7g}{:.4f} ± {:.4f}{}\n", val.far, val.val, val.standard_error,
        rests_on < kFewFalseAccepts ? fmt::format("  (rests on {:.1f} false accepts)", rests_on)
                                    : "");
  }
}

std::string roc_svg(const std::string& title, const std::string& model,
                    std::span<const VerificationPair> pairs) {
  Plot plot{.title = title,
            .x = {"false accept rate", 1e-4, 1, true},
            .y = {"validation rate", 0, 1},
            .series = {{model, {}}}};
  for (const RocPoint& point : roc_curve(pairs)) {
    plot.series[0].points.push_back({point.far, point.val});
  }
  return to_svg(plot);
}

}  // namespace facenet
