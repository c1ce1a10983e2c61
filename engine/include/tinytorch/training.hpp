// Training as a system: epochs, evaluation, history, clipping, early stopping, saved models.
//
// Module training implements it, in training.cpp.
// A BatchSource hands out the data of one epoch in batches. OneAtATime, here, hands out single
// samples; module dataloader adds one that hands out many. The Trainer does not care.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tinytorch/autograd.hpp"
#include "tinytorch/optimizers.hpp"

namespace tinytorch {

// shapes: inputs (N, ...), targets (N,) class indices or (N, ...) values
struct Batch {
  Tensor inputs;
  Tensor targets;
  std::int64_t size() const { return inputs.rank() == 0 ? 0 : inputs.shape()[0]; }
};

class BatchSource {
 public:
  BatchSource() = default;
  BatchSource(const BatchSource&) = delete;
  BatchSource& operator=(const BatchSource&) = delete;
  virtual ~BatchSource() = default;

  // Begins a pass over the data; where there is an order to shuffle, it is a new one.
  virtual void start_epoch() = 0;

  // Puts the next batch into `batch`; false when the epoch is over, and batch is left alone.
  virtual bool next(Batch& batch) = 0;

  // The number of samples that one epoch hands out.
  virtual std::int64_t samples_per_epoch() const = 0;
};

// Single samples, each as a batch with N = 1, in order or shuffled with a seed: epoch e (from 0)
// is in the order Rng(seed + e).permutation(samples).
class OneAtATime : public BatchSource {
 public:
  // shapes: inputs (N, ...), targets (N, ...)
  // throws: ShapeError unless both have the same first extent.
  OneAtATime(Tensor inputs, Tensor targets);
  OneAtATime(Tensor inputs, Tensor targets, std::uint64_t shuffle_seed);

  void start_epoch() override;
  bool next(Batch& batch) override;
  std::int64_t samples_per_epoch() const override;

 private:
  Tensor inputs_;
  Tensor targets_;
  bool shuffle_ = false;
  std::uint64_t seed_ = 0;
  std::int64_t epoch_ = -1;  // before the first start_epoch(), next() hands out nothing
  std::int64_t position_ = 0;
  std::vector<std::int64_t> order_;
};

// Scales all gradients together so that their common Euclidean norm is at most max_norm; returns
// the norm before. Parameters without a gradient are passed over.
// throws: ValueError unless max_norm > 0.
double clip_grad_norm(const std::vector<Parameter>& parameters, double max_norm);

// Says when a loss has stopped falling: after `patience` epochs in a row that did not fall below the
// best one by more than min_delta.
class EarlyStopping {
 public:
  // throws: ValueError unless patience > 0 and min_delta >= 0.
  explicit EarlyStopping(int patience, double min_delta = 0.0);

  // Tells the loss of one more epoch; true when it is time to stop. NaN counts as no improvement.
  bool should_stop(double loss);

  // The loss of the last epoch that counted as an improvement; infinity before the first.
  double best() const { return best_; }

 private:
  int patience_;
  double min_delta_;
  int waited_ = 0;
  double best_;
};

// The mean loss over samples, the accuracy (-1 where targets are not class indices) and their number. Of no
// samples at all: the values below.
struct Evaluation {
  double loss = 0.0;
  double accuracy = -1.0;
  std::int64_t samples = 0;
};

// One epoch of fit().
struct EpochRecord {
  int epoch = 0;  // from 0
  Evaluation train;
  Evaluation validation;  // samples == 0 when there was no validation
  double learning_rate = 0.0;
  double seconds = 0.0;  // of the training part
};

using History = std::vector<EpochRecord>;

struct TrainerOptions {
  double clip_norm = 0.0;             // 0: gradients are not clipped
  LRScheduler* scheduler = nullptr;   // stepped after every epoch; not owned
  EarlyStopping* stopping = nullptr;  // fed the validation loss, or the training loss without one; not owned
  std::function<void(std::int64_t samples_done, std::int64_t samples_total)> on_batch;
  std::function<void(const EpochRecord&)> on_epoch;
};

class Trainer {
 public:
  using LossFactory = std::function<std::unique_ptr<Function>()>;

  // Trains `model` with `optimizer` on the loss that `loss` makes anew for every batch.
  // ownership: keeps references; model and optimizer must outlive it.
  Trainer(Layer& model, Optimizer& optimizer, LossFactory loss, TrainerOptions options = {});

  // For each epoch: one pass over `train` in training mode, a step a batch; then evaluate() on
  // `validation`, if given. Ends early when options.stopping says so. Returns one record an epoch.
  // throws: ValueError unless epochs > 0, or when the loss is not a finite number (it names the epoch
  //         and the sample count).
  History fit(BatchSource& train, int epochs, BatchSource* validation = nullptr);

  // The loss and accuracy in evaluation mode, recording no gradients; the model's mode is put back.
  // Accuracy is measured where the model's output is (N, C) and the targets (N,).
  Evaluation evaluate(BatchSource& data);

 private:
  Layer& model_;
  Optimizer& optimizer_;
  LossFactory loss_;
  TrainerOptions options_;
};

// A LossFactory for a loss class: loss<CrossEntropyLoss>(). Given.
template <class L>
Trainer::LossFactory loss() {
  return [] { return std::make_unique<L>(); };
}

// Writes the model's state() to a safetensors file, by a temporary name and a rename.
// throws: IoError naming the file.
void save(const Layer& model, const std::string& path);

// Reads a safetensors file into the model's state(). The file and the model must have the same names
// and shapes; nothing is changed otherwise.
// throws: IoError naming the file for a damaged file, and for a missing or superfluous name or another
//         shape, with what was expected and found.
void load(Layer& model, const std::string& path);

}  // namespace tinytorch
