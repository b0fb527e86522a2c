// facenet_torch.so: the static libraries behind pipeline/torch_functions.h, train/trainer.h and
// base/ranks.h as a module. Naming the tables here makes the linker keep them.
#include "base/ranks.h"
#include "pipeline/torch_functions.h"
#include "train/trainer.h"

extern "C" const facenet::TorchFunctions* facenet_torch_functions_keep() {
  return facenet_torch_functions();
}

extern "C" const facenet::RankConnection* facenet_rank_connection_keep() {
  return facenet_rank_connection();
}

extern "C" const facenet::Training* facenet_training_keep() {
  return facenet_training();
}
