// Arrays of NumPy.
#include "base/npy.h"

#include <cmath>
#include <cstring>
#include <sstream>

#include "base/error.h"
#include "test/fuzz/fuzz.h"

using namespace facenet;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryFile file({data, size});
  try {
    const NpyMatrix matrix = read_npy(file.path());
    FUZZ_EXPECT(matrix.rows >= 0 && matrix.columns >= 0);
    FUZZ_EXPECT(std::ssize(matrix.values) == matrix.rows * matrix.columns);
    if (matrix.values.empty()) return 0;
    std::ostringstream out;
    write_npy(out, matrix.values, matrix.columns);
    const std::string bytes = out.str();
    const fuzz::MemoryFile copy(
        {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    const NpyMatrix again = read_npy(copy.path());
    FUZZ_EXPECT(again.rows == matrix.rows && again.columns == matrix.columns);
    FUZZ_EXPECT(std::memcmp(again.values.data(), matrix.values.data(),
                            matrix.values.size() * sizeof(float)) == 0);
  } catch (const Error& error) {
    fuzz::expect_message(error);
  }
  return 0;
}
