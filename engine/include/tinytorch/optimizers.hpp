// Optimizers: how gradients change parameters, and schedules: how the learning rate changes.
//
// Module optimizers implements it, in optimizers.cpp.
// w is a parameter, g its gradient, lr the learning rate, t the number of this step from 1.
// A parameter without a gradient is left alone by step(), and so is its momentum.
#pragma once

#include <cstdint>
#include <vector>

#include "tinytorch/layers.hpp"

namespace tinytorch {

class Optimizer {
 public:
  // throws: ValueError unless learning_rate > 0.
  Optimizer(std::vector<Parameter> parameters, float learning_rate);
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  virtual ~Optimizer() = default;

  // Changes every parameter that has a gradient, in place.
  virtual void step() = 0;

  // Forgets all gradients.
  void zero_grad();

  float learning_rate() const { return learning_rate_; }
  // throws: ValueError when negative.
  void set_learning_rate(float learning_rate);

  const std::vector<Parameter>& parameters() const { return parameters_; }

 private:
  std::vector<Parameter> parameters_;
  float learning_rate_;
};

struct SGDOptions {
  float learning_rate = 0.01F;
  float momentum = 0.0F;      // mu, in [0, 1)
  bool nesterov = false;      // needs momentum > 0
  float weight_decay = 0.0F;  // lambda, >= 0
};

// Stochastic gradient descent, in PyTorch's form:
//   g += lambda w;  v = g on the first step, then mu v + g;
//   w -= lr v, or with Nesterov w -= lr (g + mu v); without momentum w -= lr g.
// source: Sutskever et al., "On the importance of initialization and momentum", ICML 2013.
class SGD : public Optimizer {
 public:
  // throws: ValueError for an option out of its range.
  SGD(std::vector<Parameter> parameters, const SGDOptions& options);
  SGD(std::vector<Parameter> parameters, float learning_rate);
  void step() override;

 private:
  SGDOptions options_;
  std::vector<Tensor> velocity_;  // one per parameter; empty before its first step
};

struct AdamOptions {
  float learning_rate = 0.001F;
  float beta1 = 0.9F;  // in [0, 1)
  float beta2 = 0.999F;
  float epsilon = 1e-8F;
  float weight_decay = 0.0F;
};

// Adam:
//   g += lambda w;  m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;
//   w -= lr * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon).
// t counts the steps of each parameter.
// source: Kingma, Ba, "Adam", arXiv:1412.6980, algorithm 1.
class Adam : public Optimizer {
 public:
  // throws: ValueError for an option out of its range.
  Adam(std::vector<Parameter> parameters, const AdamOptions& options = {});
  Adam(std::vector<Parameter> parameters, float learning_rate);
  void step() override;

 protected:
  // The weight decay's place: true shrinks w itself, w -= lr lambda w, before the step and leaves g
  // alone (AdamW); false adds lambda w to g (Adam).
  Adam(std::vector<Parameter> parameters, const AdamOptions& options, bool decoupled_decay);

 private:
  struct Moments {
    Tensor m;
    Tensor v;
    std::int64_t t = 0;
  };
  AdamOptions options_;
  bool decoupled_decay_ = false;
  std::vector<Moments> moments_;
};

// Adam with decoupled weight decay: w -= lr lambda w, then Adam's step without decay in g.
// The default decay is options.weight_decay, 0 unless set (PyTorch's AdamW starts at 0.01).
// source: Loshchilov, Hutter, arXiv:1711.05101.
class AdamW : public Adam {
 public:
  AdamW(std::vector<Parameter> parameters, const AdamOptions& options);
};

// Sets an optimizer's learning rate epoch by epoch. The base rate is the optimizer's when the
// scheduler is constructed, which at once sets the rate of epoch 0.
// ownership: keeps a reference; the optimizer must outlive it.
class LRScheduler {
 public:
  explicit LRScheduler(Optimizer& optimizer);
  LRScheduler(const LRScheduler&) = delete;
  LRScheduler& operator=(const LRScheduler&) = delete;
  virtual ~LRScheduler() = default;

  // The learning rate of an epoch, counted from 0.
  virtual float rate(std::int64_t epoch) const = 0;

  // Enters the next epoch: sets its learning rate.
  void step();

  std::int64_t epoch() const { return epoch_; }

 protected:
  float base_rate() const { return base_rate_; }
  void start();  // sets the rate of epoch 0; called by the constructors of derived classes

 private:
  Optimizer& optimizer_;
  float base_rate_;
  std::int64_t epoch_ = 0;
};

// base * gamma^floor(epoch / step_size).
class StepLR : public LRScheduler {
 public:
  // throws: ValueError unless step_size > 0 and gamma > 0.
  StepLR(Optimizer& optimizer, std::int64_t step_size, float gamma = 0.1F);
  float rate(std::int64_t epoch) const override;

 private:
  std::int64_t step_size_;
  float gamma_;
};

// min_rate + (base - min_rate) * (1 + cos(pi * min(epoch, period) / period)) / 2.
// source: Loshchilov, Hutter, "SGDR", arXiv:1608.03983, without restarts.
class CosineAnnealingLR : public LRScheduler {
 public:
  // throws: ValueError unless period > 0 and 0 <= min_rate <= base.
  CosineAnnealingLR(Optimizer& optimizer, std::int64_t period, float min_rate = 0.0F);
  float rate(std::int64_t epoch) const override;

 private:
  std::int64_t period_;
  float min_rate_;
};

}  // namespace tinytorch
