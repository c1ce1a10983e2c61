// What tito bench times of module losses: a loss and its gradient, for the ten digits and for a thousand classes.
#include "tinytorch/losses.hpp"

#include "judge/workloads/workload.hpp"

using namespace tinytorch;
using judge::Stream;

namespace {

Tensor labels(std::int64_t samples, std::uint64_t classes, Rng& rng) {
  Tensor targets({samples});
  for (std::int64_t n = 0; n < samples; ++n) targets.data()[n] = static_cast<float>(rng.below(classes));
  return targets;
}

template <class Loss>
judge::Step loss_and_gradient(const std::vector<Tensor>& inputs) {
  return [inputs, grad_output = Tensor::scalar(1.0F)] {
    Loss loss;
    judge::keep(loss.forward(inputs));
    judge::keep(loss.backward(grad_output));
  };
}

void add_cross_entropy(judge::Rows& rows, std::int64_t samples, std::int64_t classes) {
  // The logits are read, their gradient is written.
  const auto numbers = static_cast<double>(samples * classes);
  rows.add(
      {.name = "CrossEntropy, " + std::to_string(classes) + " classes",
       .unit = "samples/s",
       .amount = static_cast<double>(samples),
       .traffic = judge::traffic(Stream::copy, numbers)},
      [=] {
        Rng rng(1);
        const Tensor logits = Tensor::uniform({samples, classes}, -4.0F, 4.0F, rng);
        return loss_and_gradient<CrossEntropyLoss>({logits, labels(samples, static_cast<std::uint64_t>(classes), rng)});
      });
}

template <class Loss>
void add_elementwise(judge::Rows& rows, const std::string& name) {
  constexpr double numbers = 128 * 1024;
  rows.add({.name = name, .unit = "numbers/s", .amount = numbers, .traffic = judge::traffic(Stream::triad, numbers)},
           [] {
             Rng rng(1);
             const Tensor prediction = Tensor::uniform({128, 1024}, -4.0F, 4.0F, rng);
             return loss_and_gradient<Loss>({prediction, Tensor::uniform({128, 1024}, 0.0F, 1.0F, rng)});
           });
}

}  // namespace

void judge::workload(Rows& rows) {
  add_cross_entropy(rows, 256, 10);
  add_cross_entropy(rows, 64, 1000);
  add_elementwise<MSELoss>(rows, "MSE");
  add_elementwise<BCEWithLogitsLoss>(rows, "BCEWithLogits");
  rows.add(
      {.name = "accuracy, 10 classes", .unit = "samples/s", .amount = 1000, .traffic = traffic(Stream::read, 10'000)},
      [] {
        Rng rng(1);
        const Tensor logits = Tensor::uniform({1000, 10}, -4.0F, 4.0F, rng);
        const Tensor target = labels(1000, 10, rng);
        return [=] { keep(accuracy(logits, target)); };
      });
}
