// The immediate use of module optimizers: a network that learns real digits, one image at a time, with every
// gradient handed from step to step by hand.
#include <utility>
#include <vector>

#include "demo_parts.hpp"

using namespace tinytorch;

namespace {

struct Mlp {
  Linear first;
  Linear second;

  explicit Mlp(Rng& rng) : first(784, 64, rng), second(64, 10, rng) {}

  std::vector<Parameter> parameters() const { return {first.weight(), first.bias(), second.weight(), second.bias()}; }

  Tensor logits(const Tensor& images) { return second.forward(ReLU().forward({first.forward(images)})); }

  // One training step on one image; returns its loss. Forward: four functions, each fed the result of the one before,
  // and all of them kept. Backward: the same four in reverse, each handed the gradient that the one before returned.
  double train_on(Optimizer& optimizer, const Tensor& image, const Tensor& label) {
    const auto one = first.function();
    ReLU relu;
    const auto two = second.function();
    CrossEntropyLoss cross_entropy;
    one->want_gradient(0, false);  // the image is not going to change

    const Tensor hidden = one->forward({image, first.weight().value(), first.bias().value()});
    const Tensor active = relu.forward({hidden});
    const Tensor scores = two->forward({active, second.weight().value(), second.bias().value()});
    const double loss = cross_entropy.forward({scores, label}).item();

    const Tensor dscores = cross_entropy.backward(Tensor::scalar(1.0F))[0];
    std::vector<Tensor> d_two = two->backward(dscores);  // of active, the weight and the bias
    const Tensor dhidden = relu.backward(d_two[0])[0];
    std::vector<Tensor> d_one = one->backward(dhidden);

    optimizer.zero_grad();
    first.weight().accumulate(std::move(d_one[1]));
    first.bias().accumulate(std::move(d_one[2]));
    second.weight().accumulate(std::move(d_two[1]));
    second.bias().accumulate(std::move(d_two[2]));
    optimizer.step();
    return loss;
  }
};

}  // namespace

void demo::run() {
  const auto [right, count] = show_optimizers<Mlp>("gradients by hand");
  say(fmt::format("{:.0f} of {} digits are still named wrongly, and every step called four backward rules by hand:",
                  (100.0 - right) / 100.0 * static_cast<double>(count), count));
  say("for one more layer, or a layer that sees neighbouring pixels, that chain must be written anew.");
}
