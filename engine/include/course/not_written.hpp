// What the exception of a function that is not written yet is derived from, in every course. The programs that run
// students' code put its members into the record, so that nobody has to read them from a message.
//
// Given: part of the contract, not coursework.
#pragma once

#include <string>
#include <utility>

namespace course {

class NotWritten {
 public:
  NotWritten(std::string module, std::string function) : module_(std::move(module)), function_(std::move(function)) {}
  virtual ~NotWritten() = default;

  const std::string& module() const { return module_; }      // its slug
  const std::string& function() const { return function_; }  // "Tensor::reshape"

 private:
  std::string module_;
  std::string function_;
};

}  // namespace course
