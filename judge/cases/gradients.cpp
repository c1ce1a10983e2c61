#include <algorithm>
#include <cmath>

#include "judge/cases/compare.hpp"
#include "judge/cases/excerpt.hpp"
#include "judge/cases/findings.hpp"
#include "judge/causes/causes.hpp"

namespace judge {
namespace {

using tinytorch::Shape;
using tinytorch::Tensor;
using Make = std::function<std::unique_ptr<tinytorch::Function>()>;
using Weight = std::function<double(std::int64_t)>;

// Inputs are copied here, not with clone(): that one may be broken.
std::vector<Tensor> copies_of(const std::vector<Tensor>& inputs) {
  std::vector<Tensor> copies;
  for (const Tensor& input : inputs) {
    copies.emplace_back(input.shape(), std::vector<float>(input.data(), input.data() + input.size()));
  }
  return copies;
}

double weighted(const Tensor& result, const Weight& weight) {
  double total = 0;
  for (std::int64_t i = 0; i < result.size(); ++i) total += weight(i) * result.data()[i];
  return total;
}

// The slope of the weighted result with respect to one element, by central differences.
double slope(const Make& make, const std::vector<Tensor>& inputs, std::size_t input, std::int64_t element, double step,
             const Weight& weight) {
  const auto at_offset = [&](double offset, double& moved_to) {
    std::vector<Tensor> moved = copies_of(inputs);
    float& value = moved[input].data()[element];
    value = static_cast<float>(value + offset);
    moved_to = value;
    return weighted(make()->forward(moved), weight);
  };
  double above = 0, below = 0;
  const double rise = at_offset(step, above) - at_offset(-step, below);
  return rise / (above - below);
}

bool agree(double analytic, double numeric, double tolerance) {
  return std::abs(analytic - numeric) <= tolerance * std::max({1.0, std::abs(numeric), std::abs(analytic)});
}

// The input whose gradient is checked.
struct CheckedInput {
  const char* function;
  std::size_t index;
  std::size_t count;
  const Shape& shape;

  // "Linear::backward, gradient of input 1 (of 0 to 2)"
  std::string text() const {
    return std::string(function) + "::backward, gradient of input " + std::to_string(index) +
           (count > 1 ? " (of 0 to " + std::to_string(count - 1) + ")" : "");
  }
};

// Describes a gradient in which an element is wrong: the detail, the likely cause and the excerpt.
void describe(const Make& make, const std::vector<Tensor>& inputs, const Tensor& gradient, const CheckedInput& checked,
              const GradientOptions& options, const Weight& weight) {
  Compared compared{checked.shape, {}, {}, options.tolerance, options.tolerance};
  std::int64_t first = -1;
  std::size_t wrong = 0, worst = 0;
  double largest = -1;
  bool plain = true;
  for (std::int64_t i = 0; i < gradient.size(); ++i) {
    const double numeric = slope(make, inputs, checked.index, i, options.step, weight), analytic = gradient.data()[i];
    compared.actual.push_back(analytic);
    compared.expected.push_back(numeric);
    plain =
        plain && agree(analytic, slope(make, inputs, checked.index, i, options.step, [](std::int64_t) { return 1.0; }),
                       options.tolerance);
    if (agree(analytic, numeric, options.tolerance)) continue;
    ++wrong;
    if (first < 0) first = i;
    if (const double error = std::abs(analytic - numeric); !(error <= largest))
      largest = error, worst = static_cast<std::size_t>(i);
  }
  if (inputs[0].shape().rank() > 1) compared.batch = inputs[0].shape()[0];
  std::ostringstream expected, actual, note;
  expected << compared.expected[static_cast<std::size_t>(first)] << " (numeric, by central differences)";
  actual << compared.actual[static_cast<std::size_t>(first)] << " (analytic, from backward)";
  note << checked.text() << " at " << index_text(checked.shape, first) << ", shape " << checked.shape.to_string()
       << "; " << wrong << " of " << gradient.size() << " elements differ, largest error " << largest << " at "
       << index_text(checked.shape, static_cast<std::int64_t>(worst));
  set_detail({expected.str(), actual.str(), note.str()});
  const bool ignored = plain && wrong > 1;
  set_findings({ignored ? "grad_output is ignored: this is the gradient for a grad_output of ones"
                        : likely_cause(compared).sentence,
                excerpt_around(compared, first, 6)});
}

}  // namespace

bool gradients_agree(const Make& make, const std::vector<Tensor>& inputs, const GradientOptions& options) {
  const Weight weight = [](std::int64_t i) { return 0.5 + 0.37 * static_cast<double>((i * 7 + 3) % 11) / 11.0; };
  auto function = make();
  const Tensor result = function->forward(copies_of(inputs));
  Tensor grad_output(result.shape(), std::vector<float>(static_cast<std::size_t>(result.size())));
  for (std::int64_t i = 0; i < result.size(); ++i) grad_output.data()[i] = static_cast<float>(weight(i));
  const std::vector<Tensor> gradients = function->backward(grad_output);
  if (gradients.size() != inputs.size()) {
    set_detail({std::to_string(inputs.size()) + " gradients, one an input",
                std::to_string(gradients.size()) + " gradients", std::string(function->name()) + "::backward"});
    return false;
  }

  std::vector<std::size_t> which = options.differentiable;
  if (which.empty()) {
    for (std::size_t i = 0; i < inputs.size(); ++i) which.push_back(i);
  }
  for (const std::size_t input : which) {
    const Shape shape = inputs[input].shape();
    const CheckedInput checked{function->name(), input, inputs.size(), shape};
    if (!(gradients[input].shape() == shape)) {
      set_detail({"shape " + shape.to_string() + ", as the input's", "shape " + gradients[input].shape().to_string(),
                  checked.text()});
      set_findings({likely_cause_of_shape(gradients[input].shape(), shape).sentence, {}});
      return false;
    }
    for (std::int64_t i = 0; i < inputs[input].size(); ++i) {
      if (agree(gradients[input].data()[i], slope(make, inputs, input, i, options.step, weight), options.tolerance))
        continue;
      describe(make, inputs, gradients[input], checked, options, weight);
      return false;
    }
  }
  return true;
}

}  // namespace judge
