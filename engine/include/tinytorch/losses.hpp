// Losses: one number that says how wrong a prediction is, and its gradient.
//
// Module losses implements it, in losses.cpp.
// Each takes the inputs {prediction, target} and returns a scalar: the mean over all elements
// (MSELoss, BCEWithLogitsLoss) or over the N samples (CrossEntropyLoss). grad_output is the
// scalar gradient g, usually 1.
#pragma once

#include "tinytorch/function.hpp"

namespace tinytorch {

// loss = mean of (prediction - target)^2.
// shapes: A, A -> ()
// grad: dprediction = g * 2 (prediction - target) / size, dtarget = -dprediction.
// throws: ShapeError naming both shapes unless they are equal; ValueError for no elements.
class MSELoss : public Function {
 public:
  const char* name() const override { return "MSELoss"; }
  Tensor forward(const std::vector<Tensor>& inputs) override;
  std::vector<Tensor> backward(const Tensor& grad_output) override;

 private:
  Tensor difference_;
};

// loss = mean over n of -log softmax(logits_n)[target_n], computed as log-sum-exp after
// subtracting the row's maximum: finite for every finite logit.
// shapes: logits (N, C), target (N,) holding class indices 0 .. C-1 as floats -> ()
// grad: dlogits = g * (softmax(logits) - one_hot(target)) / N; none for target (empty).
// throws: ShapeError when the shapes do not fit; ValueError for an index that is not a whole
//         number in [0, C), or for no samples.
class CrossEntropyLoss : public Function {
 public:
  const char* name() const override { return "CrossEntropyLoss"; }
  Tensor forward(const std::vector<Tensor>& inputs) override;
  std::vector<Tensor> backward(const Tensor& grad_output) override;

 private:
  Tensor probabilities_;
  Tensor target_;
};

// loss = mean of max(x, 0) - x t + log(1 + exp(-|x|)): the binary cross-entropy of sigmoid(x)
// against t in [0, 1], finite for every finite logit x.
// shapes: A, A -> ()
// grad: dlogits = g * (sigmoid(x) - t) / size; none for target (empty).
// throws: ShapeError naming both shapes unless they are equal; ValueError for no elements.
class BCEWithLogitsLoss : public Function {
 public:
  const char* name() const override { return "BCEWithLogitsLoss"; }
  Tensor forward(const std::vector<Tensor>& inputs) override;
  std::vector<Tensor> backward(const Tensor& grad_output) override;

 private:
  Tensor logits_;
  Tensor target_;
};

// The share of rows whose largest logit stands at the target's index, in [0, 1].
// shapes: logits (N, C), target (N,) holding class indices as floats
// throws: ShapeError when the shapes do not fit; ValueError for no samples.
double accuracy(const Tensor& logits, const Tensor& target);

}  // namespace tinytorch
