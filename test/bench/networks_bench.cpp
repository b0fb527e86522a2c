// networks_bench write NAME FILE            weights file of an untrained network
// networks_bench gemm THREADS               rate of a large matrix product, multiply-adds a second
// networks_bench run FILE THREADS BATCH [fp32|bf16] [REPEATS]
//                                           best seconds an image, one line: name seconds
// networks_bench answer FILE.onnx IMAGE ANSWER N,C,H,W
//                                           floats of the file IMAGE to floats of the file ANSWER
// scripts/bench/networks.py and onnx_peer.py call it in turns with its peers.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "base/error.h"
#include "base/file.h"
#include "base/format.h"
#include "nn/design/design_network.h"
#include "nn/graph/graph.h"
#include "nn/import/onnx.h"
#include "nn/runtime/graph_network.h"
#include "nn/runtime/runtime.h"
#include "weights/safetensors.h"

namespace facenet {
namespace {

template <class Work>
double best_seconds(int repeats, const Work& work) {
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i <= repeats; ++i) {  // the first warms up
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    if (i > 0) best = std::min(best, taken.count());
  }
  return best;
}

void gemm(int threads) {
  set_compute_threads(threads);
  const c10::InferenceMode no_autograd;
  // As a convolution of single pixels: the rate of oneDNN, which computes the networks, not that of
  // whatever BLAS there is.
  constexpr std::int64_t kEdge = 32;
  constexpr std::int64_t kChannels = 1024;
  const auto last = at::MemoryFormat::ChannelsLast;
  const at::Tensor images = at::rand({1, kChannels, kEdge, kEdge}).contiguous(last);
  const at::Tensor weight = at::rand({kChannels, kChannels, 1, 1}).contiguous(last);
  const double seconds = best_seconds(20, [&] {
    at::mkldnn_convolution(images, weight, {}, {0, 0}, {1, 1}, {1, 1}, 1);
  });
  std::cout << fmt::format("gemm {:.6g}\n",
                           static_cast<double>(kEdge * kEdge * kChannels * kChannels) / seconds);
}

void run(const std::string& path, int threads, std::int64_t batch, const std::string& precision,
         int repeats) {
  set_compute_threads(threads);
  const SafetensorsFile file(path);
  const ModelInfo info = read_model_info(file);
  const GraphNetwork network(
      file, "", {.precision = precision == "bf16" ? Precision::kBfloat16 : Precision::kFloat32});
  const at::Tensor images = at::rand({batch, info.channels, info.height, info.width})
                                .contiguous(at::MemoryFormat::ChannelsLast);
  const double seconds = best_seconds(repeats, [&] { network.run_batch(images); });
  std::cout << fmt::format("{} {:.6g}\n", info.name, seconds / static_cast<double>(batch));
}

std::vector<float> read_floats(const std::string& path) {
  const MappedFile file(path);
  std::vector<float> values(file.bytes().size() / sizeof(float));
  std::copy_n(file.bytes().data(), values.size() * sizeof(float),
              reinterpret_cast<std::byte*>(values.data()));
  return values;
}

void answer(const std::string& model, const std::string& image, const std::string& path,
            const std::string& shape_text) {
  std::vector<std::int64_t> shape;
  std::istringstream numbers(shape_text);
  for (std::string number; std::getline(numbers, number, ',');) shape.push_back(std::stoll(number));
  std::vector<float> values = read_floats(image);
  const GraphNetwork network(import_onnx(MappedFile(model)));
  std::ofstream out(path, std::ios::binary);
  for (const at::Tensor& result : network.run(at::from_blob(values.data(), shape))) {
    const at::Tensor floats = result.to(at::kFloat).contiguous();
    out.write(static_cast<const char*>(floats.data_ptr()),
              static_cast<std::streamsize>(floats.numel() * std::int64_t{sizeof(float)}));
  }
}

int main_of(const std::vector<std::string>& words) {
  const auto number = [&](std::size_t i) { return std::atoi(words.at(i).c_str()); };
  const std::string command = words.empty() ? "" : words[0];
  if (command == "write" && words.size() == 3) {
    write_untrained(words[2], words[1], {}, 1, /*overwrite=*/true);
  } else if (command == "gemm" && words.size() == 2) {
    gemm(number(1));
  } else if (command == "run" && words.size() >= 4) {
    run(words[1], number(2), number(3), words.size() > 4 ? words[4] : "fp32",
        words.size() > 5 ? number(5) : 20);
  } else if (command == "answer" && words.size() == 5) {
    answer(words[1], words[2], words[3], words[4]);
  } else {
    std::cerr << "usage: networks_bench write NAME FILE | gemm THREADS | run FILE THREADS BATCH "
                 "[PRECISION] [REPEATS] | answer MODEL IMAGE ANSWER SHAPE\n";
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace facenet

int main(int count, char** words) {
  try {
    return facenet::main_of({words + 1, words + count});
  } catch (const facenet::Error& error) {
    std::cerr << "networks_bench: " << error.what() << '\n';
    return 2;
  }
}
