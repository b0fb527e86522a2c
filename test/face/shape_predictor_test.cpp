#include "face/landmarks/shape_predictor.h"

#include <array>
#include <fstream>
#include <limits>
#include <sstream>

#include <dlib/image_processing/shape_predictor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/format.h"
#include "test/support/temporary_folder.h"

namespace facenet {
namespace {

using testing::AllOf;
using testing::HasSubstr;

using Shape = dlib::matrix<float, 0, 1>;
using Forest = std::vector<dlib::impl::regression_tree>;
using Offset = dlib::vector<float, 2>;

constexpr unsigned long kPoints = 5;
constexpr unsigned long kPixels = 20;

/// What a file of dlib holds; the tests put wrong numbers into it.
struct Parts {
  int version = 1;
  Shape initial_shape;
  std::vector<Forest> forests;
  std::vector<std::vector<unsigned long>> anchors;
  std::vector<std::vector<Offset>> offsets;

  void write(const std::string& path) const {
    dlib::serialize(path) << version << initial_shape << forests << anchors << offsets;
  }
};

/// Three cascades of ten trees with random splits and leaves.
Parts make_parts() {
  dlib::rand random;
  const auto shape = [&](float scale) {
    Shape shape(2 * kPoints);
    for (float& value : shape) value = scale * static_cast<float>(random.get_random_gaussian());
    return shape;
  };
  Parts parts;
  parts.initial_shape = shape(0.2F) + 0.5F;
  for (int cascade = 0; cascade < 3; ++cascade) {
    auto& anchors = parts.anchors.emplace_back();
    auto& offsets = parts.offsets.emplace_back();
    for (unsigned long i = 0; i < kPixels; ++i) {
      anchors.push_back(random.get_random_32bit_number() % kPoints);
      const Shape offset = shape(0.1F);
      offsets.emplace_back(offset(0), offset(1));
    }
    Forest& forest = parts.forests.emplace_back();
    for (int i = 0; i < 10; ++i) {
      auto& tree = forest.emplace_back();
      for (int split = 0; split < 7; ++split)
        tree.splits.push_back({random.get_random_32bit_number() % kPixels,
                               random.get_random_32bit_number() % kPixels,
                               static_cast<float>(random.get_random_gaussian()) * 20});
      for (int leaf = 0; leaf < 8; ++leaf) tree.leaf_values.push_back(shape(0.01F));
    }
  }
  return parts;
}

DlibImage make_noise() {
  dlib::rand random;
  DlibImage image(90, 120);
  for (long y = 0; y < image.nr(); ++y)
    for (long x = 0; x < image.nc(); ++x)
      image[y][x] = {random.get_random_8bit_number(), random.get_random_8bit_number(),
                     random.get_random_8bit_number()};
  return image;
}

class ShapePredictorTest : public testing::Test {
 protected:
  /// The error with which these parts are refused; empty when they are taken.
  std::string refusal(const Parts& parts) const {
    parts.write(path_);
    return refusal_of_file();
  }
  std::string refusal_of_file() const {
    try {
      ShapePredictor{path_};
      return {};
    } catch (const Error& error) {
      return error.what();
    }
  }

  TemporaryFolder folder_;
  const std::string path_ = folder_.path() + "/shape_predictor_5_face_landmarks.dat";
};

TEST_F(ShapePredictorTest, FindsWhatDlibFinds) {
  make_parts().write(path_);
  dlib::shape_predictor witness;
  dlib::deserialize(path_) >> witness;
  const ShapePredictor predictor(path_);
  ASSERT_EQ(predictor.count_points(), witness.num_parts());
  const DlibImage image = make_noise();
  for (const auto& box : {dlib::rectangle(10, 10, 60, 60), dlib::rectangle(-20, 5, 40, 65),
                          dlib::rectangle(80, 50, 200, 170), dlib::rectangle(3, 3, 3, 3)}) {
    const dlib::full_object_detection expected = witness(image, box);
    const std::vector<dlib::point> points = predictor.find(image, box);
    for (unsigned long i = 0; i < points.size(); ++i) EXPECT_EQ(points[i], expected.part(i));
  }
}

TEST_F(ShapePredictorTest, RefusesWhatReachesOutsideOfItself) {
  EXPECT_EQ(refusal(make_parts()), "");
  const auto is_refused = [&](auto spoil) {
    Parts parts = make_parts();
    spoil(parts);
    EXPECT_THAT(refusal(parts), AllOf(HasSubstr(path_), HasSubstr("is damaged")));
  };
  is_refused([](Parts& parts) { parts.version = 2; });
  is_refused([](Parts& parts) { parts.forests[1][3].splits[2].idx1 = kPixels; });
  is_refused([](Parts& parts) { parts.forests[1][3].splits[2].idx2 = ~0UL; });
  is_refused([](Parts& parts) { parts.forests[0][0].leaf_values.pop_back(); });
  is_refused([](Parts& parts) { parts.forests[0][0].leaf_values[0].set_size(4); });
  is_refused([](Parts& parts) { parts.anchors[2][0] = kPoints; });
  is_refused([](Parts& parts) { parts.anchors.pop_back(); });
  is_refused([](Parts& parts) { parts.offsets[2].pop_back(); });
  is_refused(
      [](Parts& parts) { parts.offsets[2][1].x() = std::numeric_limits<float>::quiet_NaN(); });
  is_refused([](Parts& parts) { parts.forests[2][9].leaf_values[7](0) = 1e30F; });
  is_refused([](Parts& parts) { parts.initial_shape(3) = std::numeric_limits<float>::infinity(); });
}

TEST_F(ShapePredictorTest, RefusesEveryFileThatIsCut) {
  make_parts().write(path_);
  std::ifstream file(path_, std::ios::binary);
  std::ostringstream whole;
  whole << file.rdbuf();
  for (const std::size_t length : {0U, 1U, 3U, 40U, 500U, 4000U}) {
    std::ofstream(path_, std::ios::binary) << whole.str().substr(0, length);
    EXPECT_THAT(refusal_of_file(), HasSubstr(path_)) << length;
  }
}

TEST_F(ShapePredictorTest, AHugeCountCostsNoMemory) {
  // Version 1, then a matrix of 2^56 rows, as dlib writes whole numbers.
  const std::array<unsigned char, 11> bytes{1, 1, 0x88, 0, 0, 0, 0, 0, 0, 0, 1};
  std::ofstream(path_, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  EXPECT_THAT(refusal_of_file(), HasSubstr(path_));
}

}  // namespace
}  // namespace facenet
