// What holds for whole networks, whichever bodies they are linked from: this file is run with the reference bodies and
// with the fast ones, with FUSES_RELU saying whether the fast body of activations is among them.
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "judge/cases/case.hpp"
#include "judge/cases/compare.hpp"
#include "kernels/memory.hpp"
#include "kernels/parallel.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/dataloader.hpp"
#include "tinytorch/losses.hpp"
#include "tinytorch/spatial.hpp"
#include "tinytorch/training.hpp"

using namespace tinytorch;

namespace {

// Sets the number of threads and, when it goes, sets it back.
class Threads {
 public:
  explicit Threads(int count) : before_(kernels::thread_count()) { kernels::set_thread_count(count); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
  ~Threads() { kernels::set_thread_count(before_); }

 private:
  int before_;
};

// A small CNN as the course builds it; its images are (3, 14, 14).
void build_cnn(Sequential& net, Rng& rng) {
  net.add<Conv2d>(3, 20, Window{}, rng);  // -> (20, 12, 12)
  net.add<Activation<ReLU>>();
  net.add<MaxPool2d>(2);                          // -> (20, 6, 6)
  net.add<Conv2d>(20, 33, Window{3, 1, 1}, rng);  // -> (33, 6, 6)
  net.add<Activation<ReLU>>();
  net.add<MaxPool2d>(2);  // -> (33, 3, 3)
  net.add<Flatten>();
  net.add<Linear>(297, 50, rng);
  net.add<Activation<ReLU>>();
  net.add<Linear>(50, 10, rng);
}

void build_mlp(Sequential& net, Rng& rng) {
  net.add<Flatten>();
  net.add<Linear>(588, 64, rng);
  net.add<Activation<ReLU>>();
  net.add<Linear>(64, 10, rng);
}

Batch random_batch(std::int64_t samples, Rng& rng) {
  Batch batch{Tensor::uniform({samples, 3, 14, 14}, 0.0F, 1.0F, rng), Tensor({samples})};
  for (std::int64_t n = 0; n < samples; ++n) batch.targets.data()[n] = static_cast<float>(rng.below(10));
  return batch;
}

void train_step(Layer& net, Optimizer& optimizer, const Batch& batch) {
  Variable loss = tinytorch::apply(std::make_unique<CrossEntropyLoss>(), {forward(net, batch.inputs), batch.targets});
  loss.backward();
  optimizer.step();
  optimizer.zero_grad();
}

// The parameters after some steps with a number of threads.
std::vector<Tensor> trained(int threads, void (*build)(Sequential&, Rng&), std::int64_t samples) {
  const Threads with(threads);
  Rng rng(judge::seed());
  Sequential net;
  build(net, rng);
  SGD optimizer(net.parameters(), SGDOptions{.learning_rate = 0.05F, .momentum = 0.9F});
  for (int step = 0; step < 6; ++step) train_step(net, optimizer, random_batch(samples, rng));
  std::vector<Tensor> values;
  for (const Parameter& parameter : net.parameters()) values.push_back(parameter.value());
  return values;
}

class CountedReLU : public ReLU {
 public:
  Tensor forward(const std::vector<Tensor>& inputs) override {
    ++calls;
    return ReLU::forward(inputs);
  }
  inline static int calls = 0;
};

bool bitwise_equal(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && std::equal(a.data(), a.data() + a.size(), b.data());
}

// The result of the layers' functions, called one by one, and the gradients of the parameters, last layer first.
struct ByHand {
  Tensor output;
  std::vector<Tensor> gradients;
  Tensor input_gradient;
};

ByHand by_hand(Layer& net, const Tensor& x, const Tensor& grad_output) {
  ByHand result;
  std::vector<std::unique_ptr<Function>> functions;
  result.output = x;
  for (Layer* step : net.steps()) {
    functions.push_back(step->function());
    std::vector<Tensor> inputs{result.output};
    for (const Parameter& parameter : step->parameters()) inputs.push_back(parameter.value());
    result.output = functions.back()->forward(inputs);
  }
  Tensor gradient = grad_output;
  for (auto function = functions.rbegin(); function != functions.rend(); ++function) {
    std::vector<Tensor> gradients = (*function)->backward(gradient);
    gradient = gradients[0];
    for (std::size_t i = 1; i < gradients.size(); ++i) result.gradients.push_back(gradients[i]);
  }
  result.input_gradient = gradient;
  return result;
}

}  // namespace

TEST_CASE("A network gives what its steps give one by one, forwards and backwards", "[network][limit:60]") {
  Rng rng(judge::seed());
  for (int trial = 0; trial < 12; ++trial) {
    const std::int64_t size = 12 + static_cast<std::int64_t>(rng.below(10));
    const std::int64_t channels = 1 + static_cast<std::int64_t>(rng.below(5));
    const std::int64_t filters = 1 + static_cast<std::int64_t>(rng.below(40));
    const Window window{3, 1 + static_cast<std::int64_t>(rng.below(2)), static_cast<std::int64_t>(rng.below(3))};
    Sequential net;
    net.add<Conv2d>(channels, filters, window, rng, rng.below(2) == 0);
    net.add<Activation<ReLU>>();
    if (rng.below(4) != 0) net.add<MaxPool2d>(2);
    if (rng.below(2) != 0) net.add<Conv2d>(filters, 7, Window{3, 1, 1}, rng);
    if (rng.below(2) != 0) net.add<Activation<ReLU>>();
    net.add<MaxPool2d>(Window{2, 1, 0});
    net.add<Flatten>();
    INFO(net.name() << " on images of " << size);
    for (const Parameter& parameter : net.parameters()) {  // biases, too
      for (std::int64_t i = 0; i < parameter.value().size(); ++i)
        parameter.value().data()[i] += rng.uniform(-0.1F, 0.1F);
    }
    const Tensor x =
        Tensor::uniform({1 + static_cast<std::int64_t>(rng.below(5)), channels, size, size}, -1.0F, 1.0F, rng);
    const Tensor grad = Tensor::uniform(net.forward(x).shape(), -1.0F, 1.0F, rng);
    const ByHand expected = by_hand(net, x, grad);

    Variable input(x, true);
    Variable output = forward(net, input);
    CHECK_CLOSE(output.value(), expected.output, 1e-4, 1e-5);
    output.backward(grad);
    CHECK_CLOSE(input.grad(), expected.input_gradient, 1e-4, 1e-4);
    std::vector<Tensor> gradients;
    const std::vector<Layer*> steps = net.steps();
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
      for (const Parameter& parameter : (*step)->parameters()) gradients.push_back(parameter.grad());
    }
    REQUIRE(gradients.size() == expected.gradients.size());
    for (std::size_t i = 0; i < gradients.size(); ++i) CHECK_CLOSE(gradients[i], expected.gradients[i], 1e-3, 1e-3);

    const NoGrad no_grad;
    CHECK_CLOSE(forward(net, x).value(), expected.output, 1e-4, 1e-5);
  }
}

TEST_CASE("A ReLU is fused with a convolution only where it is that of the fast body of activations", "[network]") {
  Rng rng(judge::seed());
  Conv2d convolution(2, 3, Window{}, rng);
  CHECK(convolution.function()->fuse(ReLU()) == FUSES_RELU);
  CHECK(!convolution.function()->fuse(CountedReLU()));
  CHECK(!convolution.function()->fuse(Sigmoid()));
}

TEST_CASE("A ReLU of somebody's own is called in every forward pass", "[network]") {
  Rng rng(judge::seed());
  Sequential net;
  net.add<Conv2d>(2, 3, Window{}, rng);
  net.add<Activation<CountedReLU>>();
  net.add<MaxPool2d>(2);
  const Tensor x = Tensor::uniform({2, 2, 6, 6}, -1.0F, 1.0F, rng);
  const int before = CountedReLU::calls;
  forward(net, x);
  const NoGrad no_grad;
  forward(net, x);
  CHECK_SAME(CountedReLU::calls, before + 2);
}

TEST_CASE("A network of convolution, ReLU, pooling and a linear layer agrees with central differences",
          "[network][limit:60]") {
  Rng rng(judge::seed());
  Sequential net;
  net.add<Conv2d>(2, 3, Window{}, rng);
  net.add<Activation<ReLU>>();
  net.add<MaxPool2d>(2);
  net.add<Flatten>();
  net.add<Linear>(12, 4, rng);
  // Pixels far apart and a step that is small: no maximum and no kink lies within it but by bad luck, so most of the
  // elements must agree.
  Tensor x = Tensor::uniform({2, 2, 6, 6}, -2.0F, 2.0F, rng);
  Variable input(x, true);
  Variable output = forward(net, input);
  Tensor grad = Tensor::uniform(output.value().shape(), -1.0F, 1.0F, rng);
  output.backward(grad);
  const NoGrad no_grad;
  int agree = 0;
  for (std::int64_t i = 0; i < x.size(); ++i) {
    const float h = 1e-3F;
    const float middle = x.data()[i];
    const auto weighted = [&](float value) {
      x.data()[i] = value;
      const Tensor y = forward(net, x).value();
      double total = 0.0;
      for (std::int64_t k = 0; k < y.size(); ++k)
        total += static_cast<double>(y.data()[k]) * static_cast<double>(grad.data()[k]);
      return total;
    };
    const double numeric = (weighted(middle + h) - weighted(middle - h)) / (2.0 * static_cast<double>(h));
    x.data()[i] = middle;
    agree += std::abs(numeric - static_cast<double>(input.grad().data()[i])) < 2e-2 ? 1 : 0;
  }
  CHECK(agree >= x.size() * 9 / 10);
}

TEST_CASE("A NaN in the weights reaches the output", "[network]") {
  Rng rng(judge::seed());
  Sequential net;
  build_cnn(net, rng);
  net.parameters()[0].value().data()[0] = std::nanf("");
  const Tensor y = forward(net, random_batch(2, rng).inputs).value();
  CHECK(std::isnan(y.data()[0]));
}

TEST_CASE("On one thread training is repeated bit by bit", "[network][limit:60]") {
  for (const auto build : {build_mlp, build_cnn}) {
    for (const std::int64_t samples : {1, 32}) {
      const std::vector<Tensor> first = trained(1, build, samples);
      const std::vector<Tensor> second = trained(1, build, samples);
      for (std::size_t i = 0; i < first.size(); ++i) CHECK(bitwise_equal(first[i], second[i]));
    }
  }
}

TEST_CASE("Any number of threads gives the same training up to 1e-4", "[network][limit:60]") {
  for (const auto build : {build_mlp, build_cnn}) {
    for (const std::int64_t samples : {1, 33}) {
      const std::vector<Tensor> single = trained(1, build, samples);
      for (const int threads : {2, 3, 5}) {
        const std::vector<Tensor> many = trained(threads, build, samples);
        for (std::size_t i = 0; i < single.size(); ++i) CHECK_CLOSE(many[i], single[i], 1e-4, 1e-4);
      }
    }
  }
}

#if !defined(__SANITIZE_ADDRESS__)  // under which no memory is kept
TEST_CASE("A steady training step asks for no fresh memory for tensors", "[network][limit:60]") {
  for (const auto build : {build_mlp, build_cnn}) {
    for (const std::int64_t samples : {1, 32}) {
      const Threads with(1);  // with more, it is chance which of them needs memory at the same moment
      Rng rng(judge::seed());
      Sequential net;
      build(net, rng);
      Adam optimizer(net.parameters());
      const Batch batch = random_batch(samples, rng);
      for (int step = 0; step < 3; ++step) train_step(net, optimizer, batch);
      const kernels::MemoryUse before = kernels::memory_use();
      for (int step = 0; step < 20; ++step) train_step(net, optimizer, batch);
      const kernels::MemoryUse after = kernels::memory_use();
      CHECK(after.fresh - before.fresh == 0);
      CHECK(after.requests > before.requests);  // they were counted
      CHECK(after.bytes == before.bytes);
      CHECK(after.overruns == before.overruns);
    }
  }
}
#endif
