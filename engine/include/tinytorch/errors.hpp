// The errors the library throws: one base, four kinds.
//
// Given: part of the contract, not coursework. A message names the operation and
// what it was given, for example both shapes. The library never prints and never
// aborts.
#pragma once

#include <stdexcept>
#include <string>

#include "course/not_written.hpp"

namespace tinytorch {

// The base of every error the library throws on purpose.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Shapes that do not fit an operation, or a shape that is impossible.
class ShapeError : public Error {
 public:
  using Error::Error;
};

// A value out of its range: an index, an axis, a rate, a label.
class ValueError : public Error {
 public:
  using Error::Error;
};

// A file that cannot be opened, read or written, or whose content is not what it claims.
class IoError : public Error {
 public:
  using Error::Error;
};

// A function of the course that has not been written yet. Skeletons throw it.
class NotImplemented : public Error, public course::NotWritten {
 public:
  NotImplemented(const std::string& module, const std::string& function)
      : Error(function + " is not written yet (module " + module + ")"), NotWritten(module, function) {}
};

}  // namespace tinytorch
