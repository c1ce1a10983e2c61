// The functions that a C++ source defines, found without a compiler: tito must find them also where the source does
// not compile.
//
// Macros are not expanded.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tito {

struct FunctionText {
  std::string name;   // as written: "Tensor::reshape", "operator+"; inside of a class with its name before it
  std::string head;   // all before the body, without comments, each run of blanks as one: to tell overloads apart
  std::string scope;  // the namespaces around it: "tinytorch", "a::b", or empty
  bool is_internal = false;  // static, or inside of an unnamed namespace or a class

  // Places in the source.
  std::size_t comment = 0;  // the start of the comment right above it; `begin` where there is none
  std::size_t begin = 0;    // of its first word
  std::size_t body = 0;     // of the opening brace; `end` for "= default;"
  std::size_t end = 0;      // behind the closing brace

  // "tinytorch::Tensor::reshape"
  std::string full_name() const { return scope.empty() ? name : scope + "::" + name; }
};

// In the order of the source. What cannot be understood is passed over.
std::vector<FunctionText> functions_in(std::string_view source);

}  // namespace tito
