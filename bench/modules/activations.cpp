// What tito bench times of module activations: ReLU, which memory bounds, and those that need exp() and the like, which
// stay below that limit.
#include "tinytorch/activations.hpp"

#include "judge/workloads/workload.hpp"

using namespace tinytorch;
using judge::Stream;

namespace {

const Shape shape{512, 256};
constexpr double numbers = 512 * 256;

Tensor random(std::uint64_t seed) {
  Rng rng(seed);
  return Tensor::uniform(shape, -3.0F, 3.0F, rng);
}

template <class Activation>
void add_forward(judge::Rows& rows, const std::string& name) {
  rows.add({.name = name, .unit = "numbers/s", .amount = numbers, .traffic = judge::traffic(Stream::copy, numbers)},
           [] {
             const std::vector<Tensor> inputs{random(1)};
             return [=] { judge::keep(Activation().forward(inputs)); };
           });
}

// The way back reads the gradient and something that was kept, and writes.
template <class Activation>
void add_both(judge::Rows& rows, const std::string& name) {
  judge::Traffic both = judge::traffic(Stream::triad, numbers);
  both.bytes += judge::traffic(Stream::copy, numbers).bytes;
  rows.add({.name = name + " and back", .unit = "numbers/s", .amount = numbers, .traffic = both}, [] {
    const std::vector<Tensor> inputs{random(1)};
    const Tensor gradient = random(2);
    return [=] {
      Activation activation;
      judge::keep(activation.forward(inputs));
      judge::keep(activation.backward(gradient));
    };
  });
}

}  // namespace

void judge::workload(Rows& rows) {
  add_forward<ReLU>(rows, "ReLU");
  add_both<ReLU>(rows, "ReLU");
  add_forward<Sigmoid>(rows, "Sigmoid");
  add_both<Sigmoid>(rows, "Sigmoid");
  add_forward<Tanh>(rows, "Tanh");
  add_forward<GELU>(rows, "GELU");
  add_both<Softmax>(rows, "Softmax");
}
