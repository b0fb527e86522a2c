#pragma once

#include <cstdint>
#include <functional>

#include <ATen/core/Tensor.h>

#include "train/loss/triplet_loss.h"

namespace facenet {

class ProcessGroup;

/// [n, ...] images -> [n, D] embeddings, with graph where LibTorch's gradient mode is on.
using EmbedImages = std::function<at::Tensor(const at::Tensor& images)>;

/// The loss of a batch, with graph to the embeddings [N, D].
using EmbeddingLoss = std::function<TripletLoss(const at::Tensor& embeddings)>;

/// Gradient caching (Gao, Zhang, Han and Callan 2021, "Scaling deep contrastive learning batch size
/// under memory limited setup"): adds the gradient of a batch's loss to the parameters that `embed`
/// uses, with the memory of `chunk` images: embeds all chunks without graph, takes the loss over
/// the whole batch and its gradient at the embeddings, and embeds the chunks a second time with
/// graph, to take each row's gradient on to the parameters. By the chain rule that is exactly the
/// gradient of the whole batch, at the price of a second embedding, provided that both give the
/// same vectors:
/// - the second sees the same random numbers (dropout) as the first;
/// - a row may depend on the others of its chunk (batch norm in training), and then what is exact
/// is
///   the loss over those chunks. `embed` has to keep such statistics in one of the two, which it
///   tells apart by the gradient mode; when N <= chunk it is called just once, with graph.
///
/// Gives the loss, without graph. Parameters inside `loss` get their gradient as well.
///
/// With a group, `images` are this process's share of the batch, the same number on each, and
/// `loss` gets the embeddings of all, in the order of ranks, so that triplets are selected over the
/// whole batch. Each process adds to its parameters what its own images contribute:
/// ProcessGroup::sum() of these is the gradient of one process with the whole batch. What `loss`
/// itself has as parameters gets the whole gradient on each process, and is not to be summed.
TripletLoss exact_gradient(const at::Tensor& images, std::int64_t chunk, const EmbedImages& embed,
                           const EmbeddingLoss& loss, ProcessGroup* group = nullptr);

}  // namespace facenet
