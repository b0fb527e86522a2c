#include "train/eval/plot.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace facenet {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Plot, PutsPointsWhereTheAxesSay) {
  const Plot plot{.title = "a < b",
                  .x = {"rate", 1e-4, 1, true},
                  .y = {"share", 0, 1},
                  .series = {{"one", {{1e-4, 0}, {1e-2, 0.5}, {1, 1}}}}};
  const std::string svg = to_svg(plot);
  EXPECT_THAT(svg, HasSubstr("a &lt; b"));
  // The picture's area goes from (64, 388) to (616, 40); 1e-2 is half-way on a logarithmic axis.
  EXPECT_THAT(svg, HasSubstr("points=\"64.00,388.00 340.00,214.00 616.00,40.00 \""));
  for (const char* tick : {">0.0001<", ">0.001<", ">0.01<", ">0.1<", ">1<", ">0.2<", ">0.8<"}) {
    EXPECT_THAT(svg, HasSubstr(tick));
  }
}

TEST(Plot, LeavesOutWhatCannotBeSeen) {
  Plot plot{.title = "", .x = {"", 1e-4, 1, true}, .y = {"", 0, 1}, .series = {{"", {}}}};
  plot.series[0].points.push_back({0, 0.5});  // minus infinity on this axis
  for (int i = 0; i < 10000; ++i) plot.series[0].points.push_back({0.5 + i * 1e-6, 0.5});
  const std::string svg = to_svg(plot);
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
  EXPECT_LT(svg.size(), 5000U);
}

TEST(Plot, RoundStepsOnAPlainAxis) {
  const Plot plot{.title = "", .x = {"", 0, 42}, .y = {"", 0.62, 0.88}, .series = {}};
  const std::string svg = to_svg(plot);
  for (const char* tick : {">0<", ">10<", ">40<", ">0.65<", ">0.85<"}) {
    EXPECT_THAT(svg, HasSubstr(tick));
  }
  EXPECT_THAT(svg, Not(HasSubstr(">50<")));
}

}  // namespace
}  // namespace facenet
