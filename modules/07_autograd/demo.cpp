// The immediate use of module autograd: gradients from loss.backward(), and the optimizers of the module before to
// use them. What is shown, and how, stands in demo_parts.hpp.
#include "demo_parts.hpp"
#include "tinytorch/optimizers.hpp"

void demo::run() {
  show_autograd<SGD>();
  say("Gradients now come by themselves, for any network, and an optimizer uses them. The loop around both is");
  say("written anew for every experiment.");
}
