// The networks behind dlib's files, as its public-domain examples define them.
#pragma once

#include <dlib/dnn.h>

namespace dlib_networks {

// dnn_face_recognition_ex.cpp: dlib_face_recognition_resnet_model_v1.dat

template <template <int, template <typename> class, int, typename> class Block, int N,
          template <typename> class BN, typename Subnet>
using Residual = dlib::add_prev1<Block<N, BN, 1, dlib::tag1<Subnet>>>;

template <template <int, template <typename> class, int, typename> class Block, int N,
          template <typename> class BN, typename Subnet>
using ResidualDown = dlib::add_prev2<
    dlib::avg_pool<2, 2, 2, 2, dlib::skip1<dlib::tag2<Block<N, BN, 2, dlib::tag1<Subnet>>>>>>;

template <int N, template <typename> class BN, int Stride, typename Subnet>
using Block =
    BN<dlib::con<N, 3, 3, 1, 1, dlib::relu<BN<dlib::con<N, 3, 3, Stride, Stride, Subnet>>>>>;

template <int N, typename Subnet>
using Same = dlib::relu<Residual<Block, N, dlib::affine, Subnet>>;
template <int N, typename Subnet>
using Down = dlib::relu<ResidualDown<Block, N, dlib::affine, Subnet>>;

template <typename Subnet>
using Level0 = Down<256, Subnet>;
template <typename Subnet>
using Level1 = Same<256, Same<256, Down<256, Subnet>>>;
template <typename Subnet>
using Level2 = Same<128, Same<128, Down<128, Subnet>>>;
template <typename Subnet>
using Level3 = Same<64, Same<64, Same<64, Down<64, Subnet>>>>;
template <typename Subnet>
using Level4 = Same<32, Same<32, Same<32, Subnet>>>;

using Resnet = dlib::loss_metric<dlib::fc_no_bias<
    128, dlib::avg_pool_everything<Level0<Level1<Level2<Level3<Level4<dlib::max_pool<
             3, 3, 2, 2,
             dlib::relu<dlib::affine<
                 dlib::con<32, 7, 7, 2, 2, dlib::input_rgb_image_sized<150>>>>>>>>>>>>>;

// dnn_mmod_face_detection_ex.cpp: mmod_human_face_detector.dat

template <int N, typename Subnet>
using Shrink = dlib::relu<dlib::affine<dlib::con<N, 5, 5, 2, 2, Subnet>>>;
template <int N, typename Subnet>
using Look = dlib::relu<dlib::affine<dlib::con<N, 5, 5, 1, 1, Subnet>>>;

using Mmod = dlib::loss_mmod<dlib::con<
    1, 9, 9, 1, 1,
    Look<45, Look<45, Look<45, Shrink<32, Shrink<32, Shrink<16, dlib::input_rgb_image_pyramid<
                                                                    dlib::pyramid_down<6>>>>>>>>>>;

}  // namespace dlib_networks
