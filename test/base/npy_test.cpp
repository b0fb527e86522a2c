#include "base/npy.h"

#include <algorithm>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "test/support/temporary_folder.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class NpyTest : public testing::Test {
 protected:
  void write(const std::string& bytes) {
    write_file_atomically(path_, true, [&](std::ostream& out) { out << bytes; });
  }
  std::string error() {
    try {
      read_npy(path_);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.path("matrix.npy");
};

// The bytes of np.save(f, np.array([[1.5, -2.0], [0.0, 3.0]], dtype)), NumPy 1.24.
std::string numpy_file(const std::string& dtype, const std::string& data, bool fortran = false) {
  std::string header = "{'descr': '" + dtype +
                       "', 'fortran_order': " + (fortran ? "True" : "False") +
                       ", 'shape': (2, 2), }";
  header.resize(117, ' ');
  return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n" + data;
}
const std::string kFloats("\0\0\xc0\x3f\0\0\0\xc0\0\0\0\0\0\0\x40\x40", 16);
const std::string kDoubles(
    "\0\0\0\0\0\0\xf8\x3f\0\0\0\0\0\0\0\xc0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x08\x40", 32);

TEST_F(NpyTest, SeveralFilesAreOneMatrix) {
  const std::vector<float> floats{1, 2, 3, 4, 5, 6};
  const std::vector<double> doubles{7, 8};
  write_npy(folder_.path("part-1.npy"), floats, 2, false);
  write_npy(folder_.path("part-2.npy"), doubles, 2, false);
  write_npy(folder_.path("part-3.npy"), std::span(floats).first(0), 2, false);
  write_npy(folder_.path("part-4.npy"), std::span(floats).first(4), 2, false);
  const NpyFiles files(folder_.path("part-?.npy"));
  EXPECT_EQ(files.rows(), 6);
  EXPECT_EQ(files.columns(), 2);
  std::vector<float> values{0};
  files.read(2, 6, values);
  EXPECT_THAT(values, ElementsAre(0, 5, 6, 7, 8, 1, 2, 3, 4));
  values.clear();
  files.read(3, 4, values);
  EXPECT_THAT(values, ElementsAre(7, 8));

  write_npy(folder_.path("part-5.npy"), floats, 3, false);
  EXPECT_THAT([&] { NpyFiles(folder_.path("part-*.npy")); },
              testing::ThrowsMessage<Error>(HasSubstr("its rows have 3 numbers, and those of")));
  EXPECT_THAT([&] { NpyFiles(folder_.path("none-*.npy")); },
              testing::ThrowsMessage<Error>(HasSubstr("no file has such a name")));
  write_npy(folder_.path("a[b].npy"), floats, 3, false);
  EXPECT_EQ(NpyFiles(folder_.path("a[b].npy")).rows(), 2) << "a name before a pattern";
}

TEST_F(NpyTest, VectorsOfNoNumbersAreNone) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 0), }";
  header.resize(117, ' ');
  write(std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n");
  EXPECT_THAT(error(), HasSubstr("its 4 rows are empty"));
}

TEST_F(NpyTest, ReadsWhatNumpyWrites) {
  write(numpy_file("<f4", kFloats));
  EXPECT_THAT(read_npy(path_).values, ElementsAre(1.5f, -2.0f, 0.0f, 3.0f));
  write(numpy_file("<f8", kDoubles));
  const NpyMatrix matrix = read_npy(path_);
  EXPECT_THAT(matrix.values, ElementsAre(1.5f, -2.0f, 0.0f, 3.0f));
  EXPECT_EQ(matrix.rows, 2);
  EXPECT_EQ(matrix.columns, 2);
}

TEST_F(NpyTest, WritesWhatNumpyWrites) {
  const float values[] = {1.5f, -2.0f, 0.0f, 3.0f};
  write_npy(path_, values, 2, true);
  const MappedFile file(path_);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()),
            numpy_file("<f4", kFloats));
}

TEST_F(NpyTest, WritesDoublesAsNumpyDoes) {
  const double values[] = {1.5, -2.0, 0.0, 3.0};
  write_npy(path_, values, 2, true);
  const MappedFile file(path_);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()),
            numpy_file("<f8", kDoubles));
}

TEST_F(NpyTest, ReadsMoreThanOnePiece) {
  std::vector<double> values(3 << 20);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i % 1000003);
  write_npy(path_, values, 3, true);
  const NpyMatrix matrix = read_npy(path_);
  ASSERT_EQ(matrix.rows, 1 << 20);
  EXPECT_TRUE(std::equal(values.begin(), values.end(), matrix.values.begin()));
}

TEST_F(NpyTest, EmptyMatrix) {
  write_npy(path_, std::span<const float>(), 512, true);
  EXPECT_EQ(read_npy(path_).rows, 0);
  EXPECT_EQ(read_npy(path_).columns, 512);
}

TEST_F(NpyTest, SaysWhatDoesNotFit) {
  write("hello, this is no array");
  EXPECT_THAT(error(), HasSubstr("not a .npy file"));
  write(numpy_file("<f4", kFloats.substr(0, 15)));
  EXPECT_THAT(error(), HasSubstr("cut short"));
  write(numpy_file("<i4", kFloats));
  EXPECT_THAT(error(), HasSubstr("float32"));
  write(numpy_file("<f4", kFloats, true));
  EXPECT_THAT(error(), HasSubstr("C-ordered"));
  write(numpy_file("<f4", kFloats).substr(0, 50));
  EXPECT_THAT(error(), HasSubstr("cut short in its header"));
}

}  // namespace
}  // namespace facenet
