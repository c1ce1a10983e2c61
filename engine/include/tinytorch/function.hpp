// One differentiable step: a forward rule and its local gradient rule.
//
// Given: part of the contract, not coursework. The modules activations, layers, losses
// and spatial derive from it; module optimizers calls it by hand; module autograd
// records it.
//
// A Function object serves one call. forward() keeps what backward() will need, so a
// layer that is used twice in a network makes two Function objects.
#pragma once

#include <cstdint>
#include <vector>

#include "tinytorch/tensor.hpp"

namespace tinytorch {

class Function {
 public:
  Function() = default;
  Function(const Function&) = delete;
  Function& operator=(const Function&) = delete;
  virtual ~Function() = default;

  // The operation's name as it appears in messages, for example "Linear".
  virtual const char* name() const = 0;

  // Computes the result and keeps what backward() needs.
  // throws: ShapeError when the inputs do not fit.
  virtual Tensor forward(const std::vector<Tensor>& inputs) = 0;

  // The gradient of the loss with respect to each input of the last forward(), given
  // the gradient with respect to its result.
  // shapes: grad_output as the result of forward(); result i as inputs[i]. An empty
  //         tensor stands for "no gradient": an input that has none (class indices), or
  //         one that is not wanted.
  // throws: ShapeError when grad_output does not fit.
  virtual std::vector<Tensor> backward(const Tensor& grad_output) = 0;

  // Asks this step, before its forward(), to compute the step behind it, too: `next`, whose only input is this step's
  // result. After true next is not called: this step's forward() gives next's result, and its backward() takes the
  // gradient of that. A step that cannot do so faster than one after the other declines, as this one.
  virtual bool fuse(const Function& next) {
    static_cast<void>(next);
    return false;
  }

  // Says which inputs need a gradient, before backward(). All do until told otherwise:
  // the first layer of a network is spared the gradient of the images.
  void want_gradient(std::size_t input, bool wanted) {
    const std::uint64_t bit = std::uint64_t{1} << input;
    wanted_ = wanted ? (wanted_ | bit) : (wanted_ & ~bit);
  }

  // Whether backward() must compute the gradient of this input.
  bool wants_gradient(std::size_t input) const { return (wanted_ >> input & 1U) != 0; }

 private:
  std::uint64_t wanted_ = ~std::uint64_t{0};
};

}  // namespace tinytorch
