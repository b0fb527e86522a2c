# Every library that facenet uses is found here and nowhere else.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

# Debian's Caffe2Config.cmake and a LibTorch download both answer to "Torch".
find_package(Torch REQUIRED)
# Its flags are meant for a whole program; we take them target by target.
set_property(TARGET torch PROPERTY INTERFACE_COMPILE_OPTIONS "")

# oneDNN, the library that Debian's LibTorch computes with, by its own interface. That changed with
# version 3; without version 2, convolutions go through LibTorch.
# (Not by its own package, which asks for OpenCL.)
find_library(DNNL_LIBRARY dnnl)
find_path(DNNL_INCLUDE_DIR oneapi/dnnl/dnnl_version.h)
set(FACENET_ONEDNN FALSE)
if(DNNL_LIBRARY AND DNNL_INCLUDE_DIR)
  file(STRINGS "${DNNL_INCLUDE_DIR}/oneapi/dnnl/dnnl_version.h" major REGEX "define DNNL_VERSION_MAJOR +2$")
  if(major)
    set(FACENET_ONEDNN TRUE)
  endif()
endif()

# What LibTorch's processes talk to each other with; without its headers, training is one process.
find_path(GLOO_INCLUDE_DIR gloo/context.h)

# faiss's package names OpenMP, BLAS and LAPACK targets without finding them.
find_package(OpenMP REQUIRED)
find_package(BLAS REQUIRED)
find_package(LAPACK REQUIRED)
find_package(dlib REQUIRED)
find_package(faiss CONFIG REQUIRED)
find_package(Boost REQUIRED COMPONENTS program_options)
find_package(SQLite3 REQUIRED)
find_package(SQLiteCpp REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_path(UTFCPP_INCLUDE_DIR utf8.h REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(Protobuf REQUIRED)
pkg_check_modules(VIPS REQUIRED IMPORTED_TARGET vips)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(LIBRAW REQUIRED IMPORTED_TARGET libraw_r)
# -fopenmp is for linking its archive; clang would want an OpenMP of its own for it.
set_target_properties(PkgConfig::LIBRAW PROPERTIES INTERFACE_LINK_OPTIONS "" INTERFACE_COMPILE_OPTIONS "")
pkg_check_modules(FFMPEG REQUIRED IMPORTED_TARGET libavformat libavcodec libswscale libavutil)
pkg_check_modules(EXEMPI REQUIRED IMPORTED_TARGET exempi-2.0)
# Its flags say how the library was built, which its header must know.
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)
pkg_check_modules(CHAFA REQUIRED IMPORTED_TARGET chafa)
pkg_check_modules(GLIB REQUIRED IMPORTED_TARGET glib-2.0)
find_library(ONNX_PROTO_LIBRARY onnx_proto REQUIRED)
find_path(ONNX_INCLUDE_DIR onnx/onnx_pb.h REQUIRED)
find_program(FLATC flatc REQUIRED)
find_path(FLATBUFFERS_INCLUDE_DIR flatbuffers/flatbuffers.h REQUIRED)

if(FACENET_BUILD_TESTS)
  find_package(GTest REQUIRED)
endif()
