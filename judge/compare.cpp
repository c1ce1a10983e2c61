#include "judge/compare.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace judge {
namespace {

using tinytorch::Shape;
using tinytorch::Tensor;

// "[1, 0, 2]", the index along each axis of the element at `offset`.
std::string index_text(const Shape& shape, std::int64_t offset) {
  std::vector<std::int64_t> index(static_cast<std::size_t>(shape.rank()));
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    index[static_cast<std::size_t>(axis)] = offset % shape[axis];
    offset /= shape[axis];
  }
  std::string text = "[";
  for (std::size_t i = 0; i < index.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(index[i]);
  return text + "]";
}

// The values around `center`, at most five, as "[.., 1, 2, 3, ..]".
template <class Value>
std::string values_around(Value value_at, std::int64_t size, std::int64_t center) {
  const std::int64_t begin = std::max<std::int64_t>(0, std::min(center - 2, size - 5));
  const std::int64_t end = std::min(size, begin + 5);
  std::ostringstream text;
  text.precision(6);
  text << '[' << (begin > 0 ? ".., " : "");
  for (std::int64_t i = begin; i < end; ++i) text << (i > begin ? ", " : "") << value_at(i);
  text << (end < size ? ", .." : "") << ']';
  return text.str();
}

template <class Expected>
bool values_close(const Tensor& actual, Expected expected_at, double relative, double absolute) {
  std::int64_t first = -1, wrong = 0, worst = 0;
  double largest = -1;
  for (std::int64_t i = 0; i < actual.size(); ++i) {
    const double expected = expected_at(i), found = actual.data()[i];
    if (found == expected) continue;  // infinities, too
    double error = std::abs(found - expected);
    if (error <= absolute + relative * std::abs(expected)) continue;
    if (std::isnan(error)) error = std::numeric_limits<double>::infinity();
    if (first < 0) first = i;
    if (error > largest) largest = error, worst = i;
    ++wrong;
  }
  if (first < 0) return true;
  std::ostringstream note;
  note << "shape " << actual.shape().to_string() << "; " << wrong << " of " << actual.size()
       << " elements differ, first at " << index_text(actual.shape(), first) << "; largest error " << largest << " at "
       << index_text(actual.shape(), worst);
  set_detail({values_around(expected_at, actual.size(), first),
              values_around([&](std::int64_t i) { return actual.data()[i]; }, actual.size(), first), note.str()});
  return false;
}

}  // namespace

bool has_shape(const Tensor& tensor, const Shape& shape) {
  if (tensor.shape() == shape) return true;
  set_detail({"shape " + shape.to_string(), "shape " + tensor.shape().to_string(), ""});
  return false;
}

bool close(const Tensor& actual, const Tensor& expected, double relative, double absolute) {
  if (!has_shape(actual, expected.shape())) return false;
  return values_close(actual, [&](std::int64_t i) { return static_cast<double>(expected.data()[i]); }, relative, absolute);
}

bool close(const Tensor& actual, const std::vector<double>& expected, double relative, double absolute) {
  if (actual.size() != static_cast<std::int64_t>(expected.size())) {
    set_detail({std::to_string(expected.size()) + " elements",
                std::to_string(actual.size()) + " elements, shape " + actual.shape().to_string(), ""});
    return false;
  }
  return values_close(actual, [&](std::int64_t i) { return expected[static_cast<std::size_t>(i)]; }, relative, absolute);
}

bool gradients_agree(const std::function<std::unique_ptr<tinytorch::Function>()>& make,
                     const std::vector<Tensor>& inputs, const GradientOptions& options) {
  // Inputs are copied here, not with clone(): that one may be broken.
  const auto copies = [&] {
    std::vector<Tensor> copy;
    for (const Tensor& input : inputs) {
      copy.emplace_back(input.shape(), std::vector<float>(input.data(), input.data() + input.size()));
    }
    return copy;
  };
  const auto weight = [](std::int64_t i) { return 0.5 + 0.37 * static_cast<double>((i * 7 + 3) % 11) / 11.0; };
  const auto weighted = [&](const Tensor& result) {
    double total = 0;
    for (std::int64_t i = 0; i < result.size(); ++i) total += weight(i) * result.data()[i];
    return total;
  };

  auto function = make();
  const Tensor result = function->forward(copies());
  Tensor grad_output(result.shape(), std::vector<float>(static_cast<std::size_t>(result.size())));
  for (std::int64_t i = 0; i < result.size(); ++i) grad_output.data()[i] = static_cast<float>(weight(i));
  const std::vector<Tensor> gradients = function->backward(grad_output);
  if (gradients.size() != inputs.size()) {
    set_detail({std::to_string(inputs.size()) + " gradients, one an input", std::to_string(gradients.size()) + " gradients",
                std::string(function->name()) + "::backward"});
    return false;
  }

  std::vector<std::size_t> which = options.differentiable;
  if (which.empty()) {
    for (std::size_t i = 0; i < inputs.size(); ++i) which.push_back(i);
  }
  for (const std::size_t input : which) {
    if (!has_shape(gradients[input], inputs[input].shape())) return false;
    for (std::int64_t i = 0; i < inputs[input].size(); ++i) {
      const auto at_offset = [&](double offset, double& moved_to) {
        std::vector<Tensor> moved = copies();
        float& element = moved[input].data()[i];
        element = static_cast<float>(element + offset);
        moved_to = element;
        return weighted(make()->forward(moved));
      };
      double above = 0, below = 0;
      const double rise = at_offset(options.step, above) - at_offset(-options.step, below);
      const double numeric = rise / (above - below);
      const double analytic = gradients[input].data()[i];
      const double scale = std::max({1.0, std::abs(numeric), std::abs(analytic)});
      if (std::abs(analytic - numeric) <= options.tolerance * scale) continue;
      std::ostringstream expected, actual;
      expected << numeric << " (numeric, by central differences)";
      actual << analytic << " (analytic, from backward)";
      set_detail({expected.str(), actual.str(),
                  std::string(function->name()) + "::backward, gradient of input " + std::to_string(input) + " at " +
                      index_text(inputs[input].shape(), i) + ", shape " + inputs[input].shape().to_string()});
      return false;
    }
  }
  return true;
}

}  // namespace judge
