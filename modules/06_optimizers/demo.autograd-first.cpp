// The immediate use of module optimizers where gradients come from the tape: a network that learns real digits, one
// image at a time.
#include <memory>
#include <vector>

#include "demo_parts.hpp"
#include "tinytorch/autograd.hpp"

using namespace tinytorch;

namespace {

struct Mlp {
  Sequential network;

  explicit Mlp(Rng& rng) {
    network.add<Linear>(784, 64, rng);
    network.add<Activation<ReLU>>();
    network.add<Linear>(64, 10, rng);
  }

  std::vector<Parameter> parameters() const { return network.parameters(); }

  Tensor logits(const Tensor& images) { return network.forward(images); }

  // One training step on one image; returns its loss.
  double train_on(Optimizer& optimizer, const Tensor& image, const Tensor& label) {
    Variable loss = apply(std::make_unique<CrossEntropyLoss>(), {forward(network, image), label});
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    return loss.value().item();
  }
};

}  // namespace

void demo::run() {
  const auto [right, count] = show_optimizers<Mlp>("loss.backward()");
  say(fmt::format("{:.0f} of {} digits are still named wrongly. To a dense layer an image is 784 numbers in no order:",
                  (100.0 - right) / 100.0 * static_cast<double>(count), count));
  say("moved by two pixels, a digit is another input altogether. Images need better architectures.");
}
