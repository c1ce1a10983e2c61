// Module training: epochs, evaluation, history, clipping, early stopping, saved models.
//
// The Trainer owns nothing but the order of events: batch, forward, loss, backward, step.
#include "tinytorch/training.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "io/safetensors.hpp"
#include "tinytorch/losses.hpp"

namespace tinytorch {

OneAtATime::OneAtATime(Tensor inputs, Tensor targets) : inputs_(std::move(inputs)), targets_(std::move(targets)) {
  // BEGIN SOLUTION OneAtATime::OneAtATime
  if (inputs_.rank() == 0 || targets_.rank() == 0 || inputs_.shape()[0] != targets_.shape()[0]) {
    throw ShapeError("OneAtATime: inputs " + inputs_.shape().to_string() + " and targets " +
                     targets_.shape().to_string() + " do not have the same number of samples");
  }
  // END SOLUTION
}

OneAtATime::OneAtATime(Tensor inputs, Tensor targets, std::uint64_t shuffle_seed)
    : OneAtATime(std::move(inputs), std::move(targets)) {
  shuffle_ = true;
  seed_ = shuffle_seed;
}

void OneAtATime::start_epoch() {
  // BEGIN SOLUTION OneAtATime::start_epoch
  ++epoch_;
  position_ = 0;
  if (shuffle_) order_ = Rng(seed_ + static_cast<std::uint64_t>(epoch_)).permutation(samples_per_epoch());
  // END SOLUTION
}

bool OneAtATime::next(Batch& batch) {
  // BEGIN SOLUTION OneAtATime::next
  if (epoch_ < 0 || position_ == samples_per_epoch()) return false;
  const std::int64_t sample = shuffle_ ? order_[static_cast<std::size_t>(position_)] : position_;
  batch.inputs = inputs_.slice(0, sample, sample + 1);
  batch.targets = targets_.slice(0, sample, sample + 1);
  ++position_;
  return true;
  // END SOLUTION
}

std::int64_t OneAtATime::samples_per_epoch() const { return inputs_.shape()[0]; }

namespace {

// BEGIN SOLUTION (helpers)
// In double precision, and as eight sums side by side: the additions of a single one would wait for each other.
double sum_of_squares(const Tensor& tensor) {
  constexpr std::int64_t lanes = 8;
  const float* x = tensor.data();
  const std::int64_t whole = tensor.size() / lanes * lanes;
  std::array<double, lanes> sums{};
  for (std::int64_t i = 0; i < whole; i += lanes) {
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
      sums[static_cast<std::size_t>(lane)] += double{x[i + lane]} * x[i + lane];
    }
  }
  double total = 0.0;
  for (std::int64_t i = whole; i < tensor.size(); ++i) total += double{x[i]} * x[i];
  return std::accumulate(sums.begin(), sums.end(), total);
}
// END SOLUTION

}  // namespace

// All gradients seen as one long vector: it keeps its direction, and only its length is limited.
double clip_grad_norm(const std::vector<Parameter>& parameters, double max_norm) {
  // BEGIN SOLUTION clip_grad_norm
  if (!(max_norm > 0.0)) {
    throw ValueError("clip_grad_norm: max_norm must be positive, but is " + std::to_string(max_norm));
  }
  double squares = 0.0;
  for (const Parameter& parameter : parameters) squares += sum_of_squares(parameter.grad());
  const double norm = std::sqrt(squares);
  if (norm > max_norm) {
    for (const Parameter& parameter : parameters) {
      if (!parameter.grad().empty()) parameter.grad() *= static_cast<float>(max_norm / norm);
    }
  }
  return norm;
  // END SOLUTION
}

EarlyStopping::EarlyStopping(int patience, double min_delta)
    : patience_(patience), min_delta_(min_delta), best_(std::numeric_limits<double>::infinity()) {
  // BEGIN SOLUTION EarlyStopping::EarlyStopping
  if (patience <= 0) throw ValueError("EarlyStopping: patience must be positive, but is " + std::to_string(patience));
  if (!(min_delta >= 0.0)) {
    throw ValueError("EarlyStopping: min_delta must not be negative, but is " + std::to_string(min_delta));
  }
  // END SOLUTION
}

bool EarlyStopping::should_stop(double loss) {
  // BEGIN SOLUTION EarlyStopping::should_stop
  if (loss < best_ - min_delta_) {
    best_ = loss;
    waited_ = 0;
  } else {
    ++waited_;
  }
  return waited_ >= patience_;
  // END SOLUTION
}

namespace {

// Batches may differ in size, so each counts with its number of samples.
class RunningMean {
 public:
  void add(const Tensor& output, const Tensor& targets, double loss, std::int64_t samples) {
    // BEGIN SOLUTION RunningMean::add
    const auto weight = static_cast<double>(samples);
    loss_ += weight * loss;
    samples_ += samples;
    const bool classes = output.rank() == 2 && targets.rank() == 1 && output.shape()[0] == targets.shape()[0];
    if (classes) {
      correct_ += weight * accuracy(output, targets);
      classified_ += samples;
    }
    // END SOLUTION
  }

  Evaluation result() const {
    // BEGIN SOLUTION RunningMean::result
    Evaluation evaluation;
    evaluation.samples = samples_;
    if (samples_ > 0) evaluation.loss = loss_ / static_cast<double>(samples_);
    if (classified_ > 0) evaluation.accuracy = correct_ / static_cast<double>(classified_);
    return evaluation;
    // END SOLUTION
  }

 private:
  double loss_ = 0.0;
  double correct_ = 0.0;
  std::int64_t samples_ = 0;
  std::int64_t classified_ = 0;
};

// BEGIN SOLUTION (helpers)
// Puts a model into evaluation mode and, when it goes, back into the mode it was in.
class EvaluationMode {
 public:
  explicit EvaluationMode(Layer& model) : model_(model), training_(model.training()) { model.set_training(false); }
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;
  ~EvaluationMode() { model_.set_training(training_); }

 private:
  Layer& model_;
  bool training_;
};
// END SOLUTION

}  // namespace

Trainer::Trainer(Layer& model, Optimizer& optimizer, LossFactory loss, TrainerOptions options)
    : model_(model), optimizer_(optimizer), loss_(std::move(loss)), options_(std::move(options)) {}

// What the order below settles: gradients are forgotten before each batch, so none is left from before; the
// means are those of the batches as they were trained on, before their step; on_epoch sees the rate the
// epoch was trained with, and then the scheduler moves on.
History Trainer::fit(BatchSource& train, int epochs, BatchSource* validation) {
  // BEGIN SOLUTION Trainer::fit
  if (epochs <= 0) throw ValueError("Trainer::fit: epochs must be positive, but is " + std::to_string(epochs));
  History history;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    EpochRecord record;
    record.epoch = epoch;
    record.learning_rate = optimizer_.learning_rate();
    const Stopwatch stopwatch;
    RunningMean mean;
    std::int64_t samples = 0;
    model_.set_training(true);
    train.start_epoch();
    for (Batch batch; train.next(batch);) {
      optimizer_.zero_grad();
      const Variable output = forward(model_, batch.inputs);
      Variable loss = apply(loss_(), {output, batch.targets});
      const double loss_value = loss.value().item();
      if (!std::isfinite(loss_value)) {
        throw ValueError("Trainer::fit: the loss is " + std::to_string(loss_value) + " in epoch " +
                         std::to_string(epoch) + " after " + std::to_string(samples) +
                         " samples; a smaller learning rate may help");
      }
      loss.backward();
      if (options_.clip_norm > 0.0) clip_grad_norm(optimizer_.parameters(), options_.clip_norm);
      optimizer_.step();

      mean.add(output.value(), batch.targets, loss_value, batch.size());
      samples += batch.size();
      if (options_.on_batch) options_.on_batch(samples, train.samples_per_epoch());
    }
    record.train = mean.result();
    record.seconds = stopwatch.seconds();
    if (validation != nullptr) record.validation = evaluate(*validation);

    history.push_back(record);
    if (options_.on_epoch) options_.on_epoch(record);
    if (options_.scheduler != nullptr) options_.scheduler->step();
    const Evaluation& judged = validation != nullptr ? record.validation : record.train;
    if (options_.stopping != nullptr && options_.stopping->should_stop(judged.loss)) break;
  }
  return history;
  // END SOLUTION
}

Evaluation Trainer::evaluate(BatchSource& data) {
  // BEGIN SOLUTION Trainer::evaluate
  const EvaluationMode mode(model_);
  const NoGrad no_grad;
  RunningMean mean;
  data.start_epoch();
  for (Batch batch; data.next(batch);) {
    const Variable output = forward(model_, batch.inputs);
    const Variable loss = apply(loss_(), {output, batch.targets});
    mean.add(output.value(), batch.targets, loss.value().item(), batch.size());
  }
  return mean.result();
  // END SOLUTION
}

void save(const Layer& model, const std::string& path) {
  // BEGIN SOLUTION save
  std::vector<io::NamedArray> arrays;
  for (const auto& [name, tensor] : model.state()) {
    const Shape& shape = tensor.shape();
    arrays.push_back({name, {shape.begin(), shape.end()}, {tensor.data(), tensor.data() + tensor.size()}});
  }
  io::write_safetensors(path, arrays);
  // END SOLUTION
}

// Everything is checked before anything is copied, so that a file that does not fit leaves the model as it was.
void load(Layer& model, const std::string& path) {
  // BEGIN SOLUTION load
  const std::vector<io::NamedArray> arrays = io::read_safetensors(path);
  std::vector<NamedTensor> state = model.state();
  const auto find = [&](const std::string& name) {
    return std::find_if(arrays.begin(), arrays.end(), [&](const io::NamedArray& array) { return array.name == name; });
  };

  for (const auto& [name, tensor] : state) {
    const auto array = find(name);
    if (array == arrays.end()) {
      throw IoError(path + ": expected \"" + name + "\" with shape " + tensor.shape().to_string() +
                    ", found nothing of that name");
    }
    const Shape& shape = tensor.shape();
    if (!std::equal(shape.begin(), shape.end(), array->shape.begin(), array->shape.end())) {
      std::string found;
      for (const std::int64_t extent : array->shape) found += (found.empty() ? "" : ", ") + std::to_string(extent);
      throw IoError(path + ": expected \"" + name + "\" with shape " + shape.to_string() + ", found (" + found + ")");
    }
  }
  for (const io::NamedArray& array : arrays) {
    const auto known = [&](const NamedTensor& named) { return named.name == array.name; };
    if (std::none_of(state.begin(), state.end(), known)) {
      throw IoError(path + ": found \"" + array.name + "\", which the model does not have");
    }
  }

  for (auto& [name, tensor] : state) {
    const std::vector<float>& values = find(name)->values;
    std::copy(values.begin(), values.end(), tensor.data());
  }
  // END SOLUTION
}

}  // namespace tinytorch
