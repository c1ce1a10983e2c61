// What tito bench times of module optimizers: one step over as many parameters as a small convolutional network has.
// Memory bounds them all: what counts is how often each array is passed through.
#include "tinytorch/optimizers.hpp"

#include "judge/workloads/workload.hpp"

using namespace tinytorch;
using judge::Stream;

namespace {

constexpr double numbers = 2304 * 256 + 256;

// With a gradient, which a step leaves in place.
std::vector<Parameter> make_parameters() {
  Rng rng(1);
  std::vector<Parameter> parameters;
  for (const Shape& shape : {Shape{256, 2304}, Shape{256}}) {
    parameters.emplace_back(Tensor::uniform(shape, -0.1F, 0.1F, rng));
    parameters.back().accumulate(Tensor::uniform(shape, -0.01F, 0.01F, rng));
  }
  return parameters;
}

// `arrays` are passed through, with `transfers` reads and writes of each parameter.
template <class Algorithm, class Options>
void add_step(judge::Rows& rows, const std::string& name, const Options& options, int transfers, int arrays) {
  const judge::Traffic traffic{Stream::update, transfers * numbers * sizeof(float), arrays * numbers * sizeof(float)};
  rows.add({.name = name, .unit = "parameters/s", .amount = numbers, .traffic = traffic}, [=] {
    auto optimizer = std::make_shared<Algorithm>(make_parameters(), options);
    return [=] { optimizer->step(); };
  });
}

}  // namespace

void judge::workload(Rows& rows) {
  SGDOptions plain, momentum, decay;
  plain.learning_rate = momentum.learning_rate = decay.learning_rate = 1e-6F;
  momentum.momentum = decay.momentum = 0.9F;
  decay.nesterov = true;
  decay.weight_decay = 1e-4F;
  add_step<SGD>(rows, "SGD", plain, 3, 2);               // w and g are read, w is written
  add_step<SGD>(rows, "SGD, momentum", momentum, 5, 3);  // v is read and written, too
  add_step<SGD>(rows, "SGD, Nesterov, decay", decay, 5, 3);

  AdamOptions adam;
  adam.learning_rate = 1e-6F;
  AdamOptions adamw = adam;
  adamw.weight_decay = 0.01F;
  add_step<Adam>(rows, "Adam", adam, 7, 4);  // w, g, m and v are read, w, m and v written
  add_step<AdamW>(rows, "AdamW", adamw, 7, 4);
}
