// facenet_networks.so: the static libraries behind pipeline/networks.h as a module. Naming the
// table here makes the linker keep it.
#include "pipeline/networks.h"

extern "C" const facenet::Networks* facenet_networks_keep() {
  return facenet_networks();
}
