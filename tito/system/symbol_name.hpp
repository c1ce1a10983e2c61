// The names that the compiler gives to what a program defines, as C++ writes them.
#pragma once

#include <string>

namespace tito {

// "_ZN9tinytorch6Linear7forwardERKNS_6TensorE" -> "tinytorch::Linear::forward(tinytorch::Tensor const&)"; the name
// itself where it is none of C++.
std::string demangled(const std::string& symbol);

// The class or function of a namespace that a demangled name belongs to: "Linear" for the one above, for the table of
// Linear's virtual functions and for whatever else the compiler makes for it; "operator+" for an operator. Empty for
// names of other namespaces and for those that no other file can see.
std::string entity_of(const std::string& demangled_name, const std::string& name_space);

}  // namespace tito
