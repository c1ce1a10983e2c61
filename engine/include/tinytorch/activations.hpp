// The nonlinearities, each with its local gradient rule.
//
// Module activations implements it, in activations.cpp.
// x is the input, y the result, dy the gradient of the loss with respect to y. All take one
// input of any shape and return its shape.
#pragma once

#include "tinytorch/function.hpp"

namespace tinytorch {

// y = max(x, 0).
// grad: dx = dy where x > 0, else 0.
class ReLU : public Function {
 public:
  const char* name() const override { return "ReLU"; }
  Tensor forward(const std::vector<Tensor>& inputs) override;
  std::vector<Tensor> backward(const Tensor& grad_output) override;

 private:
  Tensor output_;
};

// y = 1 / (1 + exp(-x)), finite for every finite x.
// grad: dx = dy * y * (1 - y).
class Sigmoid : public Function {
 public:
  const char* name() const override { return "Sigmoid"; }
  Tensor forward(const std::vector<Tensor>& inputs) override;
  std::vector<Tensor> backward(const Tensor& grad_output) override;

 private:
  Tensor output_;
};

// y = tanh(x).
// grad: dx = dy * (1 - y^2).
class Tanh : public Function {
 public:
  const char* name() const override { return "Tanh"; }
  Tensor forward(const std::vector<Tensor>& inputs) override;
  std::vector<Tensor> backward(const Tensor& grad_output) override;

 private:
  Tensor output_;
};

// y_i = exp(x_i - max x) / sum_j exp(x_j - max x) along the last axis: positive, summing to 1,
// without overflow.
// shapes: (.., C) -> (.., C), at least one axis
// grad: dx_i = y_i * (dy_i - sum_j dy_j y_j).
// throws: ShapeError for a scalar.
class Softmax : public Function {
 public:
  const char* name() const override { return "Softmax"; }
  Tensor forward(const std::vector<Tensor>& inputs) override;
  std::vector<Tensor> backward(const Tensor& grad_output) override;

 private:
  Tensor output_;
};

// y = x * Phi(x), where Phi(x) = (1 + erf(x / sqrt 2)) / 2 is the normal distribution function.
// grad: dx = dy * (Phi(x) + x * phi(x)), where phi(x) = exp(-x^2 / 2) / sqrt(2 pi).
// source: Hendrycks, Gimpel, "Gaussian Error Linear Units", arXiv:1606.08415.
class GELU : public Function {
 public:
  const char* name() const override { return "GELU"; }
  Tensor forward(const std::vector<Tensor>& inputs) override;
  std::vector<Tensor> backward(const Tensor& grad_output) override;

 private:
  Tensor input_;
};

}  // namespace tinytorch
