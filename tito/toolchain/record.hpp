// Reading the events of a record (judge/cases/record.hpp). A record may be forged: what has another type than expected
// counts as empty, and texts are cut at so many bytes and are printable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace tito {

// A function of the course that a program reached and that is not written yet.
struct NotWritten {
  std::string module;    // its slug
  std::string function;  // "Tensor::reshape"
};

// The part of two tensors around their first difference: of the matrix of the last two axes, or of an only row.
struct TensorExcerpt {
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> at;  // the index of the first difference
  std::int64_t row = 0;          // the first row and column that are shown
  std::int64_t column = 0;
  std::size_t columns = 0;            // how many are shown; 0: there is no excerpt
  std::vector<std::string> expected;  // row by row
  std::vector<std::string> actual;
  std::vector<bool> wrong;
};

std::string text_of(const nlohmann::json& event, const char* key, std::size_t longest = 4000);

// The same without line ends and tabs, for what is shown in a line of its own.
std::string line_of(const nlohmann::json& event, const char* key, std::size_t longest = 4000);

double number_of(const nlohmann::json& event, const char* key);  // finite

// The "not_written" of a "failure" or "stopped" event.
std::optional<NotWritten> not_written_of(const nlohmann::json& event);

// The "excerpt" of a "failure" event; without columns if its parts do not fit.
TensorExcerpt excerpt_of(const nlohmann::json& failure);

}  // namespace tito
