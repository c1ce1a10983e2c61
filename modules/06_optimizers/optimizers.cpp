#include "tinytorch/optimizers.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>

#include "kernels/parallel.hpp"

namespace tinytorch {

Optimizer::Optimizer(std::vector<Parameter> parameters, float learning_rate)
    : parameters_(std::move(parameters)), learning_rate_(learning_rate) {
  // BEGIN SOLUTION Optimizer::Optimizer
  if (!(learning_rate > 0.0F)) {  // written so that NaN is refused, too
    throw ValueError("Optimizer: the learning rate must be positive, but is " + std::to_string(learning_rate));
  }
  // END SOLUTION
}

void Optimizer::zero_grad() {
  // BEGIN SOLUTION Optimizer::zero_grad
  for (const Parameter& parameter : parameters_) parameter.zero_grad();
  // END SOLUTION
}

void Optimizer::set_learning_rate(float learning_rate) {
  // BEGIN SOLUTION Optimizer::set_learning_rate
  if (!(learning_rate >= 0.0F)) {
    throw ValueError("Optimizer: the learning rate must not be negative, but is " + std::to_string(learning_rate));
  }
  learning_rate_ = learning_rate;
  // END SOLUTION
}

// Checks the options and makes room for one velocity per parameter, empty until that parameter's first step.
SGD::SGD(std::vector<Parameter> parameters, const SGDOptions& options)
    : Optimizer(std::move(parameters), options.learning_rate), options_(options) {
  // BEGIN SOLUTION SGD::SGD
  const float mu = options.momentum;
  const float lambda = options.weight_decay;
  if (!(mu >= 0.0F && mu < 1.0F)) {
    throw ValueError("SGD: momentum must be in [0, 1), but is " + std::to_string(mu));
  }
  if (options.nesterov && mu == 0.0F) throw ValueError("SGD: nesterov needs a momentum above 0");
  if (!(lambda >= 0.0F)) {
    throw ValueError("SGD: weight_decay must not be negative, but is " + std::to_string(lambda));
  }
  velocity_.resize(this->parameters().size());
  // END SOLUTION
}

SGD::SGD(std::vector<Parameter> parameters, float learning_rate)
    : SGD(std::move(parameters), SGDOptions{.learning_rate = learning_rate}) {}

// One pass over every parameter that has a gradient, making no tensor on the way. The gradients stay as they are.
void SGD::step() {
  // BEGIN SOLUTION SGD::step
  constexpr std::int64_t grain = 65536;  // fewer elements are not worth a second thread
  const float lr = learning_rate();
  const float mu = options_.momentum;
  const float lambda = options_.weight_decay;
  for (std::size_t i = 0; i < parameters().size(); ++i) {
    const Parameter& parameter = parameters()[i];
    if (parameter.grad().empty()) continue;
    float* w = parameter.value().data();
    const float* g = parameter.grad().data();
    const std::int64_t size = parameter.value().size();

    // Without momentum there is no velocity to read and to write.
    if (mu == 0.0F) {
      kernels::parallel_for(0, size, grain, [=](std::int64_t from, std::int64_t to) {
        for (std::int64_t k = from; k < to; ++k) w[k] -= lr * (g[k] + lambda * w[k]);
      });
      continue;
    }

    // A velocity of zeros makes the first step v = mu 0 + g = g.
    if (velocity_[i].empty()) velocity_[i] = Tensor(parameter.value().shape());
    float* v = velocity_[i].data();
    const bool nesterov = options_.nesterov;
    kernels::parallel_for(0, size, grain, [=](std::int64_t from, std::int64_t to) {
      for (std::int64_t k = from; k < to; ++k) {
        const float slope = g[k] + lambda * w[k];
        v[k] = mu * v[k] + slope;
        w[k] -= lr * (nesterov ? slope + mu * v[k] : v[k]);
      }
    });
  }
  // END SOLUTION
}

Adam::Adam(std::vector<Parameter> parameters, const AdamOptions& options)
    : Adam(std::move(parameters), options, false) {}

Adam::Adam(std::vector<Parameter> parameters, float learning_rate)
    : Adam(std::move(parameters), AdamOptions{.learning_rate = learning_rate}) {}

Adam::Adam(std::vector<Parameter> parameters, const AdamOptions& options, bool decoupled_decay)
    : Optimizer(std::move(parameters), options.learning_rate), options_(options), decoupled_decay_(decoupled_decay) {
  // BEGIN SOLUTION Adam::Adam
  const auto& [lr, beta1, beta2, epsilon, lambda] = options;
  if (!(beta1 >= 0.0F && beta1 < 1.0F)) {
    throw ValueError("Adam: beta1 must be in [0, 1), but is " + std::to_string(beta1));
  }
  if (!(beta2 >= 0.0F && beta2 < 1.0F)) {
    throw ValueError("Adam: beta2 must be in [0, 1), but is " + std::to_string(beta2));
  }
  if (!(epsilon >= 0.0F)) {
    throw ValueError("Adam: epsilon must not be negative, but is " + std::to_string(epsilon));
  }
  if (!(lambda >= 0.0F)) {
    throw ValueError("Adam: weight_decay must not be negative, but is " + std::to_string(lambda));
  }
  moments_.resize(this->parameters().size());
  // END SOLUTION
}

void Adam::step() {
  // BEGIN SOLUTION Adam::step
  constexpr std::int64_t grain = 65536;
  const float lr = learning_rate();
  const float beta1 = options_.beta1;
  const float beta2 = options_.beta2;
  const float epsilon = options_.epsilon;
  // Where the decay goes: into the gradient (Adam) or to the weight itself (AdamW).
  const float decay_in_gradient = decoupled_decay_ ? 0.0F : options_.weight_decay;
  const float keep = decoupled_decay_ ? 1.0F - lr * options_.weight_decay : 1.0F;

  for (std::size_t i = 0; i < parameters().size(); ++i) {
    const Parameter& parameter = parameters()[i];
    if (parameter.grad().empty()) continue;
    Moments& moments = moments_[i];
    if (moments.t == 0) {
      moments.m = Tensor(parameter.value().shape());
      moments.v = Tensor(parameter.value().shape());
    }
    // m and v start at zero and are too small at first: dividing by c = 1 - beta^t sets that right. That does
    // not depend on the element, so it is drawn out of the loop:
    //   lr (m / c1) / (sqrt(v / c2) + epsilon) = (lr / c1) m / (sqrt(v) / sqrt(c2) + epsilon).
    const auto t = static_cast<double>(++moments.t);
    const auto rate = static_cast<float>(lr / (1.0 - std::pow(double{beta1}, t)));
    const auto v_scale = static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(double{beta2}, t)));

    float* w = parameter.value().data();
    const float* g = parameter.grad().data();
    float* m = moments.m.data();
    float* v = moments.v.data();
    kernels::parallel_for(0, parameter.value().size(), grain, [=](std::int64_t from, std::int64_t to) {
      for (std::int64_t k = from; k < to; ++k) {
        const float slope = g[k] + decay_in_gradient * w[k];
        m[k] = beta1 * m[k] + (1.0F - beta1) * slope;
        v[k] = beta2 * v[k] + (1.0F - beta2) * slope * slope;
        w[k] = keep * w[k] - rate * m[k] / (std::sqrt(v[k]) * v_scale + epsilon);
      }
    });
  }
  // END SOLUTION
}

AdamW::AdamW(std::vector<Parameter> parameters, const AdamOptions& options)
    : Adam(std::move(parameters), options, true) {}

LRScheduler::LRScheduler(Optimizer& optimizer) : optimizer_(optimizer), base_rate_(optimizer.learning_rate()) {}

void LRScheduler::step() {
  // BEGIN SOLUTION LRScheduler::step
  ++epoch_;
  optimizer_.set_learning_rate(rate(epoch_));
  // END SOLUTION
}

// rate() belongs to the derived class, so the base's own constructor cannot ask it yet.
void LRScheduler::start() { optimizer_.set_learning_rate(rate(0)); }

StepLR::StepLR(Optimizer& optimizer, std::int64_t step_size, float gamma)
    : LRScheduler(optimizer), step_size_(step_size), gamma_(gamma) {
  // BEGIN SOLUTION StepLR::StepLR
  if (step_size <= 0) throw ValueError("StepLR: step_size must be positive, but is " + std::to_string(step_size));
  if (!(gamma > 0.0F)) throw ValueError("StepLR: gamma must be positive, but is " + std::to_string(gamma));
  start();
  // END SOLUTION
}

float StepLR::rate(std::int64_t epoch) const {
  // BEGIN SOLUTION StepLR::rate
  const auto drops = static_cast<double>(epoch / step_size_);
  return static_cast<float>(base_rate() * std::pow(double{gamma_}, drops));
  // END SOLUTION
}

CosineAnnealingLR::CosineAnnealingLR(Optimizer& optimizer, std::int64_t period, float min_rate)
    : LRScheduler(optimizer), period_(period), min_rate_(min_rate) {
  // BEGIN SOLUTION CosineAnnealingLR::CosineAnnealingLR
  if (period <= 0) throw ValueError("CosineAnnealingLR: period must be positive, but is " + std::to_string(period));
  if (!(min_rate >= 0.0F && min_rate <= base_rate())) {
    throw ValueError("CosineAnnealingLR: min_rate must be in [0, " + std::to_string(base_rate()) + "], but is " +
                     std::to_string(min_rate));
  }
  start();
  // END SOLUTION
}

float CosineAnnealingLR::rate(std::int64_t epoch) const {
  // BEGIN SOLUTION CosineAnnealingLR::rate
  // Half a cosine wave from the base rate down to min_rate, where it stays.
  const double progress = static_cast<double>(std::min(epoch, period_)) / static_cast<double>(period_);
  const double share = (1.0 + std::cos(std::numbers::pi * progress)) / 2.0;
  return static_cast<float>(min_rate_ + (double{base_rate()} - min_rate_) * share);
  // END SOLUTION
}

}  // namespace tinytorch
