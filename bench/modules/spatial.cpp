// What tito bench times of module spatial: the two convolutions of a small network for CIFAR-10, batch 8, and what
// stands between them.
#include "tinytorch/spatial.hpp"

#include "judge/workloads/workload.hpp"

using namespace tinytorch;
using judge::Stream;

namespace {

constexpr std::int64_t batch = 8;

// A convolution of 3 x 3 pixels.
struct Size {
  std::int64_t in, out, extent;
  std::int64_t output() const { return extent - 2; }
  double flops(std::int64_t images) const {
    return 2.0 * static_cast<double>(images * out * in * 9 * output() * output());
  }
};
constexpr Size first{3, 32, 32}, second{32, 64, 15};

struct Case {
  std::shared_ptr<Conv2d> layer;  // networks call a layer's function, not Conv2dFunction itself
  std::vector<Tensor> inputs;     // x, weight, bias
  Tensor gradient;
};

Case make_case(const Size& size, std::int64_t images) {
  Rng rng(1);
  const auto layer = std::make_shared<Conv2d>(size.in, size.out, Window{}, rng);
  return {layer,
          {Tensor::uniform({images, size.in, size.extent, size.extent}, 0.0F, 1.0F, rng), layer->weight().value(),
           layer->bias().value()},
          Tensor::uniform({images, size.out, size.output(), size.output()}, -0.1F, 0.1F, rng)};
}

void add_convolution(judge::Rows& rows, const std::string& name, const Size& size, bool wants_input_gradient) {
  rows.add({.name = name, .unit = "GFLOP/s", .flops = size.flops(batch)}, [=] {
    const Case convolution = make_case(size, batch);
    return [=] { judge::keep(convolution.layer->function()->forward(convolution.inputs)); };
  });
  rows.add({.name = name + " and back", .unit = "GFLOP/s", .flops = (wants_input_gradient ? 3 : 2) * size.flops(batch)},
           [=] {
             const Case convolution = make_case(size, batch);
             return [=] {
               const std::unique_ptr<Function> function = convolution.layer->function();
               function->want_gradient(0, wants_input_gradient);
               judge::keep(function->forward(convolution.inputs));
               judge::keep(function->backward(convolution.gradient));
             };
           });
}

}  // namespace

void judge::workload(Rows& rows) {
  rows.add({.name = "conv2d, 3 to 32, 1 image", .unit = "GFLOP/s", .flops = first.flops(1)}, [] {
    const Case convolution = make_case(first, 1);
    return [=] { keep(conv2d(convolution.inputs[0], convolution.inputs[1], convolution.inputs[2], Window{})); };
  });
  add_convolution(rows, "Conv2d, 3 to 32", first, false);
  add_convolution(rows, "Conv2d, 32 to 64", second, true);

  constexpr double columns = 32 * 9 * 13 * 13;
  rows.add(
      {.name = "im2col, 32 channels",
       .unit = "GB/s",
       .traffic = {Stream::copy, sizeof(float) * (columns + 32 * 15 * 15), sizeof(float) * (columns + 32 * 15 * 15)}},
      [] {
        return [image = std::vector<float>(32 * 15 * 15, 1.0F), to = std::vector<float>(32 * 9 * 13 * 13)]() mutable {
          im2col(image.data(), 32, 15, 15, Window{}, to.data());
          keep(to);
        };
      });
  constexpr double pixels = batch * 32 * 30 * 30;
  // Forward reads the image, back writes its gradient; what is pooled is a quarter of that.
  rows.add({.name = "MaxPool2d(2) and back",
            .unit = "pixels/s",
            .amount = pixels,
            .traffic = {Stream::copy, 2.5 * pixels * sizeof(float), 2.5 * pixels * sizeof(float)}},
           [] {
             Rng rng(1);
             const std::vector<Tensor> x{Tensor::uniform({batch, 32, 30, 30}, 0.0F, 1.0F, rng)};
             const Tensor gradient = Tensor::uniform({batch, 32, 15, 15}, 0.0F, 1.0F, rng);
             return [=] {
               MaxPool2dFunction function{Window{2, 2, 0}};
               keep(function.forward(x));
               keep(function.backward(gradient));
             };
           });
  // At the least x is read and y written, and back y and its gradient are read and the gradient of x written.
  rows.add(
      {.name = "BatchNorm2d and back",
       .unit = "pixels/s",
       .amount = pixels,
       .traffic = {Stream::triad, 5 * pixels * sizeof(float), 4 * pixels * sizeof(float)}},
      [] {
        Rng rng(1);
        const Tensor x = Tensor::uniform({batch, 32, 30, 30}, 0.0F, 1.0F, rng);
        const Tensor gradient = Tensor::uniform({batch, 32, 30, 30}, -1.0F, 1.0F, rng);
        const std::vector<Tensor> inputs{x, Tensor::full({32}, 1.0F), Tensor({32})};
        const auto state = std::make_shared<BatchNormState>(BatchNormState{Tensor({32}), Tensor::full({32}, 1.0F)});
        return [=] {
          BatchNorm2dFunction function(state, true, 0.1F, 1e-5F);
          keep(function.forward(inputs));
          keep(function.backward(gradient));
        };
      });
}
