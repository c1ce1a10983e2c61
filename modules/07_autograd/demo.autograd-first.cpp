// The immediate use of module autograd where it comes before optimizers: gradients from loss.backward(), and the
// simplest rule there is to use them. What is shown, and how, stands in demo_parts.hpp.
#include "demo_parts.hpp"

using namespace tinytorch;

namespace {

// w -= rate * g, for every weight the same rate from beginning to end.
class Descent {
 public:
  Descent(std::vector<Parameter> parameters, float rate) : parameters_(std::move(parameters)), rate_(rate) {}

  void step() {
    for (const Parameter& parameter : parameters_) parameter.value() -= parameter.grad() * rate_;
  }

  void zero_grad() {
    for (const Parameter& parameter : parameters_) parameter.zero_grad();
  }

 private:
  std::vector<Parameter> parameters_;
  float rate_;
};

}  // namespace

void demo::run() {
  show_autograd<Descent>();
  say("Gradients now come by themselves, for any network. The update is still one fixed rule with one rate for");
  say("every weight, found by trying: 0.01 for the digits, 0.05 and 0.5 for the others.");
}
